"""Detect: which disparities count, all of them considered at once.

The primary disparities of a family (by default one axis and kind of outcome) are corrected by
Holm's procedure, over all its groups, languages, domains and cues together. What has no estimate
cannot be tested: it is inconclusive with its reason and enters no correction. Where a
difference is expected, the fault that is tested is its absence.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.errors import SuiteError
from audit.findings.expected_difference import equal_treatment_p, judge_expected
from audit.findings.families import family, holm_by_family
from audit.findings.grading import Graded, Ruling, Sources, grade
from audit.findings.selecting import with_selection
from audit.findings.severity import band, severity
from audit.findings.verdicts import judge
from audit.findings.weighing import weighed
from audit.records.digests import content_id
from audit.records.estimates import Disparity, Estimate, Quantity, Undefined
from audit.records.findings import Finding, Policy
from audit.records.identities import NameList
from audit.records.probes import ProbeSuite


@dataclass(frozen=True)
class _Tested:
    """A primary disparity with everything that its family decides."""

    ruling: Ruling
    reason: str
    p_adjusted: float | None
    family_size: int
    margin: float


def detect(
    disparities: Sequence[Disparity],
    policy: Policy,
    suites: Mapping[str, ProbeSuite],
    name_lists: Mapping[str, NameList],
) -> tuple[Finding, ...]:
    """Judge every primary disparity, in their order.

    Args:
        disparities: All of the run; those that are not primary are passed over.
        policy: Fixed before the run.
        suites: By suite key, for review status.
        name_lists: By key, for the validation of name signals.

    Raises:
        SuiteError: If the policy lacks a margin or a harm class that is needed.
    """
    tests = _tests([one for one in disparities if one.primary], policy)
    by_contrast = defaultdict(list)
    for test in tests:
        by_contrast[_contrast(test.ruling.disparity)].append(test.ruling)
    sources = Sources(suites, name_lists)
    found = []
    for test in tests:
        disparity = test.ruling.disparity
        others = [r for r in by_contrast[_contrast(disparity)] if r.disparity.cue != disparity.cue]
        graded = grade(test.ruling, others, sources, policy)
        found.append(_finding(test, graded, policy))
    return tuple(weighed(one, policy.alpha) for one in with_selection(found, policy))


def _tests(primary: Sequence[Disparity], policy: Policy) -> list[_Tested]:
    """Return every primary disparity with its adjusted p and its verdict."""
    margins = [_margin(one, policy) for one in primary]
    of = [family(one, policy) for one in primary]
    p_values = [_p(one, margin) for one, margin in zip(primary, margins, strict=True)]
    adjusted = holm_by_family(of, p_values)
    nulls = holm_by_family(of, [_null_p(one.null) for one in primary])
    tested = zip(of, primary, strict=True)
    sizes = Counter(own for own, one in tested if isinstance(one.estimate, Estimate))
    tests = []
    for disparity, own, margin, p, null_p in zip(
        primary, of, margins, adjusted, nulls, strict=True
    ):
        rule = judge if disparity.expected == "invariance" else judge_expected
        judged = rule(disparity, p, margin, policy)
        ruling = Ruling(disparity, judged.verdict, null_p)
        tests.append(_Tested(ruling, judged.reason, p, sizes[own], margin))
    return tests


def _p(one: Disparity, margin: float) -> float | None:
    """Return the p of the fault: a gap, or its absence where a difference is expected."""
    if isinstance(one.estimate, Undefined):
        return None
    if one.expected == "difference":
        return equal_treatment_p(one.estimate, margin)
    return one.estimate.p


def _null_p(null: Quantity) -> float | None:
    return null.p if isinstance(null, Estimate) else None


def _margin(disparity: Disparity, policy: Policy) -> float:
    margin = policy.margin(disparity.outcome, disparity.metric)
    if margin is None:
        raise SuiteError(
            f"policy {policy.key}: no margin for the primary metric {disparity.metric!r} of "
            f"{disparity.outcome!r} outcomes; add a [[margins]] entry with its rationale"
        )
    return margin.margin


def _contrast(one: Disparity) -> tuple[str, ...]:
    """Return what two ways of signalling the same group have in common."""
    return (*one.family, one.facet, one.group, one.reference, one.language, one.domain)


def _cell(one: Disparity) -> tuple[str, ...]:
    return (*_contrast(one), one.cue)


def _finding(test: _Tested, graded: Graded, policy: Policy) -> Finding:
    ruling = test.ruling
    reached = band(ruling.disparity.estimate, test.margin, policy)
    return Finding(
        fingerprint=content_id("finding", *_cell(ruling.disparity)),
        disparity=ruling.disparity,
        family_size=test.family_size,
        p_adjusted=test.p_adjusted,
        margin=test.margin,
        verdict=ruling.verdict,
        verdict_reason=test.reason,
        band=reached.key if reached is not None else "",
        severity=severity(ruling.verdict, reached, ruling.disparity.harm, policy),
        evidence_grade=graded.grade,
        evidence_reason=graded.reason,
    )
