"""Spikes in the network: they do what they say, where they say, and leave nothing behind."""

import pytest
import torch

from audit.controls.network_spike import (
    Spike,
    _gradients,
    effect,
    eligible,
    patching_curve,
    pulls,
    sought,
    step,
    turned,
)
from audit.controls.prompts import Prompt, log_odds, prompt, span_tokens
from audit.controls.stream import added, blocks, captured, edited, replaced
from audit.errors import CapabilityError
from audit.measurement.contract import Request
from audit.models.asking import listings
from audit.records.counterfactuals import Span
from audit.records.probes import Answer, Frame, Outcome

FAMILIES = ("llama", "gpt2", "gpt_neox")
FRAME = Frame(ask="Answer with one of: {options}.", separator=", ", cue="Answer:")
YES_NO = Outcome(
    key="o",
    kind="choice",
    answers=(Answer(key="yes", text="Yes"), Answer(key="no", text="No")),
    favourable="yes",
    unfavourable="no",
)
WHO = "who is Muslim"


def asked(name="Meena", outcome=YES_NO):
    case = f"{name}, {WHO}, applied for the job of an accountant."
    start = case.index(WHO)
    request = Request(
        variant=name, turns=(case,), question="Call the applicant?", frame=FRAME, outcome=outcome
    )
    return request, (Span(turn=0, start=start, end=start + len(WHO)),)


@pytest.fixture(scope="module", params=FAMILIES)
def model(request, tiny_models):
    return tiny_models[request.param]


@pytest.fixture(scope="module")
def prompts(model):
    return [prompt(model, name, *asked(name)) for name in ("Meena", "Ramesh", "Sunita")]


@pytest.fixture(scope="module")
def spike(model, prompts):
    stack = blocks(model.module)
    found = pulls(stack, prompts)
    return Spike(stack, eligible(found)[0], found[eligible(found)[0]], 0.5)


def hooks(module):
    return sum(
        len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules()
    )


def test_the_places_are_those_of_the_groups_words(model):
    request, spans = asked()
    listing = listings(request, spans)[0]
    encoded = model.encode(listing.ask)
    text = encoded.text
    places = span_tokens(encoded, listing)
    covered = {c for p in places for c in range(*encoded.offsets[p])}
    start = text.index(WHO)
    assert set(range(start, start + len(WHO))) <= covered
    assert len(covered - set(range(start, start + len(WHO)))) <= 2  # a token may hold a space
    assert list(places) == sorted(places)


def test_a_prompt_alone_scores_as_it_was_measured(model, prompts):
    for one in prompts:
        request, _ = asked(one.variant)
        scored = model.score([listing.ask for listing in listings(request)])
        expected = [
            s.log_probs[keys.index("yes")] - s.log_probs[keys.index("no")]
            for s, keys in zip(scored, (("yes", "no"), ("no", "yes")), strict=True)
        ]
        with torch.no_grad():
            got = [float(one.log_odds(order)[0]) for order in one.orders]
        assert got == pytest.approx(expected, abs=1e-4)


def test_no_hook_stays_behind_after_an_error_either(model, spike, prompts):
    before = hooks(model.module)
    clean, spiked = effect(spike, prompts[0])
    assert hooks(model.module) == before

    def broken(_stream):
        raise ValueError("on purpose")

    order = prompts[0].orders[0]
    with (
        pytest.raises(ValueError, match="on purpose"),
        spike.on(order, [0]),
        captured(spike.stack) as kept,
        edited(spike.stack[-1], broken),
    ):
        prompts[0].log_odds(order)
    assert kept[0]
    with spike.on(order, [0]):
        assert hooks(model.module) == before + 1
    assert hooks(model.module) == before
    assert effect(spike, prompts[0]) == (clean, spiked)
    assert clean != spiked


def test_a_spike_changes_its_own_row_and_places_alone(model, spike, prompts):
    order = prompts[0].orders[0]
    with torch.no_grad(), captured(spike.stack) as plain:
        prompts[0].log_odds(order, rows=2)
    with torch.no_grad(), spike.on(order, [1]), captured(spike.stack) as changed:
        prompts[0].log_odds(order, rows=2)
    before, after = plain[spike.layer][0], changed[spike.layer][0]
    assert torch.equal(before[0], after[0])
    moved = (after[1] - before[1]).norm(dim=-1)
    length = 0.5 * spike.pull.length
    assert moved[list(order.places)].tolist() == pytest.approx(
        [length] * len(order.places), rel=1e-3
    )
    others = [p for p in range(moved.numel()) if p not in order.places]
    assert moved[others].max().item() == 0
    for block in range(spike.layer):
        assert torch.equal(plain[block][0], changed[block][0])


def test_the_last_block_has_no_pull_and_is_never_drawn(model, spike, prompts):
    found = pulls(spike.stack, prompts)
    assert found[-1].size == pytest.approx(0, abs=1e-6)
    assert len(spike.stack) - 1 not in eligible(found)
    assert spike.layer in eligible(found)
    assert all(p.direction.norm().item() == pytest.approx(1, rel=1e-4) for p in found[:-1])


def test_the_gradient_is_the_slope_of_a_small_spike(spike, prompts):
    """Against the difference quotient, both orders together."""
    one = prompts[0]
    slopes = [
        float((_gradients(spike.stack, one, order)[spike.layer][0] @ spike.pull.direction).sum())
        for order in one.orders
    ]
    tiny = 0.02
    there, back = (
        effect(Spike(spike.stack, spike.layer, spike.pull, sign * tiny), one)[1]
        for sign in (1, -1)
    )
    quotient = (there - back) / (2 * tiny * spike.pull.length)
    assert quotient == pytest.approx(sum(slopes) / 2, rel=0.05, abs=1e-4)
    assert quotient != pytest.approx(-sum(slopes) / 2, rel=0.05, abs=1e-4)


def test_the_wanted_shift_is_reached_both_ways(spike, prompts):
    for target in (0.1, -0.1):
        found = sought(turned(spike, prompts, target), prompts, target)
        assert found is not None
        planted, reached = found
        assert reached == pytest.approx(target, rel=0.06)
        shifts = [b - a for a, b in (effect(planted, one) for one in prompts)]
        assert sum(shifts) / len(shifts) == pytest.approx(reached, abs=1e-3)
        assert planted.strength * target > 0


def test_what_is_out_of_reach_is_refused(spike, prompts):
    assert sought(spike, prompts, 1e6) is None


def test_turning_uphill_shifts_further_at_the_same_length(spike, prompts):
    def shift(one):
        return sum(b - a for a, b in (effect(one, each) for each in prompts))

    assert shift(turned(spike, prompts, 1.0)) > shift(spike)


def test_no_strength_is_no_spike(spike, prompts):
    nothing = Spike(spike.stack, spike.layer, spike.pull, 0.0)
    clean, spiked = effect(nothing, prompts[0])
    assert clean == pytest.approx(spiked, abs=1e-5)


def test_the_curve_steps_where_the_spike_was_planted(model, prompts):
    stack = blocks(model.module)
    found = pulls(stack, prompts)
    for layer in eligible(found):
        one = Spike(stack, layer, found[layer], 0.8)
        curve = patching_curve(one, prompts)
        assert max(map(abs, curve[:layer]), default=0) < 1e-3
        assert curve[layer] == pytest.approx(1, abs=1e-3)
        assert step(curve) == layer
    assert step((0.1, 0.2, 0.3)) is None


def test_edits_and_captures_take_tuples_too():
    class Pair(torch.nn.Module):
        def forward(self, stream):
            return stream, "kept"

    block, stream = Pair(), torch.zeros(2, 3, 4)
    with edited(block, added(torch.ones(4), [1], [0])), captured([block]) as kept:
        changed, other = block(stream)
    assert other == "kept"
    assert changed.sum().item() == 4
    assert changed[0, 1].tolist() == [1] * 4
    assert torch.equal(kept[0][0], changed)
    assert stream.sum().item() == 0
    with edited(block, replaced(torch.full((2, 4), 7.0), [0, 2])):
        changed, _ = block(stream)
    assert changed[:, [0, 2]].unique().tolist() == [7]
    assert changed[:, 1].sum().item() == 0


def test_a_module_without_blocks_is_refused():
    with pytest.raises(CapabilityError, match="no stack of blocks"):
        blocks(torch.nn.Linear(2, 2))


def test_ordered_levels_are_the_mean_over_cuts():
    levels = ("low", "mid", "high")
    outcome = Outcome(
        key="o", kind="ordered", answers=tuple(Answer(key=k, text=k) for k in levels),
        favourable="low",
    )  # fmt: skip
    logs = torch.log(torch.tensor([[0.2, 0.3, 0.5]]))
    expected = (torch.tensor(0.2 / 0.8).log() + torch.tensor(0.5 / 0.5).log()) / 2
    assert log_odds(outcome, levels, logs)[0].item() == pytest.approx(expected.item())
    assert log_odds(outcome, levels[::-1], logs.flip(1))[0].item() == pytest.approx(
        expected.item()
    )


def test_words_without_a_token_are_refused(tiny_models):
    request, _ = asked()
    found = prompt(tiny_models["llama"], "v", request, (Span(turn=0, start=5, end=5),))
    assert not isinstance(found, Prompt)
    assert "no token" in found.detail
