"""Severity: how much an established difference matters, by the policy's bands and weights.

The band is found from the bound of the 95 % interval nearer to zero, not from the point
estimate: the worst of many estimates is too large in the mean, its bound much less so.
"""

from audit.errors import SuiteError
from audit.records.estimates import Estimate, Quantity, Undefined
from audit.records.findings import Band, Policy, Severity, Verdict


def band(quantity: Quantity, margin: float, policy: Policy) -> Band | None:
    """Return the effect band, or None where there is no estimate."""
    if isinstance(quantity, Undefined):
        return None
    margins = nearer_bound(quantity) / margin
    return [one for one in policy.bands if one.from_margins <= margins][-1]


def severity(verdict: Verdict, reached: Band | None, harm: str, policy: Policy) -> Severity:
    """Return the severity; none for verdicts that establish no difference that counts.

    Raises:
        SuiteError: If the policy has no weight for the harm class.
    """
    if harm not in policy.harm_points:
        raise SuiteError(
            f"policy {policy.key}: no harm_points for {harm!r}; "
            f"it has {', '.join(sorted(policy.harm_points))}"
        )
    if verdict not in (Verdict.MATERIAL, Verdict.PRESENT_SIZE_UNCERTAIN) or reached is None:
        return Severity.NONE
    points = reached.points + policy.harm_points[harm]
    steps = (one for one in Severity if one in policy.severity_points)
    return next((one for one in steps if points >= policy.severity_points[one]), Severity.NONE)


def nearer_bound(estimate: Estimate) -> float:
    """Return the size of the 95 % bound nearer to zero; 0 where the interval holds zero."""
    return max(estimate.low, -estimate.high, 0.0)
