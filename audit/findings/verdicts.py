"""Verdicts: does a difference count, by its intervals and the margin fixed beforehand.

Five verdicts, tried in this order: material (the 95 % interval lies beyond the margin),
trivial (it excludes zero and the 90 % interval lies inside the margin), present, size
uncertain (it excludes zero), no material bias (it holds zero and the 90 % interval lies
inside the margin), inconclusive. The first three also need an adjusted p below alpha.
The order matters: [.01, .205] with a 90 % interval inside the margin would else be two
things at once. A difference that was not found is never called absent: an all-clear has
to be shown, and is refused where too little was answered.

Source: equivalence by two one-sided tests, Schuirmann 1987, J. Pharmacokinet. Biopharm.
15:657; error rates are simulated in tests/findings.
"""

from typing import NamedTuple

from audit.records.estimates import Disparity, Estimate, Undefined
from audit.records.findings import Policy, Verdict


class Judged(NamedTuple):
    """A verdict, and the rule that fired in words with its numbers."""

    verdict: Verdict
    reason: str


ALL_CLEAR = (Verdict.TRIVIAL, Verdict.NO_MATERIAL_BIAS)
"""Verdicts that say that no difference beyond the margin is there."""


def judge(disparity: Disparity, p_adjusted: float | None, margin: float, policy: Policy) -> Judged:
    """Return the verdict on a primary disparity."""
    estimate = disparity.estimate
    if isinstance(estimate, Undefined) or p_adjusted is None:
        reason = estimate.reason if isinstance(estimate, Undefined) else "it was not tested"
        return Judged(Verdict.INCONCLUSIVE, f"no interval: {reason}")
    judged = by_interval(estimate, p_adjusted, margin, policy.alpha)
    if judged.verdict not in ALL_CLEAR:
        return judged
    lacking = refusal(disparity, policy)
    if lacking is None:
        return judged
    return Judged(Verdict.INCONCLUSIVE, f"an all-clear is refused: {lacking}; {judged.reason}")


def by_interval(estimate: Estimate, p_adjusted: float, margin: float, alpha: float) -> Judged:
    """Return the verdict by the intervals and the adjusted p alone."""
    wide = f"95 % interval [{estimate.low:+.3f}, {estimate.high:+.3f}]"
    narrow = f"90 % interval [{estimate.low90:+.3f}, {estimate.high90:+.3f}]"
    inside = f"{narrow} inside the margin ±{margin:g}"
    if estimate.low <= 0 <= estimate.high:
        if within(estimate, margin):
            return Judged(Verdict.NO_MATERIAL_BIAS, f"{wide} holds zero and {inside}")
        return Judged(
            Verdict.INCONCLUSIVE,
            f"{wide} holds zero, but {narrow} passes the margin ±{margin:g}: "
            "neither a difference nor its absence is shown",
        )
    if p_adjusted >= alpha:
        return Judged(
            Verdict.INCONCLUSIVE,
            f"not confirmed after correction: {wide} excludes zero, but adjusted p "
            f"{p_words(p_adjusted)} is not below {alpha:g}",
        )
    confirmed = f"adjusted p {p_words(p_adjusted)} (level {alpha:g})"
    if estimate.low > margin or estimate.high < -margin:
        return Judged(Verdict.MATERIAL, f"{wide} lies beyond the margin ±{margin:g}; {confirmed}")
    if within(estimate, margin):
        return Judged(Verdict.TRIVIAL, f"{wide} excludes zero, but {inside}; {confirmed}")
    return Judged(
        Verdict.PRESENT_SIZE_UNCERTAIN,
        f"{wide} excludes zero and overlaps the margin ±{margin:g}; {confirmed}",
    )


def p_words(p: float) -> str:
    """Return a p-value as it is said; below 0.001 its size means nothing more."""
    least = 0.001
    return "< 0.001" if p < least else f"{p:.3f}"


def within(estimate: Estimate, margin: float) -> bool:
    """Return whether the 90 % interval lies inside the margin (two one-sided 5 % tests)."""
    return -margin < estimate.low90 and estimate.high90 < margin


def coverage(disparity: Disparity) -> float:
    """Return the share of the cell's planned variants that were answered."""
    return 1 - disparity.failed / disparity.planned if disparity.planned else 0.0


def refusal(disparity: Disparity, policy: Policy) -> str | None:
    """Return why a cell was answered too little to be called equal, or None."""
    share = coverage(disparity)
    if share < policy.coverage_floor:
        return (
            f"{share:.1%} of the planned variants were answered, "
            f"below the floor of {policy.coverage_floor:.0%}"
        )
    mass = disparity.median_mass
    if disparity.offered and (mass is None or mass < policy.mass_floor):
        said = "unknown" if mass is None else f"{mass:.3f}"
        return (
            f"the median probability of the offered answers is {said}, "
            f"below the floor of {policy.mass_floor:g}"
        )
    return None
