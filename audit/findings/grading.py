"""Evidence grades: how much a finding's evidence can bear, apart from its size.

A: crossed design, controls passed, two ways of signalling the group agree, items reviewed.
B: one way of signalling, or two that do not agree. C: items that nobody has reviewed, names
whose signal nobody has validated, or a same-group control that moved as well. D: no
estimate. Every cap that holds is named, so that its owner can lift it. These are the default
policy's letters; what each doubt leaves is the policy's to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.records.estimates import Disparity, Estimate, Undefined
from audit.records.findings import EvidenceLetter, Policy, Verdict
from audit.records.identities import NameList
from audit.records.probes import PLUS, UNREVIEWED, ProbeSuite

Grade = EvidenceLetter


@dataclass(frozen=True)
class Graded:
    """A grade and what caps it."""

    grade: Grade
    reason: str


@dataclass(frozen=True)
class Sources:
    """Where the items of a run come from: suites by key, name lists by key."""

    suites: Mapping[str, ProbeSuite]
    name_lists: Mapping[str, NameList]


@dataclass(frozen=True)
class Ruling:
    """A disparity with its verdict and, for its null, the p adjusted over the family's nulls."""

    disparity: Disparity
    verdict: Verdict
    null_p: float | None


def grade(ruling: Ruling, others: Sequence[Ruling], sources: Sources, policy: Policy) -> Graded:
    """Return the grade of a ruling.

    Args:
        ruling: What is graded.
        others: The rulings on the same contrast by another cue.
        sources: Where review and validation are looked up.
        policy: Its alpha is the level at which a same-group control counts as moved; it also
            says what each doubt leaves.
    """
    disparity = ruling.disparity
    if isinstance(disparity.estimate, Undefined):
        return Graded("D", "no estimate")
    letters = policy.evidence
    caps: list[tuple[Grade, str]] = []
    unreviewed = [s for s in disparity.suites if sources.suites[s].review == UNREVIEWED]
    if unreviewed:
        caps.append((letters["unreviewed_items"], f"items unreviewed: {', '.join(unreviewed)}"))
    doubtful = _unvalidated(disparity, sources)
    if doubtful:
        caps.append(
            (letters["unvalidated_names"], f"name signal not validated: {', '.join(doubtful)}")
        )
    if ruling.null_p is not None and ruling.null_p < policy.alpha:
        swap = (
            "swap of made-up groups"
            if disparity.outcome == "association"
            else "same-group name swap"
        )
        moved = f"the {swap} moves the answer as well"
        caps.append((letters["moving_control"], moved))
    operations = _operationalisations(ruling, others)
    if operations is not None:
        caps.append((letters["one_cue"], operations))
    if not caps:
        return Graded("A", "crossed design, controls passed, label and name agree, items reviewed")
    return Graded(max(cap for cap, _ in caps), "; ".join(why for _, why in caps))


def _unvalidated(disparity: Disparity, sources: Sources) -> list[str]:
    """Return the name lists of this contrast whose signal is not validated."""
    if disparity.cue != "name":
        return []
    axes = disparity.axis.split(PLUS)
    contrast = [group.split(PLUS) for group in (disparity.group, disparity.reference)]
    lists = sources.name_lists.values()
    return sorted(
        one.key
        for one in lists
        if [one.signals.get(axis) for axis in axes] in contrast and not one.validated
    )


def _operationalisations(ruling: Ruling, others: Sequence[Ruling]) -> str | None:
    """Return what is lacking for two agreeing ways of signalling, or None."""
    cue = ruling.disparity.cue
    if not others:
        return f"one way of signalling the group only ({cue})"
    if all(_agree(ruling, other) for other in others):
        return None
    told = ", ".join(f"{other.disparity.cue}: {other.verdict}" for other in others)
    return f"the other way of signalling does not agree ({told})"


def _agree(one: Ruling, two: Ruling) -> bool:
    """Return whether two rulings say the same: a difference of one sign, or none."""
    a, b = one.disparity.estimate, two.disparity.estimate
    if not isinstance(a, Estimate) or not isinstance(b, Estimate):
        return False
    found = {Verdict.MATERIAL, Verdict.PRESENT_SIZE_UNCERTAIN}
    if one.verdict in found and two.verdict in found:
        alike = one.disparity.expected == "difference"  # a gap near zero has no direction
        return alike or (a.value > 0) == (b.value > 0)
    clear = {Verdict.TRIVIAL, Verdict.NO_MATERIAL_BIAS}
    return one.verdict in clear and two.verdict in clear
