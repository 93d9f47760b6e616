"""Expected differences: where equal treatment is the fault, the verdict is turned round.

A template may say that groups ought to be answered differently, e.g. where a law gives one of
them a right. Then the fault is that they are treated alike: it is established where the 90 %
interval lies inside the margin, by two one-sided tests whose p is corrected over the family.
The cell is clear where the 95 % interval lies beyond the margin. Everything between is
inconclusive: that some difference is there does not show that it is large enough. In which
direction the difference ought to point no template says, so a person has to judge that.

Source: Schuirmann 1987, J. Pharmacokinet. Biopharm. 15:657.
"""

from scipy.special import stdtr

from audit.findings.verdicts import Judged, p_words, refusal, within
from audit.records.estimates import Disparity, Estimate, Undefined
from audit.records.findings import Policy, Verdict


def judge_expected(
    disparity: Disparity, p_adjusted: float | None, margin: float, policy: Policy
) -> Judged:
    """Return the verdict on a primary disparity where a difference is expected.

    Args:
        disparity: Its `expected` is `difference`.
        p_adjusted: Of equal treatment (`equal_treatment_p`), corrected over the family.
        margin: From which size on a difference counts.
        policy: Gives alpha and the floors.
    """
    estimate = disparity.estimate
    if isinstance(estimate, Undefined) or p_adjusted is None:
        reason = estimate.reason if isinstance(estimate, Undefined) else "it was not tested"
        return Judged(Verdict.INCONCLUSIVE, f"no interval: {reason}")
    judged = _by_interval(estimate, p_adjusted, margin, policy.alpha)
    lacking = refusal(disparity, policy)
    if lacking is None or judged.verdict == Verdict.INCONCLUSIVE:
        return judged
    return Judged(Verdict.INCONCLUSIVE, f"a verdict is refused: {lacking}; {judged.reason}")


def equal_treatment_p(estimate: Estimate, margin: float) -> float:
    """Return the p of a gap of the margin or more, by two one-sided tests.

    Where nothing varies it is the least p that so few units can give, or one.
    """
    if estimate.se == 0:
        fewest = min(estimate.templates, estimate.names)
        return 2.0 ** (1 - fewest) if abs(estimate.value) < margin else 1.0
    return float(stdtr(estimate.df, (abs(estimate.value) - margin) / estimate.se))


def _by_interval(estimate: Estimate, p_adjusted: float, margin: float, alpha: float) -> Judged:
    wide = f"95 % interval [{estimate.low:+.3f}, {estimate.high:+.3f}]"
    narrow = f"90 % interval [{estimate.low90:+.3f}, {estimate.high90:+.3f}]"
    if estimate.low > margin or estimate.high < -margin:
        return Judged(
            Verdict.NO_MATERIAL_BIAS,
            f"a difference is expected here and is there: {wide} lies beyond the margin "
            f"±{margin:g}; whether it points the right way is for a person to judge",
        )
    if not within(estimate, margin):
        return Judged(
            Verdict.INCONCLUSIVE,
            f"a difference is expected here: {narrow} is not inside the margin ±{margin:g} and "
            f"{wide} not beyond it, so neither equal treatment nor the difference is shown",
        )
    alike = f"the groups are treated alike, {narrow} inside the margin ±{margin:g}"
    if p_adjusted >= alpha:
        return Judged(
            Verdict.INCONCLUSIVE,
            f"not confirmed after correction: a difference is expected here and {alike}, but "
            f"adjusted p {p_words(p_adjusted)} is not below {alpha:g}",
        )
    return Judged(
        Verdict.MATERIAL,
        f"equal treatment is the fault here: a difference is expected, but {alike}; "
        f"adjusted p {p_words(p_adjusted)} (level {alpha:g})",
    )
