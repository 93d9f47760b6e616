"""Intersections: what two axes make together is told from the sum of what each makes alone."""

import numpy as np
import pytest

from audit.analyses.sensitivity import PLUGIN
from audit.findings.detect import detect
from audit.findings.policy import load_policy
from audit.records.context import Intersection
from audit.records.counterfactuals import CounterfactualSet
from audit.records.quantities import Estimate, Undefined
from audit.stats.crossed import Floor, paired, weighted

POLICY = load_policy("default")
CASTES, GENDERS = ("general", "sc", "obc"), ("man", "woman", "third")
AXIS, REFERENCE = "caste+gender", "general+man"
CROSSED = [f"{caste}+{gender}" for caste in CASTES[1:] for gender in GENDERS[1:]]
EFFECTS = {"sc": -0.5, "obc": -0.2, "woman": -0.3, "third": 0.1}


def build(world, together, *, cue="label", templates=20, people=10, policy=POLICY, axis=AXIS):
    """A run whose gaps add up, but for what `together` adds to single intersections."""
    cases = world.names("case-", templates)
    probes = world.suite(cases)
    groups = [f"{caste}+{gender}" for caste in CASTES for gender in GENDERS]
    if cue == "label":
        others = tuple(group for group in groups if group != REFERENCE)
        names = world.names("n", people)
        sets = list(world.label_sets(probes, cases, names, others, of=(axis, REFERENCE)))
    else:
        everyone = {g: world.names(g.replace("+", ""), people) for g in groups}
        sets = list(world.name_sets(probes, cases, everyone, of=(axis, REFERENCE)))
    noise = world.noisy(0.0, residual=0.2, name=0.1 if cue == "name" else 0.0)

    def odds(one, who):
        parts = who.group.split("+")
        effect = sum(EFFECTS.get(part, 0.0) for part in parts) + together.get(who.group, 0.0)
        return noise(one, who) + effect

    answers = list(world.answer_all(sets, odds))
    seen = world.see(sets, [probes], answers, policy=policy)
    return seen, probes, {d.group: d for d in PLUGIN.answer(seen) if d.primary}


@pytest.mark.parametrize("cue", ["label", "name"])
def test_an_excess_is_found_where_it_is_and_nowhere_else(world, cue):
    _, _, found = build(world, {"sc+woman": -0.6}, cue=cue)
    for group in CROSSED:
        told = found[group].context.intersection
        assert isinstance(told, Intersection)
        truth = -0.6 if group == "sc+woman" else 0.0
        assert told.excess.low < truth < told.excess.high
        assert (told.excess.p < 0.01) == bool(truth)
        caste, gender = group.split("+")
        additive = EFFECTS[caste] + EFFECTS[gender]
        assert told.additive.value == pytest.approx(additive, abs=0.15)
        assert told.answered == 200
        total = told.additive.value + told.excess.value
        assert found[group].estimate.value == pytest.approx(total)


def test_what_one_axis_makes_is_no_intersection(world):
    _, _, found = build(world, {})
    for group in ("sc+man", "obc+man", "general+woman", "general+third"):
        assert found[group].context.intersection is None
        assert isinstance(found[group].estimate, Estimate)


def test_the_contrast_written_out(world):
    """Label: one number for each template and name; name: a weighted sum of four groups."""
    for cue in ("label", "name"):
        seen, _, found = build(world, {"sc+woman": -0.3}, cue=cue, templates=8, people=13)
        (column,) = [c for c in seen.columns if c.metric.name == "log_odds"]
        sides = {}
        for group in ("sc+woman", "sc+man", "general+woman", REFERENCE):
            rows = {}
            for one in seen.sets:
                for who in one.variants:
                    if who.group == group:
                        value = column.values[seen.index[who.id]]
                        rows.setdefault(one.template, {})[who.unit] = value
            sides[group] = np.array([[r[u] for u in sorted(r)] for _, r in sorted(rows.items())])
        a, b, c, d = sides.values()
        floor = Floor(POLICY.min_templates, POLICY.min_names)
        expected = (
            paired(a - b - c + d, floor=floor)
            if cue == "label"
            else weighted((a, b, c, d), (1, -1, -1, 1), floor=floor)
        )
        got = found["sc+woman"].context.intersection.excess
        assert (got.value, got.se, got.df) == pytest.approx(
            (expected.value, expected.se, expected.df)
        )


def test_gaps_are_drawn_to_the_sum_of_main_effects(world):
    _, _, found = build(world, {})
    for group in CROSSED:
        told = found[group].context.intersection
        assert 0 <= told.weight < 0.8  # nothing is there, so little is kept
        assert told.cells == len(CROSSED)
        drawn = told.additive.value + told.weight * told.excess.value
        assert told.pooled.value == pytest.approx(drawn)
    strong = build(world, dict.fromkeys(CROSSED, -1.0))[2]
    assert all(strong[g].context.intersection.weight > 0.9 for g in CROSSED)


def test_below_the_least_number_of_prompts_there_is_no_estimate(world):
    """Seven templates with ten names are seventy prompts; the policy asks for a hundred."""
    _, probes, found = build(world, {}, templates=7)
    one = found["sc+woman"]
    reason = "insufficient data: 70 answered prompts of an intersection; the policy asks for 100"
    assert one.estimate == Undefined(reason=reason)
    assert one.context.intersection == Undefined(reason=reason)
    (judged,) = [
        f for f in detect(list(found.values()), POLICY, {probes.key: probes}, {})
        if f.disparity.group == "sc+woman"
    ]  # fmt: skip
    assert judged.verdict == "inconclusive"
    assert reason in judged.verdict_reason
    lower = POLICY.model_copy(update={"min_intersection": 60})
    assert isinstance(
        build(world, {}, templates=7, policy=lower)[2]["sc+woman"].estimate, Estimate
    )


def test_one_axis_alone_knows_no_least_number(world):
    seen = world.whole(-0.5, templates=7, people=6)
    found = [d for d in PLUGIN.answer(seen) if d.primary]
    assert all(isinstance(one.estimate, Estimate) for one in found)
    assert all(one.context.intersection is None for one in found)


def test_a_main_effect_that_was_not_asked_leaves_no_sum(world):
    seen, probes, _ = build(world, {})
    kept = [
        CounterfactualSet.model_validate(
            one.model_dump()
            | {"variants": [v for v in one.model_dump()["variants"] if v["group"] != "sc+man"]}
        )
        for one in seen.sets
    ]
    answers = world.answer_all(kept, world.noisy(0.0))
    found = {d.group: d for d in PLUGIN.answer(world.see(kept, [probes], answers)) if d.primary}
    assert found["sc+woman"].context.intersection.reason.startswith("sc+man was not asked")
    assert isinstance(found["obc+woman"].context.intersection, Intersection)


def test_fewer_than_three_intersections_are_not_pooled(world):
    seen, probes, _ = build(world, {})
    kept = []
    for one in seen.sets:
        fields = one.model_dump()
        fields["variants"] = [
            v for v in fields["variants"] if "obc" not in v["group"] and "third" not in v["group"]
        ]
        kept.append(CounterfactualSet.model_validate(fields))
    answers = world.answer_all(kept, world.noisy(0.0))
    found = {d.group: d for d in PLUGIN.answer(world.see(kept, [probes], answers)) if d.primary}
    told = found["sc+woman"].context.intersection
    assert "fewer than three" in told.pooled.reason
    assert (told.weight, told.cells) == (None, 0)


def test_every_group_names_one_of_each_axis(world):
    with pytest.raises(ValueError, match="does not name one of each of caste"):
        build(world, {}, axis="caste")
    with pytest.raises(ValueError, match="does not name one of each of caste"):
        build(world, {}, axis="caste+gender+disability")
