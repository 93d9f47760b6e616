"""Sensitivity: does the answer move when nothing moves but the group?

For every cell (axis, cue, language, domain, outcome kind) and every group, the gap to the
axis' reference group is estimated over templates and names alike. Under a label cue the
same name stands on both sides, so each template and name gives one difference; under a
name cue names are nested in their group and nothing is paired. Names that share their
signalling part count as one.

The null of a gap is the same contrast between two halves of the group's own names, drawn
by seed: what it shows is what names alone do, without a change of group. The variant
without a mention is measured too, but carries no verdict; under a name cue it is one fixed
wording, so it is no sample of names and adds none of their variance.

Reads:  the columns of all metrics; what is missing lowers the coverage of its cell.
Gives:  one disparity for each cell, group, metric and facet.
Source: counterfactual fairness in text, Garg et al. 2019, arXiv:1809.10610; estimators in
        `audit.stats.crossed`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.analyses.cells import Cell, Side, cells
from audit.analyses.contract import Analysis, Column, Observed
from audit.records.digests import content_id, digest
from audit.records.estimates import Disparity, Quantity, Undefined
from audit.records.probes import NO_MENTION
from audit.stats.crossed import Floor, against_fixed, by_unit, nested, paired

_HALVES = 2
_SEED_DIGITS = 16

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Question:
    """One group of one cell, by one column.

    Attributes:
        rows: Whether a template could have this facet at all, shape (templates,).
    """

    cell: Cell
    column: Column
    group: str
    rows: NDArray[np.bool_]

    @property
    def mine(self) -> Side:
        return self.cell.sides[self.group]

    @property
    def theirs(self) -> Side:
        return self.cell.sides[self.cell.key.reference]


def sensitivity(observed: Observed) -> Iterator[Disparity]:
    for cell in cells(observed.sets, observed.index):
        groups = [group for group in cell.sides if group != cell.key.reference]
        for column in observed.columns:
            if cell.key.outcome not in column.metric.reads:
                continue
            rows = _possible_rows(cell, column, observed)
            if rows is None:
                continue
            for group in groups:
                yield _disparity(_Question(cell, column, group, rows), observed)


def _possible_rows(cell: Cell, column: Column, observed: Observed) -> NDArray[np.bool_] | None:
    """Return the templates that have this facet, or were not answered at all.

    None if no template of the cell has it: suites differ in their levels.
    """
    size = len(cell.templates)
    has, answered = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    for side in cell.sides.values():
        has[side.rows[column.present[side.places]]] = True
        answered[side.rows[observed.answered[side.places]]] = True
    if column.facet and not has.any():
        return None
    return has | ~answered


def _disparity(question: _Question, observed: Observed) -> Disparity:
    key, column, group = question.cell.key, question.column, question.group
    suites = sorted(
        {
            suite
            for (suite, _), row in zip(question.cell.templates, question.rows, strict=True)
            if row
        }
    )
    asked = np.unique(
        np.concatenate([s.places[question.rows[s.rows]] for s in (question.mine, question.theirs)])
    )
    answered = asked[observed.answered[asked]]
    return Disparity(
        id=content_id("disparity", column.metric.name, column.facet, group, *key),
        metric=column.metric.name,
        facet=column.facet,
        unit=column.metric.unit,
        primary=key.outcome in column.metric.primary and group != NO_MENTION,
        outcome=key.outcome,
        axis=key.axis,
        cue=key.cue,
        group=group,
        reference=key.reference,
        language=key.language,
        domain=key.domain,
        suites=tuple(suites),
        harm=_worst_harm(suites, observed),
        estimate=_estimate(question, observed),
        null=_null(question, observed),
        planned=asked.size,
        failed=asked.size - answered.size,
        median_mass=float(np.median(observed.mass[answered])) if answered.size else None,
        order_effect=_order_effect(column, observed.order_effect[answered]),
    )


def _worst_harm(suites: list[str], observed: Observed) -> str:
    """Return the harm class that weighs most among the pooled suites."""
    weights = observed.policy.harm_points
    harms = sorted({observed.suites[suite].harm for suite in suites})
    return max(harms, key=lambda harm: weights.get(harm, 0))


def _order_effect(column: Column, effects: Array) -> float | None:
    """Return the mean order effect, for the metric whose unit it has."""
    known = effects[~np.isnan(effects)]
    if not column.metric.primary or not known.size:
        return None
    return float(known.mean())


def _estimate(question: _Question, observed: Observed) -> Quantity:
    floor = _floor(observed)
    if question.cell.key.cue == "label":
        return paired(_differences(question), floor=floor)
    a, b = _matrix(question, question.mine), _matrix(question, question.theirs)
    if question.group == NO_MENTION:
        return against_fixed(a[:, 0], b, floor=floor)
    return nested(a, b, floor=floor)


def _null(question: _Question, observed: Observed) -> Quantity:
    """Estimate the gap between two halves of the group's own names."""
    units = question.mine.unit_names
    if question.cell.key.cue == "name" and question.group == NO_MENTION:
        return Undefined(reason="nobody is named, so there are no names to swap")
    if len(units) < _HALVES * observed.policy.min_names:
        return Undefined(
            reason=f"{len(units)} names are too few for two halves of {observed.policy.min_names}"
        )
    values = _matrix(question, question.mine)
    key = question.cell.key
    seed = int(digest("null", str(observed.seed), question.group, *key)[:_SEED_DIGITS], 16)
    drawn = np.random.default_rng(seed).permutation(len(units))
    half = len(units) // _HALVES
    first, second = np.sort(drawn[:half]), np.sort(drawn[half:])
    return nested(values[:, first], values[:, second], floor=_floor(observed))


def _floor(observed: Observed) -> Floor:
    return Floor(observed.policy.min_templates, observed.policy.min_names)


def _differences(question: _Question) -> Array:
    """Return group minus reference within the same set and name, (templates, units)."""
    mine, theirs = question.mine, question.theirs
    _, at, of = np.intersect1d(mine.pairs, theirs.pairs, return_indices=True)
    values = _values(question.column)
    d = values[mine.places[at]] - values[theirs.places[of]]
    shape = (len(question.cell.templates), len(mine.unit_names))
    return by_unit(d, rows=mine.rows[at], units=mine.units[at], shape=shape)[question.rows]


def _matrix(question: _Question, side: Side) -> Array:
    """Return a group's values, (templates, units)."""
    shape = (len(question.cell.templates), len(side.unit_names))
    values = _values(question.column)[side.places]
    return by_unit(values, rows=side.rows, units=side.units, shape=shape)[question.rows]


def _values(column: Column) -> Array:
    return np.where(column.present, column.values, np.nan)


PLUGIN = Analysis(
    name="sensitivity",
    question="Does the answer change when only the group changes?",
    source="Garg et al. 2019, arXiv:1809.10610; crossed estimators of audit.stats",
    answer=sensitivity,
)
