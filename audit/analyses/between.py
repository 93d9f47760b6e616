"""Between runs: by how much does one model's disparity differ from another's?

Both models answered the same prompts, so what is peculiar to a template or a name cancels:
the two answers to each prompt are subtracted first, and the gap of these differences is
estimated by the same crossed design as any disparity. For sizes, each model's answers are
first turned so that its own disparity is positive; which way it points is read off the same
data, so a size difference is to be trusted where both signs are beyond doubt.

Reads:  two sets of columns over the same counterfactual sets, with the same gaps.
Gives:  for each cell and group, the difference of disparities and of their sizes, by the outcome's
        own metric.
Source: paired analysis of audits on identical items, as in Miller 2024, arXiv:2411.00640.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from audit.analyses.cells import Cell, cells
from audit.analyses.comparison import Array, Comparison, differences, floor, matrix
from audit.analyses.contract import Column, Observed
from audit.analyses.made_up import made_up, needs_made_up
from audit.records.probes import is_control
from audit.records.quantities import Quantity
from audit.stats.crossed import nested, paired
from audit.stats.nonce import beside_nonce


class Between(NamedTuple):
    """Two models in one cell and group, by the outcome's own metric."""

    cell: Cell
    group: str
    difference: Quantity
    size: Quantity


class _Sides(NamedTuple):
    """A model's gaps under a label cue; both groups' answers under a name cue.

    Attributes:
        made_up: Where words are compared, what made-up ones were answered.
    """

    group: Array
    reference: Array | None
    made_up: Array | None = None


def between(first: Observed, second: Observed) -> Iterator[Between]:
    """Yield the first model's disparities minus the second's, cell by cell."""
    for cell in cells(first.sets, first.index, first.suites):
        columns = [_verdict_column(one, cell) for one in (first, second)]
        rows = np.ones(len(cell.templates), dtype=bool)
        for group in cell.sides:
            if group == cell.key.reference or is_control(group):
                continue
            one, two = (_sides(Comparison(cell, column, group, rows)) for column in columns)
            signs = (_sign(one), _sign(two))
            yield Between(
                cell=cell,
                group=group,
                difference=_estimate(one, two, (1.0, 1.0), first),
                size=_estimate(one, two, signs, first),
            )


def _verdict_column(observed: Observed, cell: Cell) -> Column:
    """Return the column that carries the verdict by default."""
    return next(c for c in observed.columns if cell.key.outcome in c.metric.primary)


def _sides(one: Comparison) -> _Sides:
    if one.cell.key.cue == "label":
        return _Sides(differences(one), None, made_up(one) if needs_made_up(one) else None)
    return _Sides(matrix(one, one.mine), matrix(one, one.theirs))


def _sign(sides: _Sides) -> float:
    """Return which way a model's own disparity points; upwards where there is none."""
    known = sides.group[~np.isnan(sides.group)]
    gap = float(known.mean()) if known.size else 0.0
    if sides.reference is not None:
        other = sides.reference[~np.isnan(sides.reference)]
        gap -= float(other.mean()) if other.size else 0.0
    return -1.0 if gap < 0 else 1.0


def _estimate(
    one: _Sides, two: _Sides, signs: tuple[float, float], observed: Observed
) -> Quantity:
    group = signs[0] * one.group - signs[1] * two.group
    if one.made_up is not None and two.made_up is not None:
        apart = signs[0] * one.made_up - signs[1] * two.made_up
        return beside_nonce(group, apart, floor=floor(observed))
    if one.reference is None or two.reference is None:
        return paired(group, floor=floor(observed))
    reference = signs[0] * one.reference - signs[1] * two.reference
    return nested(group, reference, floor=floor(observed))
