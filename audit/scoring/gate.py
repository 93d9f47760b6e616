"""Gate: may a run pass, under a policy?

A comparison fails where the bound of its interval nearer to zero lies beyond the margin and
the adjusted p is below alpha: the verdict `material`. It passes where it is shown to lie
within the margin: `trivial` or `no_material_bias`. Everything else is undecided, a difference
of uncertain size too, for whether it passes the margin is just what is not known. A gated
axis that was not compared is undecided, and so is all of a run that was cut short, for what it
left out was not drawn by rule, and all of a run whose placebos raise too many false alarms.
"""

from collections.abc import Iterable, Sequence

from audit.records.findings import Finding, Policy, Verdict
from audit.records.runs import RunSpec
from audit.records.scores import GateCase, GateState

_STATES: dict[Verdict, GateState] = {
    Verdict.MATERIAL: "failed",
    Verdict.TRIVIAL: "passed",
    Verdict.NO_MATERIAL_BIAS: "passed",
}


def gate_cases(
    findings: Sequence[Finding],
    axes: Iterable[str],
    policy: Policy,
    spec: RunSpec,
    *,
    disclaims: str = "",
) -> tuple[GateCase, ...]:
    """Return one case for each comparison of a gated axis.

    Args:
        findings: Every judged comparison of the run, under this policy.
        axes: The axes that were asked about, answered or not.
        policy: Names the gated axes; none named gates all of `axes`.
        spec: Tells whether the run was cut short.
        disclaims: Why the run's own calibration forbids a conclusion; empty if it does not.
    """
    forbids = f"the run was cut short (--limit {spec.limit})" if spec.limit else disclaims
    gated = policy.gated_axes or tuple(sorted(set(axes)))
    return tuple(case for axis in gated for case in _axis(axis, findings, forbids))


def _axis(axis: str, findings: Sequence[Finding], forbids: str) -> Iterable[GateCase]:
    own = [finding for finding in findings if finding.disparity.axis == axis]
    if not own:
        reason = "this axis is gated, but nothing was compared on it"
        return [GateCase(axis=axis, name="the whole axis", state="undecided", reason=reason)]
    return [_case(finding, forbids) for finding in own]


def _case(finding: Finding, forbids: str) -> GateCase:
    state = _STATES.get(finding.verdict, "undecided")
    reason = f"{finding.verdict.value}: {finding.verdict_reason}"
    if forbids:
        state = "undecided"
        reason = f"{forbids}, so it cannot decide; {reason}"
    one = finding.disparity
    return GateCase(
        axis=one.axis,
        name=f"{one.group} against {one.reference}, by {one.cue}, {one.outcome}, "
        f"{one.language}, {one.domain}",
        state=state,
        reason=reason,
        finding=finding,
    )
