"""What an analysis reads, and the shape it must have.

Analyses read columns: for every metric (and facet) one array over all variants of the run,
NaN-free through a mask, addressed by the variants' place in `Observed.index`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audit.metrics.contract import Metric
from audit.records.contrasts import Heterogeneity, NonAnswers
from audit.records.counterfactuals import CounterfactualSet
from audit.records.estimates import Disparity
from audit.records.findings import Policy
from audit.records.inside import Inside
from audit.records.internals import Looked
from audit.records.observations import FailureKind
from audit.records.probes import ProbeSuite


@dataclass(frozen=True)
class Column:
    """One number a variant, where there is one.

    Attributes:
        draws: Answers to each variant; None where nothing was asked twice.
        scatter: Sum of squares of those answers around their mean, likewise.
    """

    metric: Metric
    facet: str
    values: NDArray[np.float64]  # (variants,)
    present: NDArray[np.bool_]  # (variants,)
    draws: NDArray[np.intp] | None = None  # (variants,)
    scatter: NDArray[np.float64] | None = None  # (variants,)


@dataclass(frozen=True)
class Observed:
    """Everything that was observed, as columns.

    Attributes:
        index: Variant id -> place in every array.
        columns: One for each metric and facet.
        mass: Probability of the offered answers, per variant, averaged over orders.
        order_effect: First order minus second, in nats, per variant.
        answered: Whether the variant has a measurement.
        failures: Kind of failure -> how often it happened, per variant; kinds that never
            happened are left out.
        asked: How often the variant was asked, answered or not.
    """

    sets: tuple[CounterfactualSet, ...]
    suites: Mapping[str, ProbeSuite]
    index: Mapping[str, int]
    columns: tuple[Column, ...]
    mass: NDArray[np.float64]
    order_effect: NDArray[np.float64]
    answered: NDArray[np.bool_]
    policy: Policy
    seed: int
    failures: Mapping[FailureKind, NDArray[np.intp]] = field(default_factory=dict)
    asked: NDArray[np.intp] | None = None


@dataclass(frozen=True)
class Analysis:
    """A question put to all observations at once."""

    name: str
    question: str
    source: str
    answer: Callable[[Observed], Iterable[Disparity]]


@dataclass(frozen=True)
class Tally:
    """A question put to what was not answered."""

    name: str
    question: str
    source: str
    answer: Callable[[Observed], Iterable[NonAnswers]]


@dataclass(frozen=True)
class Synthesis:
    """A question put to the disparities of all cells at once."""

    name: str
    question: str
    source: str
    answer: Callable[[Sequence[Disparity]], Iterable[Heterogeneity]]


@dataclass(frozen=True)
class View:
    """What one question saw in one pair: its record, and the numbers of its file."""

    look: Looked
    arrays: Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Account:
    """A question put to what was seen inside the network, over all pairs at once.

    Attributes:
        reads: The internal questions whose views it needs; it is left out where one is missing.
        answer: Takes question -> views in the order of the pairs, which may be read only once
            and are not all in memory at a time.
    """

    name: str
    question: str
    source: str
    reads: tuple[str, ...]
    answer: Callable[[Mapping[str, Iterable[View]]], Iterable[Inside]]
