"""Writers: contributions are what the slow formula gives, and close to the difference."""

import numpy as np
import pytest
import torch

from audit.internals.writers import PLUGIN
from audit.models.answering import answering
from audit.models.architectures import architecture
from audit.models.sites import Site, captured

FAMILIES = ("llama", "gpt2", "qwen2", "gpt_neox", "gemma")


def difference(arrays, prefix=""):
    odds = arrays[f"{prefix}log_odds"]
    return odds[0] - odds[1]


def total(arrays, prefix=""):
    return arrays[f"{prefix}contribution"].sum() + arrays[f"{prefix}ledger"].sum()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("outcome", ["choice", "ordered"])
def test_everything_sums_to_the_difference(tiny_models, make_pair, outcomes, family, outcome):
    model = tiny_models[family]
    pair = make_pair(model, outcome=outcomes[outcome])
    arrays = PLUGIN.observe(model, pair, ()).arrays
    measured = [
        np.mean([float(side.log_odds(side.embeddings[None])) for side in sides])
        for sides in zip(*pair.sides, strict=True)
    ]
    assert arrays["log_odds"] == pytest.approx(measured, abs=1e-4)
    for prefix in ("", "control_"):
        size = np.abs(arrays[f"{prefix}contribution"]).sum()
        assert total(arrays, prefix) == pytest.approx(
            difference(arrays, prefix), abs=float(1e-5 * size)
        )
    assert abs(arrays["contribution"].sum() - difference(arrays)) > 1e-4  # the ledger is needed


def test_later_answer_tokens_stand_in_the_ledger(tiny_models, make_pair, outcomes):
    """Answers of several tokens are decided in part after the place of the answer."""
    model = tiny_models["llama"]
    pair = make_pair(model, outcome=outcomes["ordered"])
    lengths = [len(form) for answer in pair.orders[0].group.encoded.answers for form in answer]
    seen = PLUGIN.observe(model, pair, ())
    later = seen.arrays["ledger"][seen.labels["item"].index("later")]
    assert max(lengths) > 1
    assert later != 0
    only = make_pair(model)
    alone = PLUGIN.observe(model, only, ()).arrays["ledger"]
    single = all(len(f) == 1 for a in only.orders[0].group.encoded.answers for f in a)
    assert (alone[seen.labels["item"].index("later")] == 0) == single


@pytest.mark.parametrize("family", FAMILIES)
def test_contributions_are_those_of_the_slow_formula(exact_model, make_pair, family):
    """One prompt at a time, the norm frozen by a finite difference along each written vector."""
    model = exact_model(family)
    pair = make_pair(model)
    found = PLUGIN.observe(model, pair, ()).arrays["contribution"]
    slow = np.mean([by_hand(model, order) for order in pair.orders], axis=0)
    assert found == pytest.approx(slow, abs=float(1e-5 * np.abs(slow).max()))


def by_hand(model, order):
    parts = architecture(model.module)
    layers = range(len(parts.blocks))
    sites = [Site(n, kind) for n in layers for kind in ("attention", "mlp")]
    last = Site(layers[-1], "residual")
    sides = []
    for opened in (order.group, order.reference):
        with torch.no_grad(), captured(parts, [*sites, last]) as kept:
            model.module(torch.tensor([opened.encoded.ids]))
        sides.append({site: kept[site][0][0, -1] for site in (*sites, last)})
    slopes = [
        [slope(model, opened, side[last], mine[site] - theirs[site]) for site in sites]
        for mine, theirs in [sides]
        for opened, side in zip((order.group, order.reference), sides, strict=True)
    ]
    return np.mean(slopes, axis=0).reshape(len(layers), 2)


def slope(model, opened, stream, along):
    """How the log-odds move along a vector, with the norm's divisor held where it was."""
    parts = architecture(model.module)
    norm, read = parts.final_norm, answering(model, opened)
    centred = isinstance(norm, torch.nn.LayerNorm)
    eps = getattr(norm, "eps", getattr(norm, "variance_epsilon", None))
    moved = stream - stream.mean() if centred else stream
    divisor = (moved.pow(2).mean() + eps).sqrt()
    gain = 1 + norm.weight if "Gemma" in type(norm).__name__ else norm.weight
    bias = norm.bias if centred else 0.0

    def odds(point):
        out = point - point.mean() if centred else point
        logits = parts.unembedding(gain * out / divisor + bias)
        known = torch.log_softmax(logits, dim=-1)
        (favoured, against) = (opened.order.index(key) for key in ("yes", "no"))
        sums = [
            torch.logsumexp(torch.stack([known[form[0]] for form in answer]), dim=0)
            for answer in opened.encoded.answers
        ]
        return float(sums[favoured] - sums[against])

    assert all(len(form) == 1 for answer in read.opened.encoded.answers for form in answer)
    step = 1e-5
    with torch.no_grad():
        return (odds(stream + step * along) - odds(stream - step * along)) / (2 * step)


def test_a_side_against_itself_has_no_contribution(tiny_models, make_pair):
    model = tiny_models["llama"]
    same = make_pair(model, one="Meena, a Hindu", two="Meena, a Hindu")
    arrays = PLUGIN.observe(model, same, ()).arrays
    assert np.abs(arrays["contribution"]).max() < 1e-5
    assert np.abs(arrays["ledger"]).max() < 1e-5
    assert np.abs(arrays["control_contribution"]).max() > 1e-3  # another name is not the same


def test_what_one_layer_is_made_to_write_is_found_there(tiny_models, make_pair):
    """A vector along the answer's direction, written by one MLP on one side alone."""
    model = tiny_models["llama"]
    parts = architecture(model.module)
    pair = make_pair(model, one="Meena, a Hindu", two="Meena, a Hindu")
    opened = pair.orders[0].group
    yes, no = (opened.encoded.answers[opened.order.index(key)][0][0] for key in ("yes", "no"))
    weight = parts.unembedding.weight
    push = (weight[yes] - weight[no]).detach() * 5
    rows = []

    def plant(_module, _inputs, output):
        rows.append(len(output))
        odd = torch.arange(len(output)) % 2 == 0  # group's side, reference, group's side, ...
        return output + odd[:, None, None] * push

    handle = parts.blocks[1].mlp_adds.register_forward_hook(plant)
    try:
        bare = make_pair(model, one="Meena, a Hindu", two="Meena, a Hindu")
        arrays = PLUGIN.observe(model, pair_without_control(bare), ()).arrays
    finally:
        handle.remove()
    assert rows == [4]
    contribution = arrays["contribution"]
    assert np.abs(contribution).argmax() == 3  # layer 1, mlp
    assert contribution[1, 1] > 0
    others = np.delete(contribution.flatten(), 3)
    assert np.abs(others).max() < 1e-4


def pair_without_control(pair):
    from dataclasses import replace

    return replace(pair, other=())


@pytest.mark.parametrize("room", [1, 2])
def test_short_memory_gives_the_same_and_says_so(tiny_models, make_pair, monkeypatch, room):
    model = tiny_models["llama"]
    pair = make_pair(model)
    whole = PLUGIN.observe(model, pair, ())
    from audit.models import tracing

    traced = tracing._traced

    def cramped(model, passages, sites):
        if len(passages) > room:
            raise MemoryError
        return traced(model, passages, sites)

    monkeypatch.setattr(tracing, "_traced", cramped)
    small = PLUGIN.observe(model, pair, ())
    assert small.arrays["contribution"] == pytest.approx(whole.arrays["contribution"], abs=1e-4)
    assert whole.remarks == ()
    assert "memory was short" in small.remarks[0]
    monkeypatch.setattr(tracing, "_traced", lambda *_: (_ for _ in ()).throw(MemoryError))
    with pytest.raises(MemoryError):
        PLUGIN.observe(model, pair, ())
