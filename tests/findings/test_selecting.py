"""What an estimate is worth once it was picked, and what was only explored."""

import pytest
from scipy import stats

from audit.findings.detect import detect
from audit.findings.exploratory import explore
from audit.findings.policy import load_policy
from audit.records.estimates import Undefined
from audit.stats.pooling import pool

POLICY = load_policy("default")


@pytest.fixture
def found(made, world):
    suites = {"employment/shortlisting.en": world.suite(["case-1"])}

    def judged(values, **changes):
        cells = [
            made.disparity(made.estimate(v) if v is not None else Undefined(reason="x"), group=g)
            for g, v in values.items()
        ]
        return {f.disparity.group: f for f in detect(cells, POLICY, suites, {})}

    return judged


def test_selective_intervals_are_those_of_benjamini_and_yekutieli(found):
    got = found({"a": 0.9, "b": -0.7, "c": 0.01, "d": 0.02, "e": None})
    one = got["a"]
    assert (one.selective.selected, one.selective.tested) == (2, 4)
    assert one.selective.level == pytest.approx(1 - 0.05 * 2 / 4)
    estimate = one.disparity.estimate
    low, high = stats.t.interval(one.selective.level, estimate.df, estimate.value, estimate.se)
    assert (one.selective.low, one.selective.high) == pytest.approx((low, high))
    assert one.selective.low < estimate.low < estimate.high < one.selective.high
    assert got["c"].selective is None
    assert got["e"].selective is None


def test_what_has_another_unit_is_not_shrunk_together(made, world):
    """One family of the whole run holds log-odds and log amounts; a mean of both means nothing."""
    suites = {"employment/shortlisting.en": world.suite(["case-1"])}
    cells = [made.disparity(made.estimate(v), group=f"g{v}") for v in (0.1, 0.2, 0.9)]
    cells += [
        made.disparity(made.estimate(v), group=f"g{v}", outcome="number", metric="log_amount")
        for v in (7.0, 8.0, 9.0)
    ]
    policy = POLICY.model_copy(update={"families": ()})
    found = detect(cells, policy, suites, {})
    assert {one.family_size for one in found} == {6}
    assert {one.shrunken.cells for one in found} == {3}
    assert max(one.shrunken.mean for one in found[:3]) < 1 < found[-1].shrunken.mean


def test_shrunken_estimates_stand_beside_raw_ones(found):
    values = {"a": 0.9, "b": -0.7, "c": 0.01, "d": 0.02}
    got = found({**values, "e": None})
    pooled = pool(list(values.values()), [0.05] * 4)
    for (group, value), weight in zip(values.items(), pooled.weights, strict=True):
        new = got[group].shrunken
        assert new.value == pytest.approx(pooled.mean + weight * (value - pooled.mean))
        assert new.cells == 4
        assert abs(new.value - pooled.mean) < abs(value - pooled.mean)
    assert got["e"].shrunken is None
    assert found({"a": 0.9, "b": 0.1})["a"].shrunken is None


def test_an_estimate_that_does_not_vary_is_not_shrunk(made, world):
    suites = {"employment/shortlisting.en": world.suite(["case-1"])}
    flat = made.estimate(0.5).model_copy(
        update={"se": 0.0, "low": 0.5, "high": 0.5, "low90": 0.5, "high90": 0.5, "p": 0.001}
    )
    cells = [made.disparity(made.estimate(v), group=str(v)) for v in (0.1, 0.2, 0.3)]
    got = detect([*cells, made.disparity(flat, group="flat")], POLICY, suites, {})
    assert got[3].shrunken is None
    assert (got[3].selective.low, got[3].selective.high) == (0.5, 0.5)
    assert got[0].shrunken.cells == 3


def test_what_is_not_primary_is_explored_by_family(made):
    secondary = [
        made.disparity(made.estimate(v), primary=False, metric="answer_mass", group=str(v))
        for v in (0.01, 0.13, 0.4)
    ]
    other = made.disparity(made.estimate(0.13), primary=False, metric="expected_level")
    silent = made.disparity(Undefined(reason="x"), primary=False, metric="answer_mass", group="s")
    primary = made.disparity(made.estimate(0.4))
    got = {(e.metric, e.group): e for e in explore([*secondary, other, silent, primary])}
    assert len(got) == 4
    p = [d.estimate.p for d in secondary]
    q = stats.false_discovery_control(p)
    assert [got["answer_mass", d.group].q for d in secondary] == pytest.approx(q)
    assert got["expected_level", "muslim"].q == pytest.approx(other.estimate.p)
    assert all(e.status == "exploratory" for e in got.values())
    assert [got["answer_mass", d.group].tested for d in secondary] == [3, 3, 3]
