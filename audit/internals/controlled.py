"""Controlled: the same measurement of effects where no effect of the group can be.

*Another person of the same group*: the reference side meets another person of the reference
group, and the group's side another person of the group; only the name differs, so what moves
there is what a change of person moves. *Random weights*: the same network shape that has
learnt nothing, on the same pair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from audit.internals.exchanging import DIRECTIONS, Direction, Exchange
from audit.internals.pairs import Order
from audit.models.randomising import randomised
from audit.records.digests import content_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.internals.pairs import Pair
    from audit.models.contract import Intervenes

Measure = Callable[[Sequence[Order], Sequence[Direction]], Exchange]
"""Measures effects between the sides of some orders, in some directions."""


@dataclass(frozen=True)
class People:
    """Effects between two people of one group.

    Attributes:
        effects: (people, directions, effects); no people where no name fits.
        differences: Of the log-odds, (people, directions).
        smallest: The smallest batch that memory allowed; 0 if it was never short.
    """

    effects: NDArray[np.float64]
    differences: NDArray[np.float64]
    smallest: int


def between_people(pair: Pair, measure: Measure, effects: int) -> People:
    """Return the effects between two people of one group, each direction at its own side."""
    found = [
        measure(control.orders, [direction])
        for direction, control in zip(DIRECTIONS, pair.controls, strict=False)
    ]
    if not found:
        return People(np.zeros((0, 2, effects)), np.zeros((0, 2)), 0)
    return People(
        np.stack([one.effects[0] for one in found])[None],
        np.array([[one.difference for one in found]]),
        max(one.smallest for one in found),
    )


def with_random_weights(model: Intervenes, pair: Pair, measure: Measure) -> Exchange:
    """Return the effects in a network of the same shape with random weights."""
    with randomised(model.module, content_seed("random weights")):
        return measure([_reopened(model, order) for order in pair.orders], DIRECTIONS)


def remarks(*smallest: int) -> tuple[str, ...]:
    """Return what is said where memory was short."""
    short = [one for one in smallest if one]
    return (f"memory was short: batches were halved down to {min(short)}",) if short else ()


def _reopened(model: Intervenes, order: Order) -> Order:
    """Return an order with the embeddings that the model has now."""
    group, reference = (
        replace(side, embeddings=model.embed(side.encoded.ids).detach())
        for side in (order.group, order.reference)
    )
    return replace(order, group=group, reference=reference)
