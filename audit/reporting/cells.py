"""Cells: which findings and disparities speak of the same comparison, and in what order.

The worst come first: by severity, then by the size of the effect in margins, then by
fingerprint, so that the order never depends on how the run was stored.
"""

from collections import defaultdict
from collections.abc import Iterable

from audit.records.estimates import Disparity, Estimate
from audit.records.findings import Finding, Severity, Verdict

Cell = tuple[str, str, str, str, str, str, str]

_SEVERITY = {severity: place for place, severity in enumerate(Severity)}
_VERDICT = {
    verdict: place
    for place, verdict in enumerate(
        (
            Verdict.MATERIAL,
            Verdict.PRESENT_SIZE_UNCERTAIN,
            Verdict.INCONCLUSIVE,
            Verdict.TRIVIAL,
            Verdict.NO_MATERIAL_BIAS,
        )
    )
}


def cell(of: Disparity) -> Cell:
    """Return what a disparity compares, whatever the metric."""
    return (of.axis, of.cue, of.group, of.reference, of.language, of.domain, of.outcome)


def by_cell(disparities: Iterable[Disparity]) -> dict[Cell, list[Disparity]]:
    """Return the disparities that are not primary, by cell."""
    found: dict[Cell, list[Disparity]] = defaultdict(list)
    for disparity in disparities:
        if not disparity.primary:
            found[cell(disparity)].append(disparity)
    return {key: sorted(rows, key=lambda d: (d.metric, d.facet)) for key, rows in found.items()}


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, the worst first."""
    return tuple(sorted(findings, key=_badness))


def with_verdict(findings: Iterable[Finding], *verdicts: Verdict) -> tuple[Finding, ...]:
    """Return the findings with one of the verdicts, the worst first."""
    return worst_first(finding for finding in findings if finding.verdict in verdicts)


def in_order(disparities: Iterable[Disparity]) -> tuple[Disparity, ...]:
    """Return the disparities by cell, those that are judged before the others."""
    return tuple(
        sorted(disparities, key=lambda d: (not d.primary, cell(d), d.metric, d.facet, d.id))
    )


def gravest(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Return verdicts in the order in which a reader should see them."""
    return tuple(sorted(verdicts, key=_VERDICT.__getitem__))


def _badness(finding: Finding) -> tuple[int, int, float, str]:
    estimate = finding.disparity.estimate
    size = abs(estimate.value) / finding.margin if isinstance(estimate, Estimate) else 0.0
    return (
        _VERDICT[finding.verdict] if not finding.counts else 0,
        _SEVERITY[finding.severity],
        -size,
        finding.fingerprint,
    )
