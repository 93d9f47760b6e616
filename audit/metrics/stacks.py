"""Stacks: many answers of one shape, read off like one.

A stack offers what the metrics read of a `ChoiceProbabilities` or an `OrderedProbabilities`,
with an array where one answer has a number, so that a metric is written once and a million
answers cost seconds. Elementary functions come from `math`, element by element: numpy's own
differ in the last bit between processors, and what is derived must not.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Numbers = TypeVar("Numbers", float, Array)


@dataclass(frozen=True)
class OrderStack:
    """What `OrderAnswers` is for one answer; `log_probs` has the shape (answers listed, n)."""

    order: tuple[str, ...]
    log_probs: Array

    @property
    def mass(self) -> Array:
        return each(math.exp, log_sum_exp_each(list(self.log_probs)))

    def log_prob(self, key: str) -> Array:
        return np.asarray(self.log_probs[self.order.index(key)])


@dataclass(frozen=True)
class ChoiceStack:
    """What `ChoiceProbabilities` is for one answer."""

    favourable: str
    unfavourable: str
    orders: tuple[OrderStack, ...]

    def log_odds_by_order(self) -> tuple[Array, ...]:
        return tuple(
            asked.log_prob(self.favourable) - asked.log_prob(self.unfavourable)
            for asked in self.orders
        )

    @property
    def mass(self) -> Array:
        return mean([asked.mass for asked in self.orders])


@dataclass(frozen=True)
class OrderedStack:
    """What `OrderedProbabilities` is for one answer."""

    levels: tuple[str, ...]
    orders: tuple[OrderStack, ...]

    def log_odds_above(self) -> tuple[tuple[Array, ...], ...]:
        return tuple(
            tuple(
                log_sum_exp_each([asked.log_prob(level) for level in self.levels[cut:]])
                - log_sum_exp_each([asked.log_prob(level) for level in self.levels[:cut]])
                for cut in range(1, len(self.levels))
            )
            for asked in self.orders
        )

    def log_odds_by_order(self) -> tuple[Array, ...]:
        return tuple(mean(list(cuts)) for cuts in self.log_odds_above())

    @property
    def mass(self) -> Array:
        return mean([asked.mass for asked in self.orders])


@dataclass(frozen=True)
class NumberStack:
    """What `NumberAnswer` is for one answer."""

    favourable: str
    ends: tuple[float, float] | None
    value: Array


@dataclass(frozen=True)
class SequenceStack:
    """What `SequenceScore` is for one text."""

    log_likelihood: Array
    tokens: Array


@dataclass(frozen=True)
class AssociationStack:
    """What `SequenceLikelihood` is for one statement."""

    favourable: str
    text: SequenceStack
    carriers: tuple[SequenceStack, ...]


OfferedStack = ChoiceStack | OrderedStack
Stack = OfferedStack | NumberStack | AssociationStack


def each(function: Callable[[float], float], numbers: Numbers) -> Numbers:
    """Return the function of a number, or of each number of an array."""
    if isinstance(numbers, np.ndarray):
        return np.array([function(one) for one in numbers.tolist()], dtype=float)
    return function(numbers)


def mean(numbers: list[Numbers]) -> Numbers:
    """Return the mean of numbers, or of arrays element by element."""
    return sum(numbers[1:], numbers[0]) / len(numbers)


def log_sum_exp_each(logs: list[Numbers]) -> Numbers:
    """Return log(sum(exp(v))) in nats, without overflow, element by element."""
    top = reduce(np.maximum, logs)
    parts = [each(math.exp, one - top) for one in logs]
    return top + each(math.log, sum(parts[1:], parts[0]))
