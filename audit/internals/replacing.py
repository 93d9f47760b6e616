"""Replacing: what the log-odds become when parts of a pass are given other values, exactly.

Many replacements are one batch: row r of it is the prompt's pass with its own replacement,
and rows whose first replaced layer is the same begin there (`audit.models.resuming`), since
nothing below it can change; and no row has the places before the sides part, where nothing
can change either (`audit.models.keeping`). Where memory is short the batch is halved and the
rows go on.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import torch

from audit.models.memory import in_halves
from audit.models.resuming import resumed
from audit.models.sites import edited

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from audit.internals.recording import Passes, Recording
    from audit.models.architectures import Architecture
    from audit.models.sites import Site

_TOKENS = 4096  # of a batch, as in a batch of measurement


@dataclass(frozen=True)
class Replacement:
    """Values put in place of what flows through a stretch of a site, pass by pass.

    Attributes:
        columns: Of the site.
        places: Of each pass, (places,).
        values: For each pass, (places, columns).
    """

    site: Site
    columns: slice
    places: tuple[Tensor, ...]
    values: Passes


Row = tuple["Replacement", ...]
"""Replacements made together in one pass."""


@dataclass(frozen=True)
class Replaced:
    """What replacements come to.

    Attributes:
        log_odds: One a row, in nats.
        halved: How often a batch was split for want of memory.
    """

    log_odds: NDArray[np.float64]
    halved: int


def replaced(parts: Architecture, run: Recording, rows: Sequence[Row]) -> Replaced:
    """Return the log-odds of the prompt under each row of replacements.

    Raises:
        MemoryError: If a single row is too large.
    """
    found = np.zeros(len(rows))
    halved = 0
    batch = max(1, _TOKENS // len(run.side.embeddings))
    for layer, numbers in sorted(_by_layer(rows).items()):
        for start in range(0, len(numbers), batch):
            chunk = numbers[start : start + batch]

            def act(some: Sequence[Row], layer: int = layer) -> list[float]:
                return _pass(parts, run, some, layer)

            found[chunk], splits = in_halves(act, [rows[n] for n in chunk])
            halved += splits
    return Replaced(found, halved)


def _by_layer(rows: Sequence[Row]) -> dict[int, list[int]]:
    """Return first replaced layer -> rows."""
    numbers: dict[int, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        numbers[max(0, min(one.site.layer for one in row))].append(number)
    return numbers


def _pass(parts: Architecture, run: Recording, rows: Sequence[Row], layer: int) -> list[float]:
    """Return one batch's log-odds."""
    embeddings = run.side.embeddings.expand(len(rows), -1, -1)
    with (
        torch.inference_mode(),
        resumed(parts, run.outputs, layer, len(rows)),
        edited(parts, editing(rows)),
    ):
        log_odds = run.side.log_odds(embeddings)
    return [float(one) for one in log_odds]


_Placed = list[tuple[int, Replacement]]
"""Replacements at one site with their row of the batch."""


def editing(rows: Sequence[Row]) -> dict[Site, Callable[[Tensor], Tensor]]:
    """Return the edits that make each row's replacements, for `audit.models.sites.edited`."""
    placed: dict[Site, _Placed] = defaultdict(list)
    for number, row in enumerate(rows):
        for one in row:
            placed[one.site].append((number, one))
    return {site: _edit(found) for site, found in placed.items()}


def _edit(placed: _Placed) -> Callable[[Tensor], Tensor]:
    """Return the edit that makes all replacements at one site; it counts the passes."""
    passes = count()

    def edit(tensor: Tensor) -> Tensor:
        changed = tensor.clone()
        here = next(passes) % len(placed[0][1].places)
        for row, one in placed:
            changed[row, one.places[here], one.columns] = one.values[here]
        return changed

    return edit
