"""What-if sets: which comparison what-ifs are measured on, and on which of its sets.

The comparison is the worst one that counts; where none counts, the one of greatest estimated
size, so that the reader still sees what a change costs. Its templates are cut into two halves:
on one the changes are fitted and chosen, on the other they are measured, and templates that
word one case anew stay together, for a change fitted on one wording knows the other. Of each
half at most a given number of sets is taken, spread evenly over templates and then names; a
set keeps the group and the reference group only. What was already looked at in choosing parts
of the network goes to the half on which changes are fitted.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from audit.findings.ranking import worst_first
from audit.records.counterfactuals import CounterfactualSet, Variant
from audit.records.estimates import Disparity, Estimate
from audit.records.findings import Finding
from audit.records.probes import ProbeSuite

T = TypeVar("T")

_NAMES = 4  # of a template: enough for an interval over names, and as many templates as can be
_NAMES_OF_A_GROUP = 6  # under a name cue, where one set holds them all


@dataclass(frozen=True)
class Target:
    """A comparison and its two halves.

    Attributes:
        counted: Whether the comparison counts as a finding.
        fitted: Sets on which changes are fitted and chosen.
        measured: Sets of the other templates, on which they are measured.
    """

    disparity: Disparity
    counted: bool
    fitted: tuple[CounterfactualSet, ...]
    measured: tuple[CounterfactualSet, ...]


def target(
    findings: Sequence[Finding],
    sets: Sequence[CounterfactualSet],
    suites: Mapping[str, ProbeSuite],
    *,
    most: int,
    known: Collection[str] = (),
) -> Target | None:
    """Return what the what-ifs of a run are about; None if nothing was estimated.

    Args:
        findings: Those among which one is chosen.
        sets: All of the run.
        suites: By suite key.
        most: Sets of each half at most.
        known: Templates on which parts of the network were chosen.
    """
    counting = worst_first(one for one in findings if one.counts)
    estimates = [one.disparity.estimate for one in findings]
    sizes = [(-abs(e.value), n) for n, e in enumerate(estimates) if isinstance(e, Estimate)]
    if not counting and not sizes:
        return None
    chosen = counting[0] if counting else findings[min(sizes)[1]]
    disparity = chosen.disparity
    cell = [one for one in sets if _in_cell(one, disparity, suites)]
    halves = _halves(cell, suites, known)
    fitted, measured = (_taken(half, disparity, most) for half in halves)
    return Target(disparity, chosen.counts, fitted, measured) if fitted and measured else None


def _in_cell(one: CounterfactualSet, of: Disparity, suites: Mapping[str, ProbeSuite]) -> bool:
    here = (one.axis, one.cue, one.reference, one.language, one.domain, one.outcome)
    there = (of.axis, of.cue, of.reference, of.language, of.domain, of.outcome)
    return here == there and suites[one.suite_key].template(one.template).expected == of.expected


def _halves(
    cell: Sequence[CounterfactualSet], suites: Mapping[str, ProbeSuite], known: Collection[str]
) -> tuple[list[CounterfactualSet], list[CounterfactualSet]]:
    """Return the sets of the cases that are known, filled up to half of all, and the rest."""
    cases: dict[tuple[str, str], list[CounterfactualSet]] = defaultdict(list)
    for one in cell:
        template = suites[one.suite_key].template(one.template)
        cases[one.suite_key, template.paraphrase_of or template.id].append(one)
    seen = [case for case in sorted(cases) if {one.template for one in cases[case]} & set(known)]
    others = [case for case in sorted(cases) if case not in seen]
    wanted = len(cases) // 2 - len(seen)
    fitted = {*seen, *_spread(others, max(wanted, 0))}
    first = [one for case in sorted(cases) if case in fitted for one in cases[case]]
    second = [one for case in sorted(cases) if case not in fitted for one in cases[case]]
    return first, second


def _taken(
    half: Sequence[CounterfactualSet], of: Disparity, most: int
) -> tuple[CounterfactualSet, ...]:
    """Return up to `most` sets, each with the two groups alone."""
    by_template: dict[tuple[str, str], list[CounterfactualSet]] = defaultdict(list)
    for one in half:
        by_template[one.suite_key, one.template].append(one)
    each = _NAMES if of.cue == "label" else 1
    templates = _spread(sorted(by_template), most // each)
    taken = []
    for key in templates:
        for one in sorted(by_template[key], key=_by_name)[:each]:
            groups = (_some(one, group) for group in (of.group, of.reference))
            variants = tuple(variant for some in groups for variant in some)
            taken.append(one.model_copy(update={"variants": variants}))
    return tuple(one for one in taken if len({v.group for v in one.variants}) > 1)


def _by_name(one: CounterfactualSet) -> tuple[list[str], str]:
    return sorted(variant.name for variant in one.variants), one.id


def _some(one: CounterfactualSet, group: str) -> list[Variant]:
    """Return a group's variants, under a name cue as many as the rule takes."""
    variants = sorted((v for v in one.variants if v.group == group), key=lambda v: (v.name, v.id))
    return _spread(variants, _NAMES_OF_A_GROUP)


def _spread(items: Sequence[T], count: int) -> list[T]:
    """Return up to `count` items, spread evenly."""
    if len(items) <= count:
        return list(items)
    return [items[(2 * n + 1) * len(items) // (2 * count)] for n in range(count)]
