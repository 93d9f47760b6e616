"""Weighing: what speaks for a finding and what against it, by rule, beside its verdict.

No sentence here changes a verdict. Each states one comparison from the disparity's context:
the gap to the mean of all groups, the same-group swap, other methods, a rewording, what was
not answered.
"""

from collections.abc import Iterator
from typing import NamedTuple

from audit.records.context import (
    Bounds,
    Context,
    MarginalModel,
    MixedModel,
    Rewording,
    Robustness,
)
from audit.records.estimates import Disparity, Estimate
from audit.records.findings import Finding


class Said(NamedTuple):
    """One sentence, and whether it speaks for the finding."""

    favours: bool
    words: str


def weighed(finding: Finding, alpha: float) -> Finding:
    """Return the finding with the evidence for and against it; others are left as they are."""
    if not finding.counts or finding.disparity.expected == "difference":
        return finding
    said = list(_sentences(finding.disparity, alpha))
    return finding.model_copy(
        update={
            "evidence_for": tuple(one.words for one in said if one.favours),
            "evidence_against": tuple(one.words for one in said if not one.favours),
        }
    )


def _sentences(disparity: Disparity, alpha: float) -> Iterator[Said]:
    context, estimate = disparity.context, disparity.estimate
    if context is None or not isinstance(estimate, Estimate):
        return
    yield from _of_null(disparity, alpha)
    yield from _of_mean(context, estimate)
    yield from _of_methods(context, estimate, alpha)
    yield from _of_draws(context, estimate)
    yield from _of_rewording(context)
    yield from _of_missing(context, estimate)


def _of_null(disparity: Disparity, alpha: float) -> Iterator[Said]:
    null = disparity.null
    if isinstance(null, Estimate):
        still = null.p >= alpha
        moves = "does not move" if still else "moves as well"
        halves = (
            "made-up groups" if disparity.outcome == "association" else "the group's own names"
        )
        yield Said(still, f"between halves of {halves} the answer {moves} ({null.value:+.3f})")


def _of_mean(context: Context, estimate: Estimate) -> Iterator[Said]:
    gap = context.against_mean
    if not isinstance(gap, Estimate):
        return
    same = (gap.value > 0) == (estimate.value > 0) and not gap.low <= 0 <= gap.high
    if same:
        yield Said(
            True,
            f"the group also differs from the mean of all {context.groups} groups ({_told(gap)})",
        )
    else:
        yield Said(
            False,
            f"against the mean of all {context.groups} groups ({_told(gap)}) the group does not "
            "stand out in that direction: the gap may be the reference group's",
        )


def _of_methods(context: Context, estimate: Estimate, alpha: float) -> Iterator[Said]:
    robust = context.robustness
    if not isinstance(robust, Robustness):
        return
    outside = not robust.low <= 0 <= robust.high
    yield Said(outside, f"bootstrap-t over templates: [{robust.low:+.3f}, {robust.high:+.3f}]")
    flipped = f"sign flips over templates: p {robust.sign_flip_p:.3g}"
    yield Said(robust.sign_flip_p < alpha, flipped)
    mixed = robust.mixed
    if isinstance(mixed, MixedModel):
        same = not mixed.low <= 0 <= mixed.high and (mixed.value > 0) == (estimate.value > 0)
        doubt = "" if mixed.converged else "; it did not converge"
        yield Said(
            same, f"mixed model: {mixed.value:+.3f} [{mixed.low:+.3f}, {mixed.high:+.3f}]{doubt}"
        )


def _of_draws(context: Context, estimate: Estimate) -> Iterator[Said]:
    robust = context.robustness
    if isinstance(robust, Robustness) and isinstance(robust.marginal, MarginalModel):
        found = robust.marginal
        same = not found.low <= 0 <= found.high and (found.value > 0) == (estimate.value > 0)
        told = f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"
        yield Said(same, f"shares of draws by templates, in log-odds: {told}")


def _of_rewording(context: Context) -> Iterator[Said]:
    told = context.rewording
    if not isinstance(told, Rewording):
        return
    sizes = f"{told.swap:.3f} beside {told.rewording:.3f}"
    excess = told.excess
    if isinstance(excess, Estimate) and excess.low > 0:
        yield Said(True, f"naming the group moves a case further than rewording it ({sizes})")
    else:
        yield Said(
            False,
            f"naming the group is not shown to move a case further than rewording it ({sizes})",
        )


def _of_missing(context: Context, estimate: Estimate) -> Iterator[Said]:
    bounds = context.effects.worst_case
    if not isinstance(bounds, Bounds) or not bounds.missing:
        return
    certain = bounds.low > 0 if estimate.value > 0 else bounds.high < 0
    turns = "would keep its direction" if certain else "might turn round"
    yield Said(
        certain,
        f"whatever the {bounds.missing} missing answers were, the gap in {bounds.unit} "
        f"{turns} ([{bounds.low:+.3f}, {bounds.high:+.3f}])",
    )


def _told(gap: Estimate) -> str:
    return f"{gap.value:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]"
