"""Tables: the answers of a run as arrays, gathered while they are read.

Answers that list the same options in the same orders share a shape and make one stack; no
answer is kept as an object, so a million of them take some dozen megabytes.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audit.metrics.contract import Metric
from audit.metrics.stacks import ChoiceStack, OrderedStack, OrderStack, Stack
from audit.records.observations import (
    ChoiceProbabilities,
    Failure,
    FailureKind,
    Measurement,
    OrderAnswers,
    OrderedProbabilities,
    Response,
)
from audit.records.probes import OutcomeKind

Array = NDArray[np.float64]
Places = NDArray[np.intp]


class _Shape(NamedTuple):
    """What all answers of a stack have in common; `ends` are the poles or the levels."""

    kind: OutcomeKind
    ends: tuple[str, ...]
    orders: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Table:
    """Answers of one shape, and the variant that each belongs to.

    Attributes:
        places: Place of the variant, shape (answers,).
    """

    shape: _Shape
    stack: Stack
    places: Places

    @property
    def kind(self) -> OutcomeKind:
        return self.shape.kind

    def measure(self, metric: Metric) -> Mapping[str, Array]:
        """Return the metric's numbers by facet, one an answer."""
        if metric.stacks:
            return metric.measure(self.stack)
        rows = [metric.measure(one) for one in self._responses()]
        return {facet: np.array([row[facet] for row in rows]) for facet in rows[0]}

    def _responses(self) -> Iterator[Response]:
        logs = [order.log_probs.T.tolist() for order in self.stack.orders]
        for row in zip(*logs, strict=True):
            orders = tuple(
                OrderAnswers(order=keys, log_probs=tuple(values))
                for keys, values in zip(self.shape.orders, row, strict=True)
            )
            yield _response(self.shape, orders)


def read_tables(
    observations: Iterable[Measurement | Failure], index: Mapping[str, int]
) -> tuple[list[Table], dict[FailureKind, Places]]:
    """Return the answers in tables, sorted by shape, and each kind's failures by variant.

    Args:
        observations: Read once; those of variants that are not in the index are passed over.
        index: Variant id -> place.
    """
    logs: dict[_Shape, array[float]] = defaultdict(lambda: array("d"))
    places: dict[_Shape, array[int]] = defaultdict(lambda: array("q"))
    failed: dict[FailureKind, array[int]] = defaultdict(lambda: array("q"))
    for one in observations:
        place = index.get(one.variant)
        if place is None:
            continue
        if isinstance(one, Failure):
            failed[one.kind].append(place)
            continue
        shape = _shape(one.response)
        places[shape].append(place)
        for order in one.response.orders:
            logs[shape].extend(order.log_probs)
    tables = [_table(shape, logs[shape], places[shape]) for shape in sorted(places)]
    size = len(index)
    counts = {kind: np.bincount(failed[kind], minlength=size) for kind in sorted(failed)}
    return tables, counts


def _shape(response: Response) -> _Shape:
    orders = tuple(one.order for one in response.orders)
    if isinstance(response, ChoiceProbabilities):
        return _Shape("choice", (response.favourable, response.unfavourable), orders)
    return _Shape("ordered", response.levels, orders)


def _table(shape: _Shape, logs: "array[float]", places: "array[int]") -> Table:
    width = sum(len(keys) for keys in shape.orders)
    rows = np.frombuffer(logs).reshape(len(places), width)
    ends = np.cumsum([len(keys) for keys in shape.orders])[:-1]
    orders = tuple(
        OrderStack(keys, np.ascontiguousarray(part.T))
        for keys, part in zip(shape.orders, np.split(rows, ends, axis=1), strict=True)
    )
    stack = (
        ChoiceStack(shape.ends[0], shape.ends[1], orders)
        if shape.kind == "choice"
        else OrderedStack(shape.ends, orders)
    )
    return Table(shape, stack, np.array(places, dtype=np.intp))


def _response(shape: _Shape, orders: tuple[OrderAnswers, ...]) -> Response:
    if shape.kind == "choice":
        return ChoiceProbabilities(
            favourable=shape.ends[0], unfavourable=shape.ends[1], orders=orders
        )
    return OrderedProbabilities(levels=shape.ends, orders=orders)
