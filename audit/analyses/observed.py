"""Observed: everything that was measured, as columns of numbers by variant.

Analyses read arrays and not one object a measurement: a million measurements fit into a
few dozen megabytes. A variant that was asked in several draws gets the mean of its draws.
What was not answered is masked out and never a zero; `mass` and `order_effect` are NaN
there, and `order_effect` also where the options were listed in one order only.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from audit.analyses.contract import Column, Observed
from audit.metrics.contract import Metric
from audit.records.findings import Policy
from audit.records.observations import Failure, Measurement, Response
from audit.records.probes import CounterfactualSet, ProbeSuite

_ORDERS_COMPARED = 2

Array = NDArray[np.float64]


def observe(  # noqa: PLR0913, PLR0917 (all that the columns are made of)
    sets: Sequence[CounterfactualSet],
    suites: Mapping[str, ProbeSuite],
    observations: Iterable[Measurement | Failure],
    metrics: Sequence[Metric],
    policy: Policy,
    seed: int,
) -> Observed:
    """Build the columns.

    Args:
        sets: All sets of the run, in its order.
        suites: By suite key, e.g. "healthcare/triage.hi"; at least those of the sets.
        observations: What was written while measuring; failures only leave gaps, and so
            does an answer to a variant that is in none of the sets.
        metrics: Every metric to read off; a metric that is primary gets a column even
            where nothing was answered.
        policy: Fixed before the run; gives the floors and the harm classes.
        seed: The run's seed; splits names for the same-group null.
    """
    index = _index(sets)
    answers = [o for o in observations if isinstance(o, Measurement) and o.variant in index]
    places = np.fromiter((index[m.variant] for m in answers), np.intp, len(answers))
    responses = [m.response for m in answers]
    size = len(index)
    mass = np.array([response.mass for response in responses], dtype=float)
    effects = np.array([_order_effect(response) for response in responses], dtype=float)
    return Observed(
        sets=tuple(sets),
        suites=suites,
        index=index,
        columns=tuple(
            column for metric in metrics for column in _columns(metric, responses, places, size)
        ),
        mass=_mean_by_place(mass, places, size),
        order_effect=_mean_by_place(effects, places, size),
        answered=np.bincount(places, minlength=size) > 0,
        policy=policy,
        seed=seed,
    )


def _index(sets: Sequence[CounterfactualSet]) -> dict[str, int]:
    """Return each variant's place; the same text in two sets is one variant."""
    index: dict[str, int] = {}
    for asked in sets:
        for variant in asked.variants:
            index.setdefault(variant.id, len(index))
    return index


def _columns(
    metric: Metric, responses: Sequence[Response], places: NDArray[np.intp], size: int
) -> list[Column]:
    """Return one column for each facet of a metric, sorted by facet."""
    values: dict[str, list[float]] = defaultdict(list)
    where: dict[str, list[int]] = defaultdict(list)
    for response, place in zip(responses, places, strict=True):
        if response.kind not in metric.reads:
            continue
        for facet, value in metric.measure(response).items():
            values[facet].append(value)
            where[facet].append(place)
    facets = set(values) | ({""} if metric.primary else set())
    columns = []
    for facet in sorted(facets):
        at = np.array(where[facet], dtype=np.intp)
        means = _mean_by_place(np.array(values[facet], dtype=float), at, size)
        present = ~np.isnan(means)
        columns.append(Column(metric, facet, np.where(present, means, 0.0), present))
    return columns


def _order_effect(response: Response) -> float:
    """Return the log-odds of the first order minus those of the second, in nats."""
    orders = response.log_odds_by_order()
    return orders[0] - orders[1] if len(orders) >= _ORDERS_COMPARED else float("nan")


def _mean_by_place(values: Array, places: NDArray[np.intp], size: int) -> Array:
    """Return the mean value of each place, NaN where there is none."""
    known = ~np.isnan(values)
    counts = np.bincount(places[known], minlength=size)
    sums = np.bincount(places[known], weights=values[known], minlength=size)
    means = np.full(size, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means
