"""Which disparities a policy judges, whatever policy the run was made under."""

import pytest

from audit.analyses.sensitivity import PLUGIN
from audit.errors import SuiteError
from audit.findings.detect import detect
from audit.findings.judged import judged_by
from audit.findings.policy import load_policy
from audit.records.estimates import Estimate, Undefined

DEFAULT, FOUR_FIFTHS, TEC, STRICT = (
    load_policy(name) for name in ("default", "four-fifths", "tec-aligned", "strict")
)


@pytest.fixture(scope="module")
def disparities(world):
    return tuple(PLUGIN.answer(world.whole(-0.8, templates=8, people=6, template=0.2, name=0.2)))


def judged(disparities, policy):
    return [one for one in judged_by(disparities, policy) if one.primary]


def test_its_own_policy_changes_nothing(disparities):
    assert judged_by(disparities, DEFAULT) == disparities


def test_another_metric_takes_the_place_of_the_log_odds(disparities):
    rows = judged(disparities, TEC)
    assert {one.metric for one in rows} == {"favourable_probability"}
    assert len(rows) == len(judged(disparities, DEFAULT)) == 2
    by_id = {one.id: one for one in disparities}
    for one in rows:
        assert one.estimate == by_id[one.id].estimate
    assert {
        f.margin for f in detect(rows, TEC, {"employment/shortlisting.en": _Reviewed}, {})
    } == {0.1}


def test_the_impact_ratio_is_taken_from_beside_the_log_odds(disparities):
    rows = judged(disparities, FOUR_FIFTHS)
    base = {one.cue: one for one in disparities if one.primary}
    for one in rows:
        ratio = base[one.cue].context.effects.impact_ratio
        assert (one.metric, one.unit) == ("impact_ratio", "log ratio")
        assert one.estimate == ratio.log
        assert one.id not in {other.id for other in disparities}
        assert one.null.p == base[one.cue].null.p
        assert "in log-odds" in one.null.estimator
    assert rows[0].estimate.value < 0


def test_judging_is_undone_by_judging_again(disparities):
    there = judged_by(disparities, FOUR_FIFTHS)
    back = judged_by(there, DEFAULT)
    assert {one.id: one for one in back if one.primary} == {
        one.id: one for one in disparities if one.primary
    }
    assert judged_by(there, FOUR_FIFTHS) == there


def test_a_cell_that_cannot_be_measured_stays_and_is_undefined(made):
    bare = made.disparity(made.estimate(0.5))
    (ratio,) = judged([bare], FOUR_FIFTHS)
    assert isinstance(ratio.estimate, Undefined)
    assert "impact ratios" in ratio.estimate.reason
    (points,) = judged([bare], TEC)
    assert "no favourable_probability" in points.estimate.reason


def test_floors_hold_for_old_estimates(made):
    thin = made.disparity(made.estimate(0.9, templates=6, names=4))
    (under_default,) = judged([thin], DEFAULT)
    (under_strict,) = judged([thin], STRICT)
    assert isinstance(under_default.estimate, Estimate)
    assert "asks for 8 and 5" in under_strict.estimate.reason


def test_secondary_cells_stay_secondary(made):
    unmentioned = made.disparity(made.estimate(0.9), group="none", primary=False)
    assert judged([unmentioned], TEC) == []


def test_an_outcome_without_a_margin_is_named(made):
    kept = tuple(one for one in DEFAULT.margins if one.outcome != "number")
    silent = DEFAULT.model_copy(update={"margins": kept})
    numbers = [made.disparity(made.estimate(0.9), outcome="number", metric="log_amount")]
    with pytest.raises(SuiteError, match="no margin for 'number'"):
        judged_by(numbers, silent)
    (judged,) = judged_by(numbers, DEFAULT)
    assert (judged.primary, judged.metric) == (True, "log_amount")


def test_facets_are_never_judged(made):
    """One number at each cut; the policy judges their mean."""
    whole = made.disparity(made.estimate(0.9), outcome="ordered")
    cut = made.disparity(
        made.estimate(0.9), outcome="ordered", metric="log_odds_above_cut", facet="above a",
        primary=False,
    )  # fmt: skip
    assert [one.primary for one in judged_by([cut, whole], DEFAULT)] == [False, True]


class _Reviewed:
    review = "two speakers, 2026"
