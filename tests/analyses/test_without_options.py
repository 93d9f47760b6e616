"""Amounts, marks and statements in a small world: what is planted is found, and nothing else."""

import math

import numpy as np
import pytest

from audit.analyses.heterogeneity import heterogeneity
from audit.analyses.sensitivity import PLUGIN
from audit.findings.detect import detect
from audit.findings.policy import load_policy
from audit.records.estimates import Estimate, Undefined
from audit.records.findings import Verdict

POLICY = load_policy("default")
CASES = 24
PEOPLE = 12
NONCE = tuple(f"nonce-{n}" for n in range(8))


def build(world, kind, respond, *, groups=(), policy=POLICY, cases=CASES, people=PEOPLE):
    """A run over both cues; `respond(set, variant, noise)` gives the answer."""
    rows = world.names("case-", cases)
    probes = world.suite(rows, kind=kind, review="two speakers, 2026")
    sets = list(
        world.label_sets(probes, rows, world.names("n", people), groups=(world.GROUP, *groups))
    )
    if not groups:
        by_group = {g: world.names(g[0], people) for g in (world.REFERENCE, world.GROUP)}
        sets += world.name_sets(probes, rows, by_group)
    answers = []
    for one in sets:
        for who in one.variants:
            words = [7, *f"{who.id}".encode()]
            noise = float(np.random.default_rng(words).standard_normal())
            answer = respond(one, who, noise)
            answers.append(
                world.failed(who.id, "unparsed")
                if answer is None
                else world.measured(who.id, answer)
            )
    seen = world.see(sets, [probes], answers, policy=policy)
    return sets, probes, seen, tuple(PLUGIN.answer(seen))


def primary(disparities, cue="label"):
    (found,) = [one for one in disparities if one.primary and one.cue == cue]
    return found


def verdicts(disparities, probes, world):
    found = detect(disparities, POLICY, {probes.key: probes}, world.name_lists())
    return {one.disparity.cue: one for one in found if one.disparity.group == world.GROUP}


def loans(world, ratio, favourable="high", spread=0.03):
    def respond(one, who, noise):
        base = 20_000 * (1 + int(one.template[-2:]))  # cases of very different size
        level = ratio if who.group == world.GROUP else 1.0
        return world.number(base * level * math.exp(spread * noise), favourable)

    return respond


@pytest.mark.parametrize("cue", ["label", "name"])
def test_amounts_are_compared_by_their_ratio(world, cue):
    _, probes, _, found = build(world, "number", loans(world, 0.8))
    one = primary(found, cue)
    assert (one.metric, one.unit) == ("log_amount", "log amount")
    assert one.estimate.low < math.log(0.8) < one.estimate.high
    assert one.estimate.high - one.estimate.low < 0.05
    judged = verdicts(found, probes, world)[cue]
    assert judged.verdict == Verdict.MATERIAL
    assert judged.margin == pytest.approx(math.log(1.05), abs=1e-4)
    assert one.median_mass is None
    assert one.order_effect is None


@pytest.mark.parametrize("cue", ["label", "name"])
def test_equal_amounts_are_cleared_without_an_answer_mass(world, cue):
    _, probes, _, found = build(world, "number", loans(world, 1.0))
    assert verdicts(found, probes, world)[cue].verdict in (
        Verdict.NO_MATERIAL_BIAS,
        Verdict.TRIVIAL,
    )


def test_where_a_low_number_favours_the_sign_is_turned(world):
    _, _, _, found = build(world, "number", loans(world, 1.25, favourable="low"))
    assert primary(found).estimate.value == pytest.approx(-math.log(1.25), abs=0.02)


def test_an_amount_of_zero_counts_as_missing_and_is_no_ratio(world):
    def respond(one, who, noise):
        zero = who.group == world.GROUP and one.template.endswith("0")
        return world.number(0.0 if zero else 100.0 * math.exp(0.01 * noise))

    one = primary(build(world, "number", respond)[3])
    lost = 3 * PEOPLE  # case-00, case-10 and case-20
    assert (one.failed, one.planned) == (lost, 2 * CASES * PEOPLE)
    assert one.estimate.templates == CASES - 3
    every = build(world, "number", lambda *_: world.number(0.0))[3]
    assert primary(every).failed == primary(every).planned
    assert "0 templates" in primary(every).estimate.reason


def test_marks_by_plain_difference_with_worst_case_bounds(world):
    def respond(one, who, noise):
        if who.group == world.GROUP and who.name.endswith("3"):
            return None
        low = 12.0 if who.group == world.GROUP else 0.0
        return world.mark(min(100.0, max(0.0, 60.0 + 2 * noise - low)))

    _, probes, _, found = build(world, "marks", respond)
    one = primary(found)
    assert (one.metric, one.unit) == ("share_of_scale", "share of the scale")
    assert one.estimate.value == pytest.approx(-0.12, abs=0.01)
    assert verdicts(found, probes, world)["label"].verdict == Verdict.MATERIAL
    bounds = one.context.effects.worst_case
    assert (bounds.unit, bounds.missing) == ("share of the scale", CASES)
    share = (PEOPLE - 1) / PEOPLE
    observed = 0.48 * share
    assert bounds.low == pytest.approx(observed - 0.6, abs=0.01)
    assert bounds.high == pytest.approx(observed + 1 / PEOPLE - 0.6, abs=0.01)
    assert isinstance(one.context.effects.impact_ratio, Undefined)
    assert isinstance(one.context.effects.points, Undefined)


def test_an_amount_has_no_worst_case(world):
    one = primary(build(world, "number", loans(world, 0.9), cases=6, people=4)[3])
    assert "no number with bounds" in one.context.effects.worst_case.reason


def test_languages_are_pooled_for_amounts_too(world):
    found = primary(build(world, "number", loans(world, 0.9), cases=6, people=4)[3])
    other = found.model_copy(update={"language": "hi"})
    (pooled,) = [one for one in heterogeneity([found, other]) if one.metric == "log_amount"]
    assert pooled.languages == ("en", "hi")
    assert pooled.spread.mean == pytest.approx(found.estimate.value)


def said(world, gap, *, word=1.0, frequency=0.0):
    """Statements against those they name; each group's words have a likelihood of their own."""

    def respond(one, who, noise):
        words = [3, *who.group.encode()]
        own = word * float(np.random.default_rng(words).standard_normal())
        alone = -8.0 + (frequency if who.group == world.GROUP else 0.0)
        likely = gap if who.group == world.GROUP else 0.0
        return world.statement(-40.0 + own + likely + alone + 0.5 * noise, alone=alone)

    return respond


def test_a_statement_that_is_likelier_of_one_group_is_found(world):
    _, probes, _, found = build(world, "association", said(world, 9.0), groups=NONCE)
    one = primary(found)
    assert one.estimate.value < -5  # it speaks against the group
    assert one.estimate.p < 0.01
    assert isinstance(one.null, Estimate)
    assert one.null.p > 0.05
    assert verdicts(found, probes, world)["label"].verdict == Verdict.MATERIAL
    assert one.context.against_mean.estimator.endswith("beside made-up groups")


def test_words_that_mean_nothing_are_no_finding(world):
    """The control: by templates and names alone the same gap would be beyond doubt."""
    from audit.stats.crossed import Floor, paired

    sets, probes, seen, found = build(world, "association", said(world, 0.0), groups=NONCE)
    one = primary(found)
    assert one.estimate.p > 0.05
    assert verdicts(found, probes, world)["label"].verdict == Verdict.INCONCLUSIVE
    (column,) = [c for c in seen.columns if c.metric.name == "association"]
    by_set = [
        [
            column.values[seen.index[v.id]]
            for group in (world.GROUP, world.REFERENCE)
            for v in each.variants
            if v.group == group
        ]
        for each in sets
    ]
    gaps = np.array([a - b for a, b in by_set]).reshape(CASES, PEOPLE)
    alone = paired(gaps, floor=Floor(4, 3))
    assert alone.p < 1e-6
    assert one.estimate.value == pytest.approx(alone.value)


def test_the_frequency_of_the_words_is_taken_off(world):
    plain = primary(build(world, "association", said(world, 0.0), groups=NONCE)[3])
    rare = build(world, "association", said(world, 0.0, frequency=-6.0), groups=NONCE)[3]
    assert primary(rare).estimate.value == pytest.approx(plain.estimate.value)
    raw = [d for d in rare if d.metric == "statement_likelihood" and d.group == world.GROUP]
    assert raw[0].estimate.value == pytest.approx(plain.estimate.value + 6.0)


def test_made_up_groups_carry_no_verdict_and_their_lack_is_said(world):
    _, _, _, found = build(world, "association", said(world, 0.0), groups=NONCE)
    groups = {one.group for one in found if not one.primary}
    assert set(NONCE) <= groups
    assert not any(one.mentions for one in found if one.group in NONCE)
    bare = primary(build(world, "association", said(world, 9.0), groups=NONCE[:2])[3])
    assert bare.estimate.reason.startswith("2 made-up groups")
    assert bare.null.reason.startswith("2 made-up groups")
