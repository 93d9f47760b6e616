"""Operating characteristics: false positives, power, coverage, where the truth is published.

Trials of one comparison share their prompts, so intervals count comparisons and not trials.
Sizes of effect are those of the truth, in margins: nothing (below a quarter of the margin),
what was added to the answers, and what was trained into the weights.

Reads:  trials of drawn subsets.
Gives:  one row for each design, planting and band of sizes; the slope of estimate on truth.
Source: operating characteristics of a test, Neyman & Pearson 1933, Phil. Trans. A 231:289.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from audit.controls.recovery import share
from audit.records.operating import OperatingRow, OperatingTrial, Planting

NOTHING = 0.25
"""Below so many margins a truth counts as nothing."""

_BANDS = (0.0, 0.25, 0.75, 1.5, 3.0, 5.0)
"""Where bands of sizes begin, in margins."""

Key = tuple[int, int, Planting, int]


def rows(trials: Sequence[OperatingTrial]) -> Iterator[OperatingRow]:
    """Yield the rows, sorted by design, planting and size."""
    groups: dict[Key, list[OperatingTrial]] = defaultdict(list)
    for one in trials:
        groups[one.templates, one.names, one.planting, _band(one.size)].append(one)
    for key in sorted(groups):
        yield _row(groups[key])


def slope(trials: Sequence[OperatingTrial], margin: float) -> float | None:
    """Return the slope of estimate on truth through the trained shifts, by least squares.

    Signs are folded: each truth counts as positive, its error turned with it.

    Args:
        trials: Any; those whose planting was training are used.
        margin: In log-odds; turns sizes into truths.
    """
    trained = [one for one in trials if one.planting == "training"]
    if not trained:
        return None
    truth = np.array([one.size * margin for one in trained])
    estimate = truth + np.array([one.error for one in trained])
    return float((truth @ estimate) / (truth @ truth))


def _band(size: float) -> int:
    return max(place for place, start in enumerate(_BANDS) if size >= start)


def _row(own: Sequence[OperatingTrial]) -> OperatingRow:
    cells = [f"{one.standard}/{one.cell}" for one in own]
    errors = np.array([one.error for one in own])
    return OperatingRow(
        planting=own[0].planting,
        least=min(one.size for one in own),
        most=max(one.size for one in own),
        templates=own[0].templates,
        names=own[0].names,
        noticed=share([one.noticed for one in own], cells),
        cleared=share([one.cleared for one in own], cells),
        covered=share([one.covered for one in own], cells),
        error=float(errors.mean()),
        spread=float(np.sqrt(np.mean(errors**2))),
    )
