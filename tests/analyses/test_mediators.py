"""Mediators: planted parts stand out on the half that did not choose them; chance does not."""

import re
from pathlib import Path

import numpy as np
import pytest

from audit.analyses.choosing_parts import chosen, decided_parts, screened_parts, screening
from audit.analyses.contract import View
from audit.analyses.layer_ranks import layer_ranks
from audit.analyses.mediators import mediators
from audit.analyses.paths import paths
from audit.analyses.views import choosing, over_templates
from audit.records.internals import KINDS, Component, Looked
from audit.records.mediation import Mediation, Mediator, RankAgreement
from audit.records.quantities import Estimate, Undefined
from audit.stats.ranks import spearman

LAYERS, HEADS, NEURONS = 3, 4, 50
PLANTED = (2, 1, 2)  # layer 1, head 2


def looked(question, number, direction):
    return Looked(
        batch=number, question=question, set_id=f"s{number}", template=f"case-{number // 2}",
        variant=f"v{number}", reference_variant="r", direction=direction, arrays={}, file="",
        digest="",
    )  # fmt: skip


def world(*, planted, templates=24, seed=0):
    """Views of pairs whose comparisons point both ways; a planted head carries them, or none."""
    rng = np.random.default_rng(seed)
    screens, exact = [], []
    for number in range(2 * templates):
        direction = (1, -1)[number % 2] * 0.8
        carried = direction if planted else 0.0
        arrays = {
            "head": rng.normal(0, 0.02, (2, LAYERS, HEADS)),
            "attention": rng.normal(0, 0.02, (2, LAYERS, 1)),
            "mlp": rng.normal(0, 0.02, (2, LAYERS, 1)),
            "neuron": rng.normal(0, 0.02, (2, LAYERS, NEURONS)),
            "difference": np.array([carried]),
            "tokens": np.array([90.0, 90.0]),
        }
        arrays["head"][:, PLANTED[1], PLANTED[2]] += 0.5 * carried
        screens.append(View(looked("attribution_patching", number, direction), arrays))
    parts = screened_parts({"attribution_patching": iter(screens)})
    place = parts.index(Component(kind="head", layer=1, index=2))
    for number, view in enumerate(screens):
        carried = float(view.arrays["difference"][0])
        effect = rng.normal(0, 0.05, (2, len(parts)))
        effect[:, place] += 0.9 * carried
        people = rng.normal(0, 0.05, (1, 2, len(parts)))
        arrays = {
            "components": np.array(
                [(KINDS.index(one.kind), one.layer, one.index) for one in parts]
            ),
            "effect": effect,
            "layer": rng.normal(0, 0.05, (2, LAYERS)),
            "difference": view.arrays["difference"],
            "control": people,
            "control_difference": rng.normal(0, 0.05, 1),
            "random": rng.normal(0, 0.05, (2, len(parts))),
            "random_components": np.arange(len(parts)),
            "random_difference": rng.normal(0, 0.05, 1),
        }
        exact.append(View(looked("patching", number, view.look.direction), arrays))
    return {"attribution_patching": screens, "patching": exact}


def parts_of(views):
    return [one for one in mediators(views) if isinstance(one, Mediator)]


def test_the_planted_part_stands_out_at_its_size_and_no_other():
    found = parts_of(world(planted=True))
    assert [one.component.key for one in found if one.effect.stands_out] == ["layer 1, head 2"]
    first = found[0]
    for direction in (first.effect.denoise, first.effect.noise):
        assert direction.low < 0.9 * 0.8 < direction.high
    assert first.effect.control.value < 0.1
    assert first.screened == pytest.approx(0.5 * 0.8, abs=0.03)


@pytest.mark.parametrize("seed", range(20))
def test_where_pairs_are_as_alike_as_people_nothing_stands_out(seed):
    assert not any(one.effect.stands_out for one in parts_of(world(planted=False, seed=seed)))


def test_parts_are_chosen_on_one_half_and_reported_on_the_other():
    views = world(planted=True)
    (found,) = [one for one in mediators(views) if isinstance(one, Mediation)]
    half = choosing(view.look.template for view in views["patching"])
    assert (found.chosen_on, found.templates) == (len(half), 24 - len(half))
    # what happens on the choosing half changes nothing that is reported
    spoilt = [
        View(v.look, dict(v.arrays) | {"effect": v.arrays["effect"] * 9})
        if v.look.template in half
        else v
        for v in views["patching"]
    ]
    assert parts_of(views | {"patching": spoilt}) == parts_of(views)
    # and what happens on the reported half changes nothing that is chosen
    swapped = [
        View(
            v.look,
            {name: -array for name, array in v.arrays.items()} | {"tokens": v.arrays["tokens"]},
        )
        if v.look.template not in half
        else v
        for v in views["attribution_patching"]
    ]
    assert chosen(screening(swapped)) == chosen(screening(views["attribution_patching"]))


def test_halves_share_no_template_and_depend_on_no_order():
    names = [f"case-{n}" for n in range(31)]
    half = choosing(names)
    assert len(half) == 15
    assert choosing(reversed(names)) == half
    assert choosing(["one"]) == frozenset()


def test_few_heads_are_all_tried_and_of_neurons_the_largest_and_a_sample():
    views = world(planted=True)["attribution_patching"]
    ways = chosen(screening(views))
    heads = [one for one in ways if one.kind == "head"]
    assert len(heads) == LAYERS * HEADS
    neurons = [ways[one] for one in ways if one.kind == "neuron"]
    assert neurons.count("screened") == 8
    assert neurons.count("sampled") == 16
    long = [View(v.look, dict(v.arrays) | {"tokens": np.array([900.0])}) for v in views]
    ways = chosen(screening(long))
    assert [ways[one] for one in ways if one.kind == "head"].count("all") == 0


def test_what_the_screening_missed_is_counted():
    views = world(planted=True)
    (sound,) = [one for one in mediators(views) if isinstance(one, Mediation)]
    (rate,) = sound.misses
    assert (rate.kind, rate.sampled, rate.untried) == ("neuron", 16, LAYERS * NEURONS - 24)
    ways = chosen(screening(views["attribution_patching"]))
    sampled = [n for n, way in enumerate(ways.values()) if way == "sampled"]
    for view in views["patching"]:
        view.arrays["effect"][:, sampled] += view.look.direction
    (missed,) = [one for one in mediators(views) if isinstance(one, Mediation)]
    assert missed.misses[0].missed == 16
    assert rate.missed < 16


def test_decided_parts_are_those_that_carry_more_than_people_do():
    views = world(planted=True)
    kept = decided_parts({name: iter(found) for name, found in views.items()})
    assert kept[0] == Component(kind="head", layer=1, index=2)
    assert len([one for one in kept if one.kind == "head"]) <= 4
    assert decided_parts({}) == screened_parts({}) == ()


def test_a_path_is_reported_on_the_other_half_too():
    views = world(planted=True)
    rng = np.random.default_rng(1)
    walked = [
        View(
            v.look,
            {
                "senders": np.array([[2, 0, 1], [2, 0, 2]]),
                "receivers": np.array([[1, 1, -1], [1, 1, -1]]),
                "effect": rng.normal(0, 0.02, (2, 2))
                + np.array([0.4 * np.sign(v.look.direction), 0]),
                "difference": v.arrays["difference"],
                "control": rng.normal(0, 0.02, (1, 2, 2)),
                "control_difference": rng.normal(0, 0.02, 1),
                "random": rng.normal(0, 0.02, (2, 2)),
                "random_difference": rng.normal(0, 0.02, 1),
            },
        )
        for v in views["patching"]
    ]
    one, two = paths(views | {"path_patching": walked})
    assert (one.sender.key, one.receiver.key) == ("layer 0, head 1", "layer 1, mlp")
    assert one.effect.stands_out
    assert not two.effect.stands_out


def test_sensitive_layers_are_set_beside_those_that_pass_it_on():
    rng = np.random.default_rng(0)
    order = np.array([3.0, 2.0, 1.0])
    exact, sensitive, stream = [], [], []
    for number in range(12):
        look = looked("any", number, 1.0)
        exact.append(View(look, {"layer": np.stack([order, order]) + rng.normal(0, 0.7, (2, 3))}))
        norms = np.repeat((order + rng.normal(0, 0.7, 3))[:, None], 3, axis=1)
        sensitive.append(View(look, {"norm": norms}))
        stream.append(View(look, {"words": rng.random((2, 3)), "answer": np.zeros((2, 3))}))
    found = list(
        layer_ranks(
            {"network_sensitivity": sensitive, "patching": exact, "stream_patching": stream}
        )
    )
    (agreement,) = [one for one in found if isinstance(one, RankAgreement)]
    assert isinstance(agreement.correlation, Estimate)
    assert 0.4 < agreement.correlation.low < agreement.correlation.value < 1
    assert [one.question for one in found[:3]] == ["stream_patching"] * 2 + ["network_sensitivity"]
    assert all(one.value == 0 for one in found[1].layers)


def test_rank_correlation_is_the_librarys():
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    for _ in range(10):
        one, two = rng.integers(0, 5, 12).astype(float), rng.normal(size=12)
        assert spearman(one, two) == pytest.approx(spearmanr(one, two).statistic)
    assert spearman(np.ones(4), np.arange(4.0)) is None


def test_few_templates_have_no_interval():
    (found,) = over_templates(np.array([[1.0], [2.0]]), ["a", "b"])
    assert isinstance(found, Undefined)


def test_no_text_adds_effects_up_or_calls_them_shares_of_the_difference():
    root = Path(__file__).parents[2]
    texts = [
        root / "templates/sections/73_mediators.html",
        root / "templates/mediation.html",
        *(root / "audit/internals").glob("*patching.py"),
        root / "audit/analyses/mediators.py",
        root / "audit/analyses/paths.py",
    ]
    forbidden = re.compile(
        r"(percent|%|share|part) of the (disparity|difference|bias) (is |was )?(explained|due)"
        r"|explains? \d+|in all explain|sum of (the )?effects",
        re.IGNORECASE,
    )
    for path in texts:
        assert not forbidden.search(path.read_text(encoding="utf-8")), path
    assert forbidden.search("62 % of the disparity explained by three heads")
    assert "must not be added up" in texts[0].read_text(encoding="utf-8")
