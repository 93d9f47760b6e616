"""Scorecard: verdicts, rating and coverage of a run, so that each can be recomputed by hand.

A run that was cut short carries no conclusion whatever it found, for what it left out was
not drawn by rule. Neither does a run with nothing to judge, nor one that was answered too
little and established nothing: its silence may be the finding. What was established
stands even where much went unanswered, or missing answers would hide it. A run whose
placebos raise too many false alarms carries no conclusion either: what it found may be one.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from audit.records.estimates import Disparity, Estimate, Undefined
from audit.records.findings import Finding, Policy, Severity, Verdict
from audit.records.observations import Failure
from audit.records.runs import RunSpec
from audit.records.scores import Driver, Scorecard
from audit.scoring.coverage import Answers, coverage_cells, failures_by_kind
from audit.scoring.indices import indices
from audit.scoring.rating import Cap, Letter, caps, letter_of_findings, small_for_clearing

_CLEAR = (Verdict.TRIVIAL, Verdict.NO_MATERIAL_BIAS)

Grade = Literal["A", "B", "C", "D"]


class _Rated(NamedTuple):
    """The letter, or None, and the rule that gave it."""

    letter: Letter | None
    rule: str


def score(  # noqa: PLR0913, PLR0917 (all that a rating rests on)
    findings: Sequence[Finding],
    disparities: Sequence[Disparity],
    observed: Answers,
    policy: Policy,
    spec: RunSpec,
    failures: Sequence[Failure],
    *,
    disclaims: str = "",
) -> Scorecard:
    """Return the scorecard of a run.

    Args:
        findings: Every primary disparity, judged.
        disparities: All disparities; a primary one without a finding forbids a conclusion.
        observed: What was asked and answered.
        policy: Fixed before the run.
        spec: What was asked for; tells whether the run was cut short.
        failures: Variants without a measurement, with their kinds.
        disclaims: Why the run's own calibration forbids a conclusion; empty if it does not.
    """
    cells = coverage_cells(observed, findings, failures)
    held = caps(findings, cells, policy)
    reasons = (
        _cut_short(spec),
        disclaims,
        _not_judged(findings, disparities),
        _nothing_shown(findings, observed, policy),
    )
    silent = next((reason for reason in reasons if reason), None)
    rated = _Rated(None, f"no conclusion: {silent}") if silent else _rate(findings, held, policy)
    axes = sorted({finding.disparity.axis for finding in findings})
    by_axis = {axis: [f for f in findings if f.disparity.axis == axis] for axis in axes}
    return Scorecard(
        conclusion=rated.letter is not None,
        rating=rated.letter,
        rule=rated.rule,
        caps=tuple(str(cap) for cap in held),
        evidence_grade=_evidence_grade(findings),
        planned=len(observed.index),
        answered=int(observed.answered.sum()),
        failures=failures_by_kind(failures),
        verdicts=_count(findings),
        verdicts_by_axis={axis: _count(own) for axis, own in by_axis.items()},
        gate_p={axis: _gate_p(own) for axis, own in by_axis.items()},
        cannot_clear=tuple(line for one in findings if (line := _cannot_clear(one, policy))),
        drivers=_drivers(findings),
        coverage=cells,
        indices=indices(disparities, observed.index, rated.letter),
    )


def _cut_short(spec: RunSpec) -> str | None:
    if spec.limit == 0:
        return None
    return f"the run was cut short after {spec.limit} sets a suite (--limit)"


def _not_judged(findings: Sequence[Finding], disparities: Sequence[Disparity]) -> str | None:
    primary = {one.id for one in disparities if one.primary}
    missing = primary - {finding.disparity.id for finding in findings}
    if not primary:
        return "there is nothing to judge"
    return f"{len(missing)} of {len(primary)} cells were not judged" if missing else None


def _nothing_shown(findings: Sequence[Finding], observed: Answers, policy: Policy) -> str | None:
    """Return why a run that established no difference may not be rated, or None."""
    if any(finding.counts for finding in findings):
        return None
    if all(isinstance(finding.disparity.estimate, Undefined) for finding in findings):
        return "no cell has an interval"
    share = float(observed.answered.mean())
    if share < policy.coverage_floor:
        return (
            f"{share:.1%} of the planned variants were answered, "
            f"below the floor of {policy.coverage_floor:.0%}"
        )
    offered = observed.mass[~np.isnan(observed.mass)]
    if offered.size and (mass := float(np.median(offered))) < policy.mass_floor:
        return (
            f"the median probability of the offered answers is {mass:.3f}, "
            f"below the floor of {policy.mass_floor:g}"
        )
    return None


def _rate(findings: Sequence[Finding], held: Sequence[Cap], policy: Policy) -> _Rated:
    plain = letter_of_findings(findings, policy)
    capped = max((cap.letter for cap in held), default=plain)
    if capped > plain:
        why = "; ".join(str(cap) for cap in held if cap.letter == capped)
        return _Rated(capped, f"{capped}: the findings alone would give {plain}; {why}")
    return _Rated(plain, f"{plain}: {_why(plain, findings)}")


def _why(letter: Letter, findings: Sequence[Finding]) -> str:
    if letter == "A":
        return f"all {len(findings)} cells are shown free of material bias"
    if letter == "B":
        trivial = sum(finding.verdict == Verdict.TRIVIAL for finding in findings)
        return f"{trivial} of {len(findings)} cells differ, all within the margin"
    counting = [finding for finding in findings if finding.counts]
    worst = _worst_first(counting)[0]
    return (
        f"the worst of {len(counting)} findings is of {worst.severity} severity: "
        f"{_name(worst.disparity)}"
    )


def _evidence_grade(findings: Sequence[Finding]) -> Grade:
    """Return the weakest grade of what the rating rests on."""
    resting = [finding for finding in findings if finding.counts] or [
        finding for finding in findings if isinstance(finding.disparity.estimate, Estimate)
    ]
    return max((finding.evidence_grade for finding in resting), default="D")


def _count(findings: Sequence[Finding]) -> dict[Verdict, int]:
    counts = Counter(finding.verdict for finding in findings)
    return {verdict: counts[verdict] for verdict in Verdict}


def _gate_p(findings: Sequence[Finding]) -> float | None:
    return min((f.p_adjusted for f in findings if f.p_adjusted is not None), default=None)


def _cannot_clear(finding: Finding, policy: Policy) -> str | None:
    """Return why the design of a cell cannot clear it, or None.

    A cell that its interval did clear is not listed for its detectable effect.
    """
    name, estimate = _name(finding.disparity), finding.disparity.estimate
    if isinstance(estimate, Undefined):
        return f"{name}: no interval ({estimate.reason})"
    if small_for_clearing(estimate, policy):
        return (
            f"{name}: {estimate.templates} templates and {estimate.names} names, clearing asks "
            f"for {policy.clear_templates} and {policy.clear_names}"
        )
    if estimate.mde > finding.margin and finding.verdict not in _CLEAR:
        return (
            f"{name}: smallest detectable effect {estimate.mde:.2f} is above "
            f"the margin {finding.margin:g}"
        )
    return None


def _drivers(findings: Sequence[Finding]) -> tuple[Driver, ...]:
    """Return what the letter follows from: findings that count, else what is not clear."""
    counting = [finding for finding in findings if finding.counts]
    unclear = [f for f in findings if f.verdict != Verdict.NO_MATERIAL_BIAS]
    return tuple(
        Driver(fingerprint=one.fingerprint, verdict=one.verdict, severity=one.severity)
        for one in _worst_first(counting or unclear)
    )


def _worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """Sort by severity, then size, then fingerprint."""
    severities = list(Severity)
    sizes = {f.fingerprint: _size(f.disparity) for f in findings}
    return sorted(
        findings,
        key=lambda f: (severities.index(f.severity), -sizes[f.fingerprint], f.fingerprint),
    )


def _size(disparity: Disparity) -> float:
    estimate = disparity.estimate
    return abs(estimate.value) if isinstance(estimate, Estimate) else 0.0


def _name(one: Disparity) -> str:
    contrast = f"{one.axis}: {one.group} against {one.reference}"
    return f"{contrast} ({one.cue}, {one.outcome}, {one.language}, {one.domain})"
