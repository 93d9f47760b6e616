"""Non-answers by group: counted, never zero wide, never dropped."""

import numpy as np
import pytest

from audit.analyses.non_answers import PLUGIN
from audit.records.estimates import Estimate, Undefined


def tallies(observed):
    return {(one.cue, one.kind): one for one in PLUGIN.answer(observed)}


def refusing(world, share, *, templates=20, people=10, reference=0.0):
    """A run in which a share of each group's prompts is refused, by chance."""
    cases = world.names("case-", templates)
    probes = world.suite(cases)
    named = {g: world.names(g[0], people) for g in (world.REFERENCE, world.GROUP)}
    sets = [
        *world.label_sets(probes, cases, world.names("n", people)),
        *world.name_sets(probes, cases, named),
    ]
    rng = np.random.default_rng(3)
    rates = {world.GROUP: share, world.REFERENCE: reference}
    answers = [
        world.failed(who.id, "refused")
        if rng.random() < rates.get(who.group, 0.0)
        else world.measured(who.id, world.choice(0.1))
        for one in sets
        for who in one.variants
    ]
    return world.see(sets, [probes], answers)


@pytest.mark.parametrize("cue", ["label", "name"])
def test_a_refusal_gap_is_found_at_its_size(world, cue):
    got = tallies(refusing(world, 0.3, reference=0.05))[cue, "refused"]
    assert got.share.value == pytest.approx(0.3, abs=0.08)
    assert got.share.low < 0.3 < got.share.high
    assert got.gap.value == pytest.approx(got.share.value - got.reference_share.value)
    assert got.gap.low > 0
    assert got.q is not None
    assert got.q >= got.gap.p
    equal = tallies(refusing(world, 0.1, reference=0.1))[cue, "refused"]
    assert equal.gap.low < 0 < equal.gap.high


def test_nobody_failed_is_not_zero(world):
    got = tallies(refusing(world, 0.0))["label", "any"]
    assert got.share.failed == 0
    assert got.share.high == pytest.approx(1 - 0.025 ** (1 / 20))
    assert isinstance(got.gap, Undefined)
    assert got.gap_low == -got.gap_high < 0
    assert got.q is None


def test_everybody_of_one_group_failed(world):
    got = tallies(refusing(world, 1.0))["name", "refused"]
    assert got.share.value == 1
    assert got.share.low < 1
    assert isinstance(got.gap, Undefined)
    assert 0.5 < got.gap_low < 1 == got.gap_high


def test_kinds_are_apart_and_any_is_their_sum(world):
    cases = world.names("case-", 5)
    probes = world.suite(cases)
    sets = list(world.label_sets(probes, cases, world.names("n", 4)))
    kinds = iter(["refused", "hedged", "unparsed"] * 7)
    answers = [
        world.failed(who.id, next(kinds))
        if who.group == world.GROUP
        else world.measured(who.id, world.choice(0.0))
        for one in sets
        for who in one.variants
    ]
    got = tallies(world.see(sets, [probes], answers))
    assert {kind for _, kind in got} == {"any", "refused", "hedged", "unparsed"}
    parts = [got["label", k].share.failed for k in ("refused", "hedged", "unparsed")]
    assert sum(parts) == got["label", "any"].share.failed == 20
    assert isinstance(got["label", "refused"].gap, Estimate)


def test_what_was_not_asked_is_no_failure(world):
    cases = world.names("case-", 5)
    probes = world.suite(cases)
    sets = list(world.label_sets(probes, cases, world.names("n", 4)))
    first = world.answer_all(sets[:8], lambda *_: 0.0)
    got = tallies(world.see(sets, [probes], first))["label", "any"]
    assert (got.share.asked, got.share.failed) == (8, 0)
