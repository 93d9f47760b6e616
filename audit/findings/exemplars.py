"""Exemplars: pairs of prompts that show a finding, chosen by rule and never by taste.

Under a label cue a pair is the group's and the reference's variant of one set: the same
template with the same name. Under a name cue it is, within a template, each group's name
whose answer lies nearest to its group's median there: no pair of names belongs together,
but these two are typical. Ties go by the ids.

A finding shows its median pair and its most extreme pair in its own direction. Explained
are pairs spread evenly over the quantiles of the differences, so that word evidence does
not rest on the worst cases alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from audit.findings.ranking import worst_first
from audit.metrics.contract import Metric
from audit.records.counterfactuals import CounterfactualSet, Variant
from audit.records.estimates import Disparity, Estimate
from audit.records.findings import Exemplar, Finding
from audit.records.probes import ProbeSuite
from audit.records.runs import Depth


class Column(Protocol):
    """One number a variant, where there is one; both arrays of shape (variants,)."""

    @property
    def metric(self) -> Metric: ...
    @property
    def facet(self) -> str: ...
    @property
    def values(self) -> NDArray[np.float64]: ...
    @property
    def present(self) -> NDArray[np.bool_]: ...


class Answers(Protocol):
    """What was asked, and what was read off the answers, by the variants' place."""

    @property
    def sets(self) -> tuple[CounterfactualSet, ...]: ...
    @property
    def suites(self) -> Mapping[str, ProbeSuite]: ...
    @property
    def index(self) -> Mapping[str, int]: ...
    @property
    def columns(self) -> Sequence[Column]: ...


class _Pair(NamedTuple):
    """A pair, in the order in which quantiles and ties are read."""

    difference: float
    set_id: str
    variant: str
    reference_variant: str


class Bearing(NamedTuple):
    """Where a pair's comparison points, by templates other than the pair's own.

    Attributes:
        direction: Mean difference over the other templates, in nats; 0 where there are none.
        established: Whether the comparison counts as a finding.
    """

    direction: float
    established: bool


_Known = dict[str, float]  # variant id -> its number


def with_exemplars(findings: Sequence[Finding], observed: Answers) -> tuple[Finding, ...]:
    """Return the findings, those that count with their median and most extreme pair."""
    by_cell = _sets_by_cell(observed)
    return tuple(
        one.model_copy(update={"exemplars": _shown(one, _pairs(one, observed, by_cell))})
        if one.counts
        else one
        for one in findings
    )


def pairs_to_explain(
    findings: Sequence[Finding], observed: Answers, depth: Depth, most: int = 0
) -> tuple[Exemplar, ...]:
    """Return the pairs to explain, each once, the worst finding's first.

    Args:
        findings: All findings; the `depth.explained_findings` worst that count are used, of
            those where answers were offered, for the methods explain their log-odds.
        observed: The answers they rest on.
        depth: Gives also the pairs a finding, `depth.explained`.
        most: The most pairs in all, as many of each finding; 0 for no limit.
    """
    by_cell = _sets_by_cell(observed)
    counting = (one for one in findings if one.counts and one.disparity.offered)
    worst = worst_first(counting)[: depth.explained_findings]
    each = min(depth.explained, -(-most // len(worst))) if most and worst else depth.explained
    chosen: dict[tuple[str, str, str], Exemplar] = {}
    for finding in worst:
        for pair in _spread(_pairs(finding, observed, by_cell), each):
            chosen.setdefault(pair[1:], _exemplar(pair, "explained"))
    return tuple(chosen.values())[: most or None]


def pairs_to_screen(
    findings: Sequence[Finding], observed: Answers, count: int
) -> tuple[Exemplar, ...]:
    """Return up to `count` pairs, each once, spread evenly over all comparisons.

    Comparisons that count come first, the worst of them first; where nothing counts the
    network is looked into all the same, for what it does is of interest there too.
    """
    by_cell = _sets_by_cell(observed)
    ordered = (
        *worst_first(one for one in findings if one.counts),
        *(one for one in findings if not one.counts),
    )
    each = -(-count // len(ordered)) if ordered else 0
    chosen: dict[tuple[str, str, str], Exemplar] = {}
    for finding in ordered:
        for pair in _spread(_pairs(finding, observed, by_cell), each):
            chosen.setdefault(pair[1:], _exemplar(pair, "explained"))
    return tuple(chosen.values())[:count]


def pairs_to_show(findings: Sequence[Finding], depth: Depth) -> tuple[Exemplar, ...]:
    """Return the median exemplar of each of the worst findings that count, the worst first."""
    worst = worst_first(one for one in findings if one.counts)[: depth.explained_findings]
    shown = (exemplar for one in worst for exemplar in one.exemplars)
    return tuple(exemplar for exemplar in shown if exemplar.rule == "median")


def bearings(
    findings: Sequence[Finding], observed: Answers
) -> dict[tuple[str, str, str], Bearing]:
    """Return where the comparison of each pair points: (set, variant, reference) -> bearing."""
    by_cell = _sets_by_cell(observed)
    templates = {one.id: one.template for one in observed.sets}
    found: dict[tuple[str, str, str], Bearing] = {}
    for finding in findings:
        pairs = _pairs(finding, observed, by_cell)
        sums: dict[str, list[float]] = defaultdict(list)
        for pair in pairs:
            sums[templates[pair.set_id]].append(pair.difference)
        total = sum(pair.difference for pair in pairs)
        for pair in pairs:
            own = sums[templates[pair.set_id]]
            others = len(pairs) - len(own)
            direction = (total - sum(own)) / others if others else 0.0
            found[pair[1:]] = Bearing(direction, finding.counts)
    return found


def _shown(finding: Finding, pairs: Sequence[_Pair]) -> tuple[Exemplar, ...]:
    estimate = finding.disparity.estimate
    upward = isinstance(estimate, Estimate) and estimate.value > 0
    extreme = pairs[-1:] if upward else pairs[:1]
    return (
        *(_exemplar(pair, "median") for pair in _spread(pairs, 1)),
        *(_exemplar(pair, "extreme") for pair in extreme),
    )


def _spread(pairs: Sequence[_Pair], count: int) -> list[_Pair]:
    """Return `count` pairs, one in the middle of each of `count` equal stretches."""
    if count >= len(pairs):
        return list(pairs)
    return [pairs[(2 * step + 1) * len(pairs) // (2 * count)] for step in range(count)]


def _exemplar(pair: _Pair, rule: str) -> Exemplar:
    return Exemplar.model_validate({"rule": rule, **pair._asdict()})


def _pairs(
    finding: Finding, observed: Answers, by_cell: Mapping[object, Sequence[CounterfactualSet]]
) -> list[_Pair]:
    """Return all pairs of a finding, from the least to the greatest difference."""
    one = finding.disparity
    column = _column(one, observed)
    choose = _same_name if one.cue == "label" else _typical_names
    pairs = []
    for asked in by_cell.get(_cell_of(one, one.expected), ()):
        values: _Known = {}
        groups: dict[str, list[Variant]] = defaultdict(list)
        for variant in asked.variants:
            place = observed.index[variant.id]
            if column.present[place]:
                values[variant.id] = float(column.values[place])
                groups[variant.group].append(variant)
        for mine, theirs in choose(groups[one.group], groups[one.reference], values):
            difference = values[mine.id] - values[theirs.id]
            pairs.append(_Pair(difference, asked.id, mine.id, theirs.id))
    return sorted(pairs)


def _same_name(
    mine: Sequence[Variant], theirs: Sequence[Variant], _values: _Known
) -> Iterable[tuple[Variant, Variant]]:
    partner = {variant.name: variant for variant in theirs}
    return [(one, partner[one.name]) for one in mine if one.name in partner]


def _typical_names(
    mine: Sequence[Variant], theirs: Sequence[Variant], values: _Known
) -> Iterable[tuple[Variant, Variant]]:
    if not mine or not theirs:
        return []
    return [(_typical(mine, values), _typical(theirs, values))]


def _typical(variants: Sequence[Variant], values: _Known) -> Variant:
    """Return the variant whose number lies nearest to the median."""
    middle = float(np.median([values[variant.id] for variant in variants]))
    return min(variants, key=lambda v: (abs(values[v.id] - middle), v.id))


def _column(disparity: Disparity, observed: Answers) -> Column:
    """Return the outcome's own metric, whatever the policy judges: one unit for all pairs."""
    return next(c for c in observed.columns if disparity.outcome in c.metric.primary)


def _sets_by_cell(observed: Answers) -> dict[object, list[CounterfactualSet]]:
    suites = observed.suites.items()
    expected = {(key, one.id): one.expected for key, suite in suites for one in suite.templates}
    by_cell: dict[object, list[CounterfactualSet]] = defaultdict(list)
    for asked in observed.sets:
        cell = _cell_of(asked, expected[asked.suite_key, asked.template])
        by_cell[cell].append(asked)
    return by_cell


def _cell_of(one: Disparity | CounterfactualSet, expected: str) -> tuple[str, ...]:
    return (one.axis, one.cue, one.reference, one.language, one.domain, one.outcome, expected)
