"""Batches: a pure function of the plan, and the unit of resumption.

Numbers in float32 depend a little on which rows share a batch (differences to 5e-5), so a
resumed run must group exactly as the first sitting did: by cost, then by id.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from audit.measurement.contract import Answered, Instrument, Request, Unanswered


@dataclass(frozen=True)
class Batch:
    """Requests that are asked together, and the tokens that they take."""

    requests: tuple[Request, ...]
    tokens: int


def batches(requests: Sequence[Request], costs: Sequence[int], budget: int) -> tuple[Batch, ...]:
    """Group requests of like length, up to `budget` padded tokens a batch."""
    ordered = sorted(
        zip(costs, requests, strict=True), key=lambda pair: (pair[0], pair[1].variant)
    )
    groups: list[list[tuple[int, Request]]] = []
    for cost, request in ordered:
        if not groups or cost * (len(groups[-1]) + 1) > budget:
            groups.append([])
        groups[-1].append((cost, request))
    return tuple(
        Batch(
            requests=tuple(request for _, request in group),
            tokens=sum(cost for cost, _ in group),
        )
        for group in groups
    )


def ask_whole(
    instrument: Instrument,
    model: Any,
    requests: Sequence[Request],
    on_split: Callable[[int], None],
) -> list[Answered | Unanswered]:
    """Ask one batch; where memory does not suffice, ask its halves and say so.

    A single request that exceeds memory alone is an `Unanswered` error.
    """
    try:
        return instrument.ask(model, requests)
    except MemoryError:
        if len(requests) == 1:
            return [Unanswered("error", "out of memory even alone")]
    on_split(len(requests))
    middle = len(requests) // 2
    return [
        *ask_whole(instrument, model, requests[:middle], on_split),
        *ask_whole(instrument, model, requests[middle:], on_split),
    ]
