"""Tables: the answers of a run as arrays, gathered while they are read.

Answers of one kind that list the same options in the same orders share a shape and make one
stack; no answer is kept as an object, so a million of them take some dozen megabytes.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audit.metrics.contract import Metric
from audit.metrics.stacks import (
    AssociationStack,
    ChoiceStack,
    NumberStack,
    OrderedStack,
    OrderStack,
    SequenceStack,
    Stack,
)
from audit.records.observations import (
    ChoiceProbabilities,
    Failure,
    FailureKind,
    Measurement,
    NumberAnswer,
    OrderAnswers,
    OrderedProbabilities,
    Response,
    SequenceLikelihood,
    SequenceScore,
)
from audit.records.probes import OutcomeKind

Array = NDArray[np.float64]
Places = NDArray[np.intp]


_ORDERS_COMPARED = 2


class _Shape(NamedTuple):
    """What all answers of a stack have in common.

    Attributes:
        words: The poles, the levels, or the direction that favours the person.
        orders: Where answers were offered, the keys of each order.
        texts: Where texts were scored, how many.
        ends: The ends of a scale of marks.
    """

    kind: OutcomeKind
    words: tuple[str, ...]
    orders: tuple[tuple[str, ...], ...] = ()
    texts: int = 0
    ends: tuple[float, ...] = ()

    @property
    def width(self) -> int:
        """Numbers that an answer takes."""
        if self.orders:
            return sum(len(keys) for keys in self.orders)
        return 2 * self.texts or 1


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

    @property
    def mass(self) -> Array:
        """Return the offered answers' probability; NaN where none are offered."""
        if isinstance(self.stack, ChoiceStack | OrderedStack):
            return self.stack.mass
        return np.full(self.places.size, np.nan)

    @property
    def order_effects(self) -> Array:
        """Return the log-odds of the first order minus those of the second, in nats."""
        if isinstance(self.stack, ChoiceStack | OrderedStack):
            orders = self.stack.log_odds_by_order()
            if len(orders) >= _ORDERS_COMPARED:
                return orders[0] - orders[1]
        return np.full(self.places.size, np.nan)

    def _responses(self) -> Iterator[Response]:
        rows = _columns(self.stack).tolist()
        return (_response(self.shape, row) for row in rows)


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
        logs[shape].extend(_numbers(one.response))
    tables = [_table(shape, logs[shape], places[shape]) for shape in sorted(places)]
    size = len(index)
    counts = {kind: np.bincount(failed[kind], minlength=size) for kind in sorted(failed)}
    return tables, counts


def _shape(response: Response) -> _Shape:
    match response:
        case ChoiceProbabilities():
            poles = (response.favourable, response.unfavourable)
            return _Shape("choice", poles, tuple(one.order for one in response.orders))
        case OrderedProbabilities():
            return _Shape("ordered", response.levels, tuple(one.order for one in response.orders))
        case NumberAnswer():
            words = (response.favourable, response.unit)
            return _Shape(response.kind, words, ends=response.ends or ())
    return _Shape("association", (response.favourable,), texts=1 + len(response.carriers))


def _numbers(response: Response) -> Iterator[float]:
    """Yield an answer's numbers in the order in which a table keeps them."""
    match response:
        case NumberAnswer():
            yield response.value
        case SequenceLikelihood():
            for text in (response.text, *response.carriers):
                yield text.log_likelihood
                yield text.tokens
        case _:
            for order in response.orders:
                yield from order.log_probs


def _table(shape: _Shape, logs: "array[float]", places: "array[int]") -> Table:
    columns = np.ascontiguousarray(np.frombuffer(logs).reshape(len(places), shape.width).T)
    return Table(shape, _stack(shape, columns), np.array(places, dtype=np.intp))


def _stack(shape: _Shape, columns: Array) -> Stack:
    """Return the stack of answers whose numbers stand in columns, (width, answers)."""
    if shape.kind in ("number", "marks"):
        low, *high = shape.ends or (0.0,)
        return NumberStack(shape.words[0], (low, high[0]) if high else None, columns[0])
    if shape.kind == "association":
        texts = [SequenceStack(*columns[n : n + 2]) for n in range(0, len(columns), 2)]
        return AssociationStack(shape.words[0], texts[0], tuple(texts[1:]))
    ends = np.cumsum([len(keys) for keys in shape.orders])[:-1]
    parts = zip(shape.orders, np.split(columns, ends), strict=True)
    orders = tuple(OrderStack(keys, part) for keys, part in parts)
    if shape.kind == "choice":
        return ChoiceStack(shape.words[0], shape.words[1], orders)
    return OrderedStack(shape.words, orders)


def _columns(stack: Stack) -> Array:
    """Return a stack's numbers once more, one row an answer."""
    match stack:
        case NumberStack():
            return stack.value[:, np.newaxis]
        case AssociationStack():
            texts = (stack.text, *stack.carriers)
            return np.column_stack([c for t in texts for c in (t.log_likelihood, t.tokens)])
    return np.concatenate([order.log_probs for order in stack.orders]).T


def _response(shape: _Shape, row: list[float]) -> Response:
    """Return one answer of a table as it was recorded."""
    if shape.kind in ("number", "marks"):
        told = {"kind": shape.kind, "value": row[0], "ends": shape.ends or None}
        favourable, unit = shape.words
        return NumberAnswer.model_validate(told | {"favourable": favourable, "unit": unit})
    if shape.kind == "association":
        texts = [
            SequenceScore(log_likelihood=row[n], tokens=int(row[n + 1]))
            for n in range(0, len(row), 2)
        ]
        said = {"favourable": shape.words[0], "text": texts[0], "carriers": texts[1:]}
        return SequenceLikelihood.model_validate(said)
    left = iter(row)
    orders = tuple(
        OrderAnswers(order=keys, log_probs=tuple(next(left) for _ in keys))
        for keys in shape.orders
    )
    if shape.kind == "choice":
        favourable, unfavourable = shape.words
        return ChoiceProbabilities(favourable=favourable, unfavourable=unfavourable, orders=orders)
    return OrderedProbabilities(levels=shape.words, orders=orders)
