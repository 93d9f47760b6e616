"""The verdict rule, against its table; and its error rates, by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.findings.policy import load_policy
from audit.findings.verdicts import ALL_CLEAR, by_interval, judge
from audit.records.estimates import Undefined
from audit.records.findings import Verdict
from audit.stats.crossed import Floor, paired

POLICY = load_policy("default")
M, T, P, N, I = Verdict  # noqa: E741 (material, trivial, present, none, inconclusive)


@pytest.mark.parametrize(
    ("bounds", "p", "verdict"),
    [
        ((0.21, 0.9, 0.25, 0.8), 0.01, M),
        ((-0.9, -0.21, -0.8, -0.25), 0.01, M),
        ((0.21, 0.9, 0.25, 0.8), 0.05, I),
        ((0.20, 0.9, 0.25, 0.8), 0.01, P),
        ((0.01, 0.205, 0.03, 0.19), 0.01, T),
        ((0.01, 0.205, 0.03, 0.19), 0.2, I),
        ((0.01, 0.3, 0.03, 0.25), 0.01, P),
        ((0.01, 0.3, 0.03, 0.25), 0.05, I),
        ((-0.01, 0.15, 0.01, 0.12), 0.9, N),
        ((-0.15, 0.15, -0.1, 0.12), 1.0, N),
        ((-0.15, 0.3, -0.1, 0.25), 1.0, I),
        ((-0.3, 0.1, -0.25, 0.05), 1.0, I),
        ((0.0, 0.1, 0.02, 0.08), 0.001, N),
    ],
)
def test_table(made, bounds, p, verdict):
    got = by_interval(made.bounded(*bounds), p, 0.2, 0.05)
    assert got.verdict == verdict
    assert "no bias" not in got.reason


def slow(e, p, margin, alpha):
    """The rule as the statistics note words it, in its order."""
    excludes = e.low > 0 or e.high < 0
    inside = e.low90 > -margin and e.high90 < margin
    confirmed = p < alpha
    if (e.low > margin or e.high < -margin) and confirmed:
        return M
    if excludes and inside and confirmed:
        return T
    if excludes and confirmed:
        return P
    if not excludes and inside:
        return N
    return I


@given(st.floats(-1, 1), st.floats(0.001, 0.5), st.floats(2, 100), st.floats(0, 1))
def test_is_the_rule(made, value, se, df, p):
    e = made.estimate(value, se, df)
    assert by_interval(e, p, 0.2, 0.05).verdict == slow(e, p, 0.2, 0.05)


def test_not_confirmed_says_so(made):
    got = by_interval(made.estimate(0.12, 0.05), 0.2, 0.2, 0.05)
    assert "not confirmed after correction" in got.reason
    assert "0.2" in got.reason


@pytest.mark.parametrize("value", [0.0, 0.11])
@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"failed": 21}, "79.0%"),
        ({"median_mass": 0.4}, "0.400"),
        ({"median_mass": None}, "unknown"),
    ],
)
def test_an_all_clear_is_refused(made, value, changes, word):
    enough = made.disparity(made.estimate(value, 0.03))
    assert judge(enough, 0.001, 0.2, POLICY).verdict in ALL_CLEAR
    got = judge(made.disparity(made.estimate(value, 0.03), **changes), 0.001, 0.2, POLICY)
    assert got.verdict == I
    assert "refused" in got.reason
    assert word in got.reason


def test_what_is_found_stands_even_where_much_is_missing(made):
    found = made.disparity(made.estimate(0.9), failed=90, median_mass=0.1)
    assert judge(found, 0.001, 0.2, POLICY).verdict == M


def test_undefined_is_inconclusive_with_its_reason(made):
    got = judge(made.disparity(Undefined(reason="2 templates")), None, 0.2, POLICY)
    assert got == (I, "no interval: 2 templates")


def test_a_model_that_does_not_react_is_not_cleared(made):
    """It may not have read the case; answers that move a little without a gap are cleared."""
    same = judge(made.disparity(paired(np.zeros((20, 10)), floor=Floor(4, 3))), 1.0, 0.2, POLICY)
    assert same.verdict == I
    assert "answers tie exactly" in same.reason
    little = 0.01 * np.random.default_rng(0).standard_normal((20, 10))
    assert judge(made.disparity(paired(little, floor=Floor(4, 3))), 1.0, 0.2, POLICY).verdict == N


@pytest.mark.parametrize(("T", "N_names", "sd"), [(20, 10, (0.3, 0.2)), (60, 20, (0.3, 0.2))])
def test_wrong_all_clear_at_the_margin(T, N_names, sd):
    """A true gap of one margin is cleared in about 5 %; none at all is cleared far oftener."""
    rng = np.random.default_rng(11)
    wrong = right = 0
    for _ in range(1500):
        d = (
            sd[0] * rng.standard_normal((T, 1))
            + sd[1] * rng.standard_normal((1, N_names))
            + rng.standard_normal((T, N_names))
        )
        for gap in (0.0, 0.2):
            e = paired(d + gap, floor=Floor(4, 3))
            cleared = by_interval(e, e.p, 0.2, 0.05).verdict in ALL_CLEAR
            wrong, right = wrong + (cleared and gap > 0), right + (cleared and gap == 0)
    assert wrong / 1500 <= 0.065
    assert right / 1500 > (0.7 if T == 60 else 0.05)
