"""Ranking: which finding comes first wherever findings are listed.

By severity, then by the size of the estimate, then by fingerprint, so that no tie is left.
"""

from collections.abc import Iterable

from audit.records.estimates import Estimate
from audit.records.findings import Finding, Severity


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=_place)


def size(finding: Finding) -> float:
    """Return the size of the estimate; 0 where there is none."""
    estimate = finding.disparity.estimate
    return abs(estimate.value) if isinstance(estimate, Estimate) else 0.0


def _place(finding: Finding) -> tuple[int, float, str]:
    return (list(Severity).index(finding.severity), -size(finding), finding.fingerprint)
