"""Written, onset and lens curve: what was planted is found, and where nothing is, nothing."""

import numpy as np
import pytest

from audit.analyses.contract import View
from audit.analyses.lens_curve import lens_curve
from audit.analyses.onset import onset, onset_layer
from audit.analyses.turning import over_templates, shuffled, signs
from audit.analyses.written import written
from audit.records.internals import Looked
from audit.records.quantities import Estimate, Undefined
from audit.records.writing import Contributions, LayerShares

LAYERS, TEMPLATES, EACH = 4, 12, 5
PLANTED = 2


def look(number, direction, *, established=True, template=None, **labels):
    return Looked(
        batch=number, question="writers", set_id=f"s{number}", variant=f"v{number}",
        reference_variant="r", template=template or f"t{number % TEMPLATES}",
        direction=direction, established=established, arrays={}, file="f", digest="d",
        labels={"item": ("embeddings", "reading", "later", "rest")} | labels,
    )  # fmt: skip


def views(effect, *, seed=0, **changes):
    """Pairs of two comparisons that point opposite ways, planted in one layer's MLP."""
    rng = np.random.default_rng(seed)
    for number in range(TEMPLATES * EACH):
        direction = 1.0 if number % 2 else -1.0
        contribution = rng.normal(0, 0.1, (LAYERS, 2))
        contribution[PLANTED, 1] += direction * effect
        ledger = rng.normal(0, 0.05, 4)
        total = contribution.sum() + ledger.sum()
        arrays = {
            "contribution": contribution,
            "ledger": ledger,
            "log_odds": np.array([0.3 + total, 0.3]),
            "control_contribution": rng.normal(0, 0.1, (LAYERS, 2)),
        }
        yield View(look(number, direction, **changes), arrays)


def pooled(seen):
    found = list(written({"writers": seen}))
    (contributions,) = [one for one in found if isinstance(one, Contributions)]
    (shares,) = [one for one in found if isinstance(one, LayerShares)]
    return contributions, shares


def test_a_planted_writer_is_found_and_nothing_else():
    found, shares = pooled(views(0.8))
    by_key = {one.component.key: one for one in found.components}
    planted = by_key.pop("layer 2, mlp")
    assert planted.effect.low < 0.8 < planted.effect.high
    assert planted.q < 1e-6
    assert planted.size.value > 5 * planted.names.value
    assert planted.shuffled.low < 0 < planted.shuffled.high
    assert all(one.q > 0.05 for one in by_key.values())
    assert shares.established[PLANTED].value > 0.9
    assert shares.established[PLANTED].low > 1 / LAYERS
    assert sum(one.count for one in shares.established) == TEMPLATES * EACH
    assert shares.others == ()
    assert found.unclosed < 1e-9
    assert found.difference.value == pytest.approx(0.8, abs=0.15)


def test_where_nothing_was_planted_nothing_is_found():
    """Turned by other templates noise has mean zero; turned by itself it would not."""
    low = 0
    for seed in range(40):
        found, shares = pooled(views(0.0, seed=seed))
        low += any(one.q < 0.05 for one in found.components)
        if seed == 0:
            assert all(one.low < 0.5 for one in shares.established)
    assert low <= 6  # 5 % of 40 runs, and its chance
    own = [
        np.sign(v.arrays["contribution"].sum()) * v.arrays["contribution"].sum()
        for v in views(0.0)
    ]
    assert np.mean(own) > 0.1  # the control: the tempting way finds an effect in noise


def test_comparisons_that_count_are_pooled_apart():
    count = TEMPLATES * EACH
    others = [
        View(one.look.model_copy(update={"established": False}), one.arrays)
        for one in views(0.0, seed=1)
    ]
    found, shares = pooled([*views(0.8), *others])
    assert found.established
    assert found.pairs == count
    assert shares.established[PLANTED].value > 0.9
    assert shares.others[PLANTED].value < 0.5
    alone, only = pooled(others)
    assert not alone.established
    assert only.established == ()
    assert list(written({"writers": []})) == []


def test_a_control_that_was_not_seen_is_undefined():
    bare = [
        View(v.look, {k: a for k, a in v.arrays.items() if not k.startswith("control")})
        for v in views(0.8)
    ]
    found, shares = pooled(bare)
    assert shares.names == ()
    assert all(isinstance(one.names, Undefined) for one in found.components)


def test_the_mean_over_templates_is_that_of_their_means():
    looks = [look(n, 1.0, template=t) for n, t in enumerate(("a", "a", "a", "b", "c"))]
    values = np.array([1.0, 2.0, 3.0, 5.0, 8.0])
    found = over_templates(values, looks)
    means = np.array([2.0, 5.0, 8.0])
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(means.mean())
    assert found.se == pytest.approx(means.std(ddof=1) / 3**0.5)
    assert isinstance(over_templates(values[:4], looks[:4]), Undefined)


def test_turns_are_signs_and_shuffled_ones_are_others():
    looks = [look(n, d) for n, d in enumerate((0.4, -2.0, 0.0, 1.0, -1.0, 3.0))]
    assert signs(looks).tolist() == [1, -1, 0, 1, -1, 1]
    assert sorted(shuffled(looks)) == sorted(signs(looks))
    assert shuffled(looks).tolist() == shuffled(looks).tolist()


@pytest.mark.parametrize(
    ("projection", "layer"),
    [
        ([0.0, 0.0, 1.0, 1.0], 2),
        ([0.0, 0.6, 0.4, 1.0], 3),  # once reached, then lost again
        ([-0.6, -0.7, -0.8, -1.0], 0),
        ([0.9, 0.9, -0.9, -1.0], 2),  # the sign counts
        ([0.0, 0.0, 0.0, 0.0], 0),
    ],
)
def test_the_onset_is_where_half_is_reached_for_good(projection, layer):
    assert onset_layer(np.array(projection)) == layer


def maps(effect, seed=0):
    rng = np.random.default_rng(seed)
    for number in range(TEMPLATES * EACH):
        written_here = rng.normal(0, 0.1, LAYERS)
        written_here[PLANTED] += effect
        projection = rng.normal(0, 1, (3, LAYERS, 6))
        projection[1, :, -1] = np.cumsum(written_here)
        labels = {"kind": ("mlp", "residual", "attention")}
        yield View(look(number, 1.0, **labels), {"projection": projection})


def test_a_planted_onset_is_found_and_noise_has_none():
    (planted,) = onset({"activation_map": maps(1.0)})
    assert planted.established[PLANTED].value > 0.9
    (none,) = onset({"activation_map": maps(0.0)})
    assert max(one.value for one in none.established) < 0.8
    assert list(onset({"activation_map": []})) == []


def test_the_lens_curve_turns_each_pair():
    rng = np.random.default_rng(0)
    seen = []
    for number in range(TEMPLATES * EACH):
        direction = 1.0 if number % 2 else -1.0
        reference = rng.normal(0, 1, LAYERS)
        shift = direction * np.array([0.0, 0.0, 1.0, 1.0]) + rng.normal(0, 0.1, LAYERS)
        arrays = {
            "log_odds": np.stack([reference + shift, reference]),
            "control_log_odds": reference + rng.normal(0, 0.1, LAYERS),
        }
        seen.append(View(look(number, direction), arrays))
    (found,) = lens_curve({"logit_lens": seen})
    assert [one.value for one in found.layers] == pytest.approx([0, 0, 1, 1], abs=0.1)
    assert [one.value for one in found.control] == pytest.approx([0, 0, 0, 0], abs=0.1)
    assert found.layers[2].low > 0.8
    assert list(lens_curve({"logit_lens": []})) == []
