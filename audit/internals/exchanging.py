"""Exchanging: what moving parts of one side's pass into the other's does, exactly.

Two directions, both signed as group minus reference, so that a part that alone carried the
whole difference would have the whole difference as its effect, both times:

    denoise  m(reference, part from the group) - m(reference)
    noise    m(group) - m(group, part from the reference)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from audit.internals.matching import Where, matched
from audit.internals.recording import record
from audit.internals.replacing import Replacement, Row, replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from audit.internals.pairs import Order
    from audit.internals.recording import Recording
    from audit.models.architectures import Architecture
    from audit.models.sites import Site

DIRECTIONS = ("denoise", "noise")

Movable = tuple[tuple["Site", slice], ...]
"""Stretches of sites that are moved together."""


@dataclass(frozen=True)
class Exchange:
    """Effects in log-odds, mean over orders.

    Attributes:
        effects: (directions, movables).
        difference: The pair's own, group minus reference.
        halved: How often a batch was split for want of memory.
    """

    effects: NDArray[np.float64]
    difference: float
    halved: int


@dataclass(frozen=True)
class Way:
    """One direction of one order: whose run is changed, and where the values come from.

    Attributes:
        run: The run that is changed.
        source: The other side's.
        to_places: In the changed run, for each pass.
        from_places: In the other side's, likewise.
        sign: Of the change of the log-odds, so that both directions read as group minus
            reference.
    """

    run: Recording
    source: Recording
    to_places: tuple[Tensor, ...]
    from_places: tuple[Tensor, ...]
    sign: int

    def moved(self, site: Site, columns: slice) -> Replacement:
        """Return the replacement that takes a stretch from the other side."""
        values = tuple(
            one[places, columns]
            for one, places in zip(self.source.values[site], self.from_places, strict=True)
        )
        return Replacement(site, columns, self.to_places, values)


def exchanged(
    parts: Architecture,
    orders: Sequence[Order],
    movables: Sequence[Movable],
    *,
    where: Where = "everywhere",
) -> Exchange:
    """Return the effects of moving each movable between the sides of a pair."""

    def rows(way: Way) -> list[Row]:
        return [tuple(way.moved(*stretch) for stretch in movable) for movable in movables]

    sites = {site for movable in movables for site, _ in movable}
    every = (ways(parts, one, sites, where) for one in orders)
    return effects(parts, every, rows)


def ways(
    parts: Architecture,
    order: Order,
    sites: Iterable[Site],
    where: Where = "everywhere",
) -> tuple[Way, ...]:
    """Return the directions of one order, with both sides' passes recorded at the sites.

    What both sides begin with is the same in all passes, changed ones included, so all of
    them go on after it.
    """
    kept, order = sorted(sites), _begun(order)
    mine, theirs = (record(parts, side, kept) for side in (order.group, order.reference))
    places = matched(order, mine.values[kept[0]], theirs.values[kept[0]], where)
    return (
        Way(theirs, mine, places.reference, places.group, 1),
        Way(mine, theirs, places.group, places.reference, -1),
    )


def _begun(order: Order) -> Order:
    """Return an order whose passes begin where its sides part, if the model can go on there."""
    beginning = order.group.model.keep(order.group.encoded.ids[: order.alike])
    if beginning is None:
        return order
    group, reference = order.group.after(beginning), order.reference.after(beginning)
    return replace(order, group=group, reference=reference)


def effects(
    parts: Architecture,
    orders: Iterable[tuple[Way, ...]],
    rows: Callable[[Way], list[Row]],
) -> Exchange:
    """Return what each row of replacements does to the log-odds, mean over orders.

    Args:
        orders: The ways of each order.
        rows: Makes the same number of rows for each way.
    """
    found, differences, halved = [], [], 0
    for every in orders:
        outcomes = [(way, replaced(parts, way.run, rows(way))) for way in every]
        found.append([way.sign * (one.log_odds - way.run.log_odds) for way, one in outcomes])
        halved += sum(one.halved for _, one in outcomes)
        way = every[0]
        differences.append(way.sign * (way.source.log_odds - way.run.log_odds))
    return Exchange(np.mean(found, axis=0), float(np.mean(differences)), halved)
