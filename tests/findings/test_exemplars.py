"""Exemplars: chosen by rule, from the pairs that the estimate rests on."""

import numpy as np
import pytest

from audit.analyses.sensitivity import PLUGIN
from audit.findings.detect import detect
from audit.findings.exemplars import pairs_to_explain, with_exemplars
from audit.findings.policy import load_policy
from audit.findings.ranking import worst_first
from audit.records.runs import Depth

POLICY = load_policy("default")


def depth(pairs, findings=9):
    return Depth(templates=0, names=0, explained=pairs, explained_findings=findings, methods=())


@pytest.fixture(scope="module")
def observed(world):
    return world.whole(-0.8, templates=7, people=5, template=0.2, name=0.2)


@pytest.fixture(scope="module")
def findings(world, observed):
    return detect(PLUGIN.answer(observed), POLICY, observed.suites, world.name_lists())


def values(observed):
    column = next(c for c in observed.columns if c.metric.name == "log_odds")
    return {variant: column.values[place] for variant, place in observed.index.items()}


def label_pairs(observed):
    odds = values(observed)
    sets = [one for one in observed.sets if one.cue == "label"]
    ids = [(one.id, {v.group: v.id for v in one.variants}) for one in sets]
    return sorted(
        (odds[v["muslim"]] - odds[v["hindu"]], i, v["muslim"], v["hindu"]) for i, v in ids
    )


def test_label_shows_the_median_and_the_extreme_set(observed, findings):
    shown = with_exemplars(findings, observed)
    label = next(f for f in shown if f.disparity.cue == "label")
    pairs = label_pairs(observed)
    median, extreme = label.exemplars
    assert (median.rule, extreme.rule) == ("median", "extreme")
    assert median.difference == pytest.approx(np.median([p[0] for p in pairs]))
    assert extreme.difference == pytest.approx(pairs[0][0])
    sets = {one.id: one for one in observed.sets}
    for one in (median, extreme):
        mine, theirs = (sets[one.set_id].variant(v) for v in (one.variant, one.reference_variant))
        assert (mine.group, theirs.group) == ("muslim", "hindu")
        assert mine.name == theirs.name


def test_the_extreme_follows_the_direction(world):
    upward = world.whole(0.8, templates=6, people=4)
    found = detect(PLUGIN.answer(upward), POLICY, upward.suites, world.name_lists())
    label = next(f for f in with_exemplars(found, upward) if f.disparity.cue == "label")
    assert label.exemplars[1].difference == pytest.approx(label_pairs(upward)[-1][0])


def test_names_are_those_nearest_to_their_medians(observed, findings):
    shown = with_exemplars(findings, observed)
    median = next(f for f in shown if f.disparity.cue == "name").exemplars[0]
    odds = values(observed)
    one = next(s for s in observed.sets if s.id == median.set_id)
    for group, chosen in (("muslim", median.variant), ("hindu", median.reference_variant)):
        mine = {v.id: odds[v.id] for v in one.variants if v.group == group}
        middle = np.median(list(mine.values()))
        assert abs(mine[chosen] - middle) == min(abs(x - middle) for x in mine.values())


def test_only_findings_that_count_are_shown(world):
    even = world.whole(0.0, templates=6, people=4)
    found = detect(PLUGIN.answer(even), POLICY, even.suites, world.name_lists())
    assert not any(f.counts for f in found)
    assert with_exemplars(found, even) == found
    assert pairs_to_explain(found, even, depth(3)) == ()


def test_explained_pairs_are_spread_over_quantiles(observed, findings):
    pairs = label_pairs(observed)
    label = [f for f in findings if f.disparity.cue == "label"]
    got = pairs_to_explain(label, observed, depth(5))
    assert {one.rule for one in got} == {"explained"}
    assert [one.difference for one in got] == [pairs[n][0] for n in (3, 10, 17, 24, 31)]
    assert got[2].set_id == with_exemplars(label, observed)[0].exemplars[0].set_id


def test_more_asked_for_than_there_are_gives_all_once(observed, findings):
    assert len(pairs_to_explain(findings, observed, depth(1000))) == 7 * 5 + 7
    label = [f for f in findings if f.disparity.cue == "label"]
    assert len(pairs_to_explain(label * 2, observed, depth(4))) == 4


def test_the_worst_findings_are_explained_first(observed, findings):
    (first, second) = worst_first(findings)
    got = pairs_to_explain(findings, observed, depth(2, findings=1))
    sets = {one.id: one.cue for one in observed.sets}
    assert {sets[one.set_id] for one in got} == {first.disparity.cue}
    assert abs(first.disparity.estimate.value) >= abs(second.disparity.estimate.value)
    assert pairs_to_explain(findings, observed, depth(0)) == ()


def test_unanswered_variants_are_in_no_pair(world, observed):
    lost = {v for v in observed.index if "case-03" in v and "muslim" in v}
    lost |= {v for v in observed.index if v.endswith("neutral01") and "hindu" in v}
    holes = world.whole(-0.8, templates=7, people=5, template=0.2, name=0.2, lost=lost)
    found = detect(PLUGIN.answer(holes), POLICY, holes.suites, world.name_lists())
    got = pairs_to_explain(found, holes, depth(1000))
    assert not {v for one in got for v in (one.variant, one.reference_variant)} & lost
    assert len(got) == 6 * 4 + 6
