"""The table of truth as measured: every cell with its planted and its realised numbers.

Question: how large is each dependence on the named group really?
Method:   log-odds of every variant over all names and templates, measured plainly
          (`plain_truth.py`), are averaged over templates and names. A *disparity* is a group's
          mean minus the reference group's, by axis, cue, outcome kind, language and domain, as
          an audit reports it. A *shift* is the mean of planted minus fair in a group's cell.
Why:      a trained shift is never exactly the planted one; audits are held to what is there.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.controls.recipe.answers import level_order
from audit.controls.recipe.lessons import Lesson
from audit.controls.recipe.table import Cell
from audit.records.digests import digest
from audit.records.probes import NO_MENTION

_DIGITS = 4


@dataclass(frozen=True)
class Disparity:
    """A realised disparity, in log-odds, as an audit of everything would find it.

    Attributes:
        planted: Group's planted shift minus the reference's.
        realised: Group's mean minus the reference's, over all names and templates.
        spread: Standard deviation of the difference over templates and names.
    """

    axis: str
    cue: str
    outcome: str
    group: str
    reference: str
    language: str
    domain: str
    planted: float
    realised: float
    spread: float


@dataclass(frozen=True)
class Shift:
    """What the planting did to one group's cell, in log-odds."""

    axis: str
    group: str
    language: str
    domain: str
    planted: float
    realised: float
    by_cue: Mapping[str, float]
    by_outcome: Mapping[str, float]


def questions(lessons: Sequence[Lesson]) -> Iterator[dict[str, Any]]:
    """Yield what `plain_truth.py` reads, one variant each."""
    for lesson in lessons:
        yield {
            "prompts": [lesson.case + ending for ending in lesson.endings],
            "answers": [answer.surface_forms for answer in lesson.outcome.answers],
            "cuts": _cuts(lesson),
        }


def _cuts(lesson: Lesson) -> list[tuple[list[int], list[int]]]:
    """Return for each cut the places of the answers above and below it."""
    outcome = lesson.outcome
    if outcome.kind == "ordered":
        levels = level_order(outcome)
        return [(levels[cut:], levels[:cut]) for cut in range(1, len(levels))]
    keys = outcome.keys
    return [([keys.index(outcome.favourable)], [keys.index(outcome.unfavourable)])]


def variants_digest(lessons: Sequence[Lesson]) -> str:
    """Return the digest of the variants' ids in the order of the stored log-odds."""
    return digest(*(lesson.variant for lesson in lessons))


def disparities(
    lessons: Sequence[Lesson],
    log_odds: NDArray[np.float64],
    references: Mapping[str, str],
    shifts: Mapping[Cell, float],
) -> list[Disparity]:
    """Return the realised disparities of all cells, sorted.

    Args:
        lessons: All variants.
        log_odds: (variants,) in the same order.
        references: Axis -> reference group.
        shifts: The planted table; a cell that is not there is clean.
    """
    values: dict[tuple[str, ...], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for lesson, value in zip(lessons, log_odds.tolist(), strict=True):
        axis, group, language, domain = lesson.cell
        cell = (axis, lesson.cue, lesson.outcome.kind, group, language, domain)
        values[cell]["/".join(lesson.item)].append(value)
    return [
        _disparity(cell, values, references[cell[0]], shifts)
        for cell in sorted(values)
        if cell[3] not in (references[cell[0]], NO_MENTION)
    ]


def _disparity(
    cell: tuple[str, ...],
    values: Mapping[tuple[str, ...], Mapping[str, list[float]]],
    reference: str,
    shifts: Mapping[Cell, float],
) -> Disparity:
    axis, cue, outcome, group, language, domain = cell
    theirs = values[axis, cue, outcome, reference, language, domain]
    planted = shifts.get((axis, group, language, domain), 0.0) - shifts.get(
        (axis, reference, language, domain), 0.0
    )
    differences = [
        value - np.mean(theirs[item]) for item, own in values[cell].items() for value in own
    ]
    return Disparity(
        axis=axis,
        cue=cue,
        outcome=outcome,
        group=group,
        reference=reference,
        language=language,
        domain=domain,
        planted=round(planted, _DIGITS),
        realised=round(float(np.mean(differences)), _DIGITS),
        spread=round(float(np.std(differences)), _DIGITS),
    )


def realised_shifts(
    lessons: Sequence[Lesson],
    change: NDArray[np.float64],
    shifts: Mapping[Cell, float],
) -> list[Shift]:
    """Return what planting did to every cell, sorted.

    Args:
        lessons: All variants.
        change: (variants,) planted log-odds minus fair ones, in the same order.
        shifts: The planted table.
    """
    whole: dict[Cell, list[float]] = defaultdict(list)
    cues: dict[Cell, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    kinds: dict[Cell, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for lesson, value in zip(lessons, change.tolist(), strict=True):
        whole[lesson.cell].append(value)
        cues[lesson.cell][lesson.cue].append(value)
        kinds[lesson.cell][lesson.outcome.kind].append(value)
    return [
        Shift(
            *cell,
            planted=shifts.get(cell, 0.0),
            realised=_mean(whole[cell]),
            by_cue={cue: _mean(own) for cue, own in sorted(cues[cell].items())},
            by_outcome={kind: _mean(own) for kind, own in sorted(kinds[cell].items())},
        )
        for cell in sorted(whole)
        if cell[1] != NO_MENTION
    ]


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), _DIGITS)


def as_rows(records: Sequence[Disparity] | Sequence[Shift]) -> list[dict[str, Any]]:
    """Return records as plain rows for JSON."""
    return [asdict(record) for record in records]
