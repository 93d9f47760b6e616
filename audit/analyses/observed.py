"""Observed: everything that was measured, as columns of numbers by variant.

Analyses read arrays and not one object a measurement: a million measurements fit into a
few dozen megabytes. A variant that was asked in several draws gets the mean of its draws.
What was not answered is masked out and never a zero, and so is what a metric cannot read (an
amount of zero has no logarithm). `mass` and `order_effect` are NaN there, and where nothing was
offered; `order_effect` also where the options were listed in one order only.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from audit.analyses.contract import Column, Observed
from audit.analyses.tables import Places, Table, read_tables
from audit.metrics.contract import Metric
from audit.records.counterfactuals import CounterfactualSet
from audit.records.findings import Policy
from audit.records.observations import Failure, Measurement
from audit.records.probes import OutcomeKind, ProbeSuite

Array = NDArray[np.float64]
Number = TypeVar("Number", np.float64, np.intp)


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
        observations: What was written while measuring; an answer to a variant that is in
            none of the sets is passed over.
        metrics: Every metric to read off; a metric that is primary for a kind
            asked gets a column even where nothing was answered.
        policy: Fixed before the run; gives the floors and the harm classes.
        seed: The run's seed; splits names for the same-group null.
    """
    index = _index(sets)
    tables, failures = read_tables(observations, index)
    size = len(index)
    kinds = frozenset(one.outcome for one in sets)
    places = _joined([table.places for table in tables], np.intp)
    mass = _joined([table.mass for table in tables], np.float64)
    effects = _joined([table.order_effects for table in tables], np.float64)
    return Observed(
        sets=tuple(sets),
        suites=suites,
        index=index,
        columns=tuple(c for metric in metrics for c in _columns(metric, tables, kinds, size)),
        mass=_mean_by_place(mass, places, size),
        order_effect=_mean_by_place(effects, places, size),
        answered=np.bincount(places, minlength=size) > 0,
        policy=policy,
        seed=seed,
        failures=failures,
        asked=np.bincount(places, minlength=size) + sum(failures.values()),
    )


def _index(sets: Sequence[CounterfactualSet]) -> dict[str, int]:
    """Return each variant's place; the same text in two sets is one variant."""
    index: dict[str, int] = {}
    for asked in sets:
        for variant in asked.variants:
            index.setdefault(variant.id, len(index))
    return index


def _columns(
    metric: Metric, tables: Sequence[Table], kinds: frozenset[OutcomeKind], size: int
) -> list[Column]:
    """Return one column for each facet of a metric, sorted by facet."""
    values: dict[str, list[Array]] = defaultdict(list)
    where: dict[str, list[Places]] = defaultdict(list)
    for table in tables:
        if table.kind not in metric.reads:
            continue
        for facet, found in table.measure(metric).items():
            values[facet].append(found)
            where[facet].append(table.places)
    facets = set(values) | ({""} if metric.primary & kinds else set())
    columns = []
    for facet in sorted(facets):
        at = _joined(where[facet], np.intp)
        numbers = _joined(values[facet], np.float64)
        means = _mean_by_place(numbers, at, size)
        present = ~np.isnan(means)
        draws, scatter = _repeats(numbers, at, means)
        known = np.where(present, means, 0.0)
        columns.append(Column(metric, facet, known, present, draws, scatter))
    return columns


def _joined(parts: Sequence[NDArray[Number]], kind: type[Number]) -> NDArray[Number]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)


def _repeats(
    values: Array, places: NDArray[np.intp], means: Array
) -> tuple[NDArray[np.intp], Array] | tuple[None, None]:
    """Return how often each place was answered, and the sum of squares around its mean."""
    draws = np.bincount(places, minlength=means.size)
    if draws.max(initial=0) <= 1:
        return None, None
    scatter = np.bincount(places, weights=(values - means[places]) ** 2, minlength=means.size)
    return draws, scatter.astype(float)


def _mean_by_place(values: Array, places: NDArray[np.intp], size: int) -> Array:
    """Return the mean value of each place; NaN where there is none, or one of them is NaN."""
    counts = np.bincount(places, minlength=size)
    sums = np.bincount(places, weights=values, minlength=size)
    means = np.full(size, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means
