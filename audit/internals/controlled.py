"""Controlled: the same measurement of effects where no effect of the group can be.

*Another person of the same group*: the reference meets the reference group under another
name, so what moves there is what a change of person moves. *Random weights*: the same network
shape that has learnt nothing, on the same pair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from audit.internals.exchanging import Exchange
from audit.internals.pairs import Order
from audit.models.randomising import randomised
from audit.records.digests import content_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.internals.pairs import Pair
    from audit.models.contract import Intervenes

Measure = Callable[[Sequence[Order]], Exchange]
"""Measures effects between the sides of some orders, in both directions."""


@dataclass(frozen=True)
class People:
    """Effects between two people of one group.

    Attributes:
        effects: (people, directions, effects); no people where there is no other name.
        differences: Of the log-odds, (people,).
        halved: How often a batch was split for want of memory.
    """

    effects: NDArray[np.float64]
    differences: NDArray[np.float64]
    halved: int


def between_people(pair: Pair, measure: Measure, effects: int) -> People:
    """Return the effects between two people of the reference group."""
    if not pair.control:
        return People(np.zeros((0, 2, effects)), np.zeros(0), 0)
    found = measure(pair.control)
    return People(found.effects[None], np.array([found.difference]), found.halved)


def with_random_weights(model: Intervenes, pair: Pair, measure: Measure) -> Exchange:
    """Return the effects in a network of the same shape with random weights."""
    with randomised(model.module, content_seed("random weights")):
        return measure([_reopened(model, order) for order in pair.orders])


def remarks(*halved: int) -> tuple[str, ...]:
    """Return what is said where memory was short."""
    splits = sum(halved)
    return (f"memory was short: batches were halved {splits} times",) if splits else ()


def _reopened(model: Intervenes, order: Order) -> Order:
    """Return an order with the embeddings that the model has now."""
    group, reference = (
        replace(side, embeddings=model.embed(side.encoded.ids).detach())
        for side in (order.group, order.reference)
    )
    return replace(order, group=group, reference=reference)
