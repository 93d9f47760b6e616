"""What an analysis reads, and the shape it must have.

Analyses read columns: for every metric (and facet) one array over all variants of the run,
NaN-free through a mask, addressed by the variants' place in `Observed.index`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.metrics.contract import Metric
from audit.records.estimates import Disparity
from audit.records.findings import Policy
from audit.records.probes import CounterfactualSet, ProbeSuite


@dataclass(frozen=True)
class Column:
    """One number a variant, where there is one."""

    metric: Metric
    facet: str
    values: NDArray[np.float64]  # (variants,)
    present: NDArray[np.bool_]  # (variants,)


@dataclass(frozen=True)
class Observed:
    """Everything that was observed, as columns.

    Attributes:
        index: Variant id -> place in every array.
        columns: One for each metric and facet.
        mass: Probability of the offered answers, per variant, averaged over orders.
        order_effect: First order minus second, in nats, per variant.
        answered: Whether the variant has a measurement.
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


@dataclass(frozen=True)
class Analysis:
    """A question put to all observations at once."""

    name: str
    question: str
    source: str
    answer: Callable[[Observed], Iterable[Disparity]]
