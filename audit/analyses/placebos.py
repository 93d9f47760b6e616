"""Placebos: contrasts in which nothing differs but the names of one and the same group.

One for each group, suite (and so language), axis, cue and kind of outcome: the answers to the
first half of the group's names against those to the second, by the estimator that serves a
name cue. Halves are fixed by the alphabet, women and men apart, and not drawn: a half drawn at
random could show nothing that another draw would not. The same-group null beside every
disparity is drawn by seed instead, for it says how large such a gap is, and is no test.

Templates where a difference is expected, and the variant without a mention, are left out.

Reads:  the log-odds column, whatever metric the policy judges.
Gives:  one `PlaceboCell` a contrast; its disparity goes through the same families, correction
        and verdict as any other.
Source: negative controls, Lipsitch et al. 2010, Epidemiology 21:383.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audit.analyses.cells import Cell, CellKey, Side, cells
from audit.analyses.comparison import values
from audit.analyses.contract import Column, Observed
from audit.records.digests import content_id
from audit.records.estimates import Disparity, Quantity, Undefined
from audit.records.identities import NameList
from audit.records.probes import NO_MENTION
from audit.stats.crossed import Floor, by_unit, nested
from audit.stats.halves import first_halves

if TYPE_CHECKING:
    from audit.records.counterfactuals import CounterfactualSet

Array = NDArray[np.float64]

_NO_NULL = Undefined(reason="a placebo is itself a null")


@dataclass(frozen=True)
class PlaceboCell:
    """The answers of one group in one suite, and how its names are halved.

    Attributes:
        answers: Log-odds, (templates, units), NaN where missing.
        templates: Ids, in the order of the rows.
        units: Signalling units, in the order of the columns.
        strata: The gender of each unit's names; halves are alike in it.
        first: Which units are in the first half, (units,).
    """

    key: CellKey
    suite: str
    group: str
    harm: str
    answers: Array
    templates: tuple[str, ...]
    units: tuple[str, ...]
    strata: tuple[str, ...]
    first: NDArray[np.bool_]
    planned: int
    failed: int
    median_mass: float | None

    @property
    def id(self) -> str:
        """Made of what is compared."""
        return content_id("placebo", self.suite, self.group, *self.key)

    @property
    def names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The units of both halves."""
        pairs = list(zip(self.units, self.first.tolist(), strict=True))
        return tuple(u for u, mine in pairs if mine), tuple(u for u, mine in pairs if not mine)


def placebo_cells(
    observed: Observed, name_lists: Mapping[str, NameList]
) -> tuple[PlaceboCell, ...]:
    """Return every placebo contrast of a run, sorted by suite and cell."""
    genders = _genders(name_lists)
    by_suite: dict[str, list[CounterfactualSet]] = defaultdict(list)
    for one in observed.sets:
        by_suite[one.suite_key].append(one)
    return tuple(
        _placebo(cell, group, suite, observed, genders)
        for suite in sorted(by_suite)
        for cell in cells(by_suite[suite], observed.index, observed.suites)
        for group in cell.sides
        if group != NO_MENTION and cell.key.expected == "invariance"
    )


def placebo_disparity(cell: PlaceboCell, answers: Array, observed: Observed) -> Disparity:
    """Return a placebo as a disparity, so that it can be judged as any other.

    Args:
        cell: The placebo.
        answers: What stands in place of its own answers, same units; fewer templates may do.
        observed: Gives the floors.
    """
    key = cell.key
    column = _column(observed, key)
    return Disparity(
        id=cell.id,
        metric=column.metric.name,
        facet=cell.suite,
        unit=column.metric.unit,
        primary=True,
        outcome=key.outcome,
        axis=key.axis,
        cue=key.cue,
        group=cell.group,
        reference=cell.group,
        language=key.language,
        domain=key.domain,
        suites=(cell.suite,),
        harm=cell.harm,
        estimate=gap(answers, cell.first, observed),
        null=_NO_NULL,
        planned=cell.planned,
        failed=cell.failed,
        median_mass=cell.median_mass,
    )


def gap(answers: Array, first: NDArray[np.bool_], observed: Observed) -> Quantity:
    """Return the first half's mean minus the second's."""
    policy = observed.policy
    least = Floor(policy.min_templates, policy.min_names)
    if min(int(first.sum()), int((~first).sum())) < policy.min_names:
        reason = f"{first.size} names are too few for two halves of {policy.min_names}"
        return Undefined(reason=reason)
    return nested(answers[:, first], answers[:, ~first], floor=least)


def _placebo(
    cell: Cell, group: str, suite: str, observed: Observed, genders: Mapping[str, str]
) -> PlaceboCell:
    side = cell.sides[group]
    strata = tuple(genders.get(unit, "") for unit in side.unit_names)
    asked = np.unique(side.places)
    answered = asked[observed.answered[asked]]
    mass = observed.mass[answered]
    known = mass[~np.isnan(mass)]  # outcomes without listed answers have none
    return PlaceboCell(
        key=cell.key,
        suite=suite,
        group=group,
        harm=observed.suites[suite].harm,
        answers=_answers(cell, side, _column(observed, cell.key)),
        templates=tuple(template for _, template in cell.templates),
        units=side.unit_names,
        strata=strata,
        first=first_halves(strata),
        planned=asked.size,
        failed=asked.size - answered.size,
        median_mass=float(np.median(known)) if known.size else None,
    )


def _answers(cell: Cell, side: Side, column: Column) -> Array:
    shape = (len(cell.templates), len(side.unit_names))
    return by_unit(values(column, side.places), rows=side.rows, units=side.units, shape=shape)


def _column(observed: Observed, key: CellKey) -> Column:
    """Return the column in log-odds."""
    return next(c for c in observed.columns if key.outcome in c.metric.primary)


def _genders(name_lists: Mapping[str, NameList]) -> dict[str, str]:
    """Return the genders of the names behind each signalling unit, e.g. "f" or "fm"."""
    found: dict[str, set[str]] = defaultdict(set)
    for names in name_lists.values():
        for name in names.names:
            found[name.unit or name.key].add(names.gender)
    return {unit: "".join(sorted(genders)) for unit, genders in found.items()}
