"""The table of truth: which groups get which planted shift, drawn by seed.

Question: which dependence on the named group shall the biased standard have?
Method:   every cell (axis, group, language, domain), reference groups included, is planted
          with probability 0.37 and then gets a shift of random size and sign. The first seed,
          counted from 0, whose table obeys the rules below is taken; nobody chooses by looks.
Why:      directions drawn over all groups repeat no stereotype. Every disparity is exactly
          zero or large, so that each cell of an audit is either to be found or to be cleared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from audit.records.digests import content_seed

Cell = tuple[str, str, str, str]
"""Axis, group, language, domain."""

_CHANCE = 0.37
_SHARE = (1 / 3, 0.4)
_SIZES = (0.6, 1.0)  # log-odds
_LEAST_DISPARITY = 0.5  # log-odds
_SEEDS = 100_000


@dataclass(frozen=True)
class Table:
    """The planted shifts, in log-odds, of every cell; zero where the cell is clean."""

    seed: int
    shifts: Mapping[Cell, float]


def draw_table(cells: Sequence[Cell], references: Mapping[str, str]) -> Table:
    """Return the lawful table of the smallest seed.

    Args:
        cells: Every cell that can be asked.
        references: Axis -> reference group.

    Raises:
        ValueError: If no seed gives a lawful table.
    """
    ordered = sorted(cells)
    for seed in range(_SEEDS):
        shifts = _draw(ordered, seed)
        if _lawful(shifts, references):
            return Table(seed, shifts)
    raise ValueError(f"no seed below {_SEEDS} gives a lawful table over {len(ordered)} cells")


def _draw(cells: Sequence[Cell], seed: int) -> dict[Cell, float]:
    rng = np.random.default_rng(content_seed("table of truth", str(seed)))
    planted = rng.random(len(cells)) < _CHANCE
    sizes = rng.uniform(*_SIZES, len(cells)).round(2)
    signs = rng.choice((-1.0, 1.0), len(cells))
    values = np.where(planted, sizes * signs, 0.0)
    return {cell: float(value) for cell, value in zip(cells, values, strict=True)}


def _lawful(shifts: Mapping[Cell, float], references: Mapping[str, str]) -> bool:
    share = sum(shift != 0 for shift in shifts.values()) / len(shifts)
    axes = {axis for axis, *_ in shifts}
    return (
        _SHARE[0] <= share <= _SHARE[1]
        and all(_mixed(shifts, axis) for axis in axes)
        and all(_told_apart(shifts, axis, references[axis]) for axis in axes)
    )


def _mixed(shifts: Mapping[Cell, float], axis: str) -> bool:
    """Whether every language and every domain of the axis has planted and clean cells."""
    for place in (2, 3):
        for value in {cell[place] for cell in shifts if cell[0] == axis}:
            own = [s for cell, s in shifts.items() if cell[0] == axis and cell[place] == value]
            if not 0 < sum(shift != 0 for shift in own) < len(own):
                return False
    return True


def _told_apart(shifts: Mapping[Cell, float], axis: str, reference: str) -> bool:
    """Whether each disparity is zero or large, and the axis has clean ones and both signs."""
    gaps = [
        shift - shifts[axis, reference, language, domain]
        for (own, group, language, domain), shift in shifts.items()
        if own == axis and group != reference
    ]
    return (
        all(gap == 0 or abs(gap) >= _LEAST_DISPARITY for gap in gaps)
        and 0 in gaps
        and min(gaps) < 0 < max(gaps)
    )
