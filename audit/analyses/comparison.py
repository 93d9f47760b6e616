"""Comparisons: the answers of one group of a cell beside another's, as matrices.

Rows are templates, columns the names' signalling units; what was not answered is NaN.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.analyses.cells import Cell, Places, Side
from audit.analyses.contract import Column, Observed
from audit.records.digests import content_seed
from audit.stats.crossed import Floor, by_unit

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
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

    def places(self, side: Side) -> Places:
        """Return the planned answers of a side, in the templates that count here."""
        return side.places[self.rows[side.rows]]


def differences(one: Comparison) -> Array:
    """Return group minus reference within the same set and name, (templates, units)."""
    mine, theirs, at, of = _partners(one)
    d = values(one.column, mine.places[at]) - values(one.column, theirs.places[of])
    shape = (len(one.cell.templates), len(mine.unit_names))
    return by_unit(d, rows=mine.rows[at], units=mine.units[at], shape=shape)[one.rows]


def partners(one: Comparison, column: Column) -> tuple[Array, Array]:
    """Return both groups' numbers in another column, where both partners answered."""
    mine, theirs, at, of = _partners(one)
    a, b = values(column, mine.places[at]), values(column, theirs.places[of])
    gaps = np.isnan(a) | np.isnan(b)
    shape = (len(one.cell.templates), len(mine.unit_names))
    sides = (
        by_unit(np.where(gaps, np.nan, x), rows=mine.rows[at], units=mine.units[at], shape=shape)
        for x in (a, b)
    )
    first, second = sides
    return first[one.rows], second[one.rows]


def aligned(one: Comparison, groups: Sequence[str]) -> Array:
    """Return all groups' numbers in the sets and names they share, (groups, templates, units).

    What one group did not answer is missing for all.
    """
    sides = [one.cell.sides[group] for group in groups]
    shared = sides[0].pairs
    for side in sides[1:]:
        shared = np.intersect1d(shared, side.pairs)
    at = [np.searchsorted(side.pairs, shared) for side in sides]
    found = np.array([values(one.column, s.places[i]) for s, i in zip(sides, at, strict=True)])
    found[:, np.isnan(found).any(axis=0)] = np.nan
    first, here = sides[0], at[0]
    shape = (len(one.cell.templates), len(first.unit_names))
    return np.array(
        [
            by_unit(row, rows=first.rows[here], units=first.units[here], shape=shape)[one.rows]
            for row in found
        ]
    )


def matrix(one: Comparison, side: Side, column: Column | None = None) -> Array:
    """Return a group's numbers, (templates, units), in this column or another."""
    shape = (len(one.cell.templates), len(side.unit_names))
    found = values(column or one.column, side.places)
    return by_unit(found, rows=side.rows, units=side.units, shape=shape)[one.rows]


def values(column: Column, places: Places) -> Array:
    """Return the numbers at these places, NaN where there is none."""
    return np.where(column.present[places], column.values[places], np.nan)


def floor(observed: Observed) -> Floor:
    return Floor(observed.policy.min_templates, observed.policy.min_names)


def generator(purpose: str, one: Comparison, observed: Observed) -> np.random.Generator:
    """Return the source of chance for one purpose and comparison."""
    words = (purpose, str(observed.seed), one.group, *one.cell.key.words)
    return np.random.default_rng(content_seed(*words))


def _partners(one: Comparison) -> tuple[Side, Side, Places, Places]:
    mine, theirs = one.mine, one.theirs
    _, at, of = np.intersect1d(mine.pairs, theirs.pairs, return_indices=True)
    return mine, theirs, at, of
