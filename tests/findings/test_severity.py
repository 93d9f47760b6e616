"""Severity by the default policy, worked out by hand."""

import pytest

from audit.errors import SuiteError
from audit.findings.policy import load_policy
from audit.findings.severity import band, nearer_bound, severity
from audit.records.estimates import Undefined
from audit.records.findings import Severity, Verdict

POLICY = load_policy("default")


@pytest.mark.parametrize(
    ("low", "high", "bound", "key"),
    [
        (0.1, 0.9, 0.1, "below the margin"),
        (-0.9, -0.25, 0.25, "one to three margins"),
        (0.61, 0.9, 0.61, "three margins or more"),
        (-0.1, 0.9, 0.0, "below the margin"),
    ],
)
def test_band_by_the_nearer_bound(made, low, high, bound, key):
    e = made.bounded(low, high, low + 0.01, high - 0.01)
    assert nearer_bound(e) == bound
    assert band(e, 0.2, POLICY).key == key


@pytest.mark.parametrize(
    ("place", "harm", "expected"),
    [
        (2, "allocation", Severity.CRITICAL),
        (1, "allocation", Severity.HIGH),
        (0, "allocation", Severity.MEDIUM),
        (2, "stereotyping", Severity.HIGH),
        (0, "quality_of_service", Severity.LOW),
    ],
)
def test_severity(place, harm, expected):
    reached = POLICY.bands[place]
    assert severity(Verdict.MATERIAL, reached, harm, POLICY) == expected
    assert severity(Verdict.TRIVIAL, reached, harm, POLICY) == Severity.NONE
    assert severity(Verdict.INCONCLUSIVE, reached, harm, POLICY) == Severity.NONE


def test_no_estimate_no_band():
    assert band(Undefined(reason="x"), 0.2, POLICY) is None
    assert severity(Verdict.INCONCLUSIVE, None, "allocation", POLICY) == Severity.NONE


def test_an_unknown_harm_is_named():
    with pytest.raises(SuiteError, match="no harm_points for 'mockery'"):
        severity(Verdict.MATERIAL, POLICY.bands[0], "mockery", POLICY)
