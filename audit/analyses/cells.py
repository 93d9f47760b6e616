"""Cells: where the answers of one axis, cue, language, domain and outcome kind stand.

Suites of one domain and language are pooled; a row is a template of a suite. All of this
depends on the plan alone, so it is laid out once and serves every metric.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audit.records.counterfactuals import CounterfactualSet
from audit.records.estimates import Expected
from audit.records.probes import Cue, OutcomeKind, ProbeSuite

Places = NDArray[np.intp]


class CellKey(NamedTuple):
    """What all answers of a cell have in common."""

    axis: str
    cue: Cue
    reference: str
    language: str
    domain: str
    outcome: OutcomeKind
    expected: Expected = "invariance"

    @property
    def words(self) -> tuple[str, ...]:
        """What names the cell; what holds for almost every cell is left unsaid."""
        return tuple(self) if self.expected == "difference" else tuple(self)[:-1]


@dataclass(frozen=True)
class Side:
    """The planned answers of one group in a cell, one an element.

    Attributes:
        pairs: What the partner under a label cue shares: one number for each set and name.
        rows: Template, as a place in `Cell.templates`.
        units: Signalling unit, as a place in `unit_names`.
        places: Place in the columns of `Observed`.
        unit_names: Sorted; a name without a unit is its own unit.
    """

    pairs: Places
    rows: Places
    units: Places
    places: Places
    unit_names: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """A cell with its rows and its groups, the reference among them."""

    key: CellKey
    templates: tuple[tuple[str, str], ...]  # (suite key, template id), sorted
    sides: Mapping[str, Side]


class _Asked(NamedTuple):
    """One planned answer, before rows and units are numbered."""

    pair: int
    template: tuple[str, str]
    unit: str
    place: int


def cells(
    sets: Sequence[CounterfactualSet], index: Mapping[str, int], suites: Mapping[str, ProbeSuite]
) -> Iterator[Cell]:
    """Yield the cells of a run, sorted by key.

    Templates where a difference is expected answer another question and are cells apart.
    """
    expected = {(key, one.id): one.expected for key, s in suites.items() for one in s.templates}
    gathered: dict[CellKey, dict[str, list[_Asked]]] = defaultdict(lambda: defaultdict(list))
    pairs: dict[tuple[int, str], int] = {}
    for number, asked in enumerate(sets):
        template = (asked.suite_key, asked.template)
        where = (asked.axis, asked.cue, asked.reference, asked.language, asked.domain)
        key = CellKey(*where, asked.outcome, expected[template])
        groups = gathered[key]
        for variant in asked.variants:
            pair = pairs.setdefault((number, variant.name), len(pairs))
            unit = variant.unit or variant.name
            groups[variant.group].append(_Asked(pair, template, unit, index[variant.id]))
    for key in sorted(gathered):
        yield _cell(key, gathered[key])


def _cell(key: CellKey, groups: Mapping[str, Sequence[_Asked]]) -> Cell:
    templates = sorted({asked.template for side in groups.values() for asked in side})
    number = {template: row for row, template in enumerate(templates)}
    sides = {group: _side(groups[group], number) for group in sorted(groups)}
    return Cell(key, tuple(templates), sides)


def _side(asked: Sequence[_Asked], number: Mapping[tuple[str, str], int]) -> Side:
    unit_names = sorted({one.unit for one in asked})
    unit = {name: column for column, name in enumerate(unit_names)}
    ordered = sorted(asked)  # by pair, so that partners can be matched by search
    return Side(
        pairs=np.array([one.pair for one in ordered], dtype=np.intp),
        rows=np.array([number[one.template] for one in ordered], dtype=np.intp),
        units=np.array([unit[one.unit] for one in ordered], dtype=np.intp),
        places=np.array([one.place for one in ordered], dtype=np.intp),
        unit_names=tuple(unit_names),
    )
