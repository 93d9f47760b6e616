"""Clusters: the mean of one number a cluster, with a t interval over clusters.

Source: Student 1908, Biometrika 6:1, on cluster means; Donner & Klar 2000, Design and
Analysis of Cluster Randomization Trials, ch. 6.
"""

import numpy as np
from numpy.typing import NDArray

from audit.records.quantities import Estimate, Undefined
from audit.stats.student import estimate_of

_ROUNDING = 1e-12


def mean_over_clusters(
    values: NDArray[np.float64], *, floor: int, observations: int, names: int
) -> Estimate | Undefined:
    """Return the mean with its interval; Undefined below the floor or without variation.

    Args:
        values: One a cluster, shape (clusters,).
        floor: The fewest clusters that carry an interval.
        observations: Answers behind the values.
        names: Names behind them.
    """
    if values.size < floor:
        return Undefined(reason=f"{values.size} cases; an interval needs {floor}")
    se = float(values.std(ddof=1)) / values.size**0.5
    if se <= _ROUNDING * float(np.abs(values).max()):
        return Undefined(reason="nothing varies between the cases")
    return estimate_of(
        (float(values.mean()), se, float(values.size - 1)),
        templates=values.size,
        names=names,
        observations=observations,
        estimator="t over cases",
    )
