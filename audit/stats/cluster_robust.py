"""Cluster-robust: the mean of numbers that come in clusters, with a t interval.

Numbers of one cluster share their words, so they are no independent evidence. With G
clusters, n numbers and deviations e from the mean,

    SE^2 = G / (G - 1) * sum over clusters of (sum of e)^2 / n^2        df = G - 1

which for clusters of equal size is the variance of the cluster means over G. Each number
counts alike; a mean of cluster means would let a cluster of one weigh as much as one of ten.

Source: Liang & Zeger 1986, Biometrika 73:13; small numbers of clusters, Cameron & Miller
        2015, Journal of Human Resources 50:317, section VI.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from audit.records.quantities import Estimate, Undefined
from audit.stats.student import detectable

FEWEST_CLUSTERS = 3


def clustered_mean(
    values: NDArray[np.float64], clusters: Sequence[str], *, names: int
) -> Estimate | Undefined:
    """Return the mean with its interval; Undefined below three templates.

    Args:
        values: One number each, shape (n,).
        clusters: The template of each.
        names: Distinct names behind them.
    """
    labels = np.asarray(clusters)
    known = np.unique(labels)
    if len(known) < FEWEST_CLUSTERS:
        count = f"{len(known)} template{'' if len(known) == 1 else 's'}"
        return Undefined(reason=f"{count}; an interval needs {FEWEST_CLUSTERS}")
    value, df = float(values.mean()), len(known) - 1
    sums = [float((values[labels == cluster] - value).sum()) for cluster in known]
    se = math.sqrt(len(known) / df * sum(s * s for s in sums)) / len(values)
    half, half90 = (float(stdtrit(df, level)) * se for level in (0.975, 0.95))
    exact = 0.0 if value else 1.0
    return Estimate(
        value=value,
        se=se,
        df=df,
        low=value - half,
        high=value + half,
        low90=value - half90,
        high90=value + half90,
        p=2 * float(stdtr(df, -abs(value) / se)) if se else exact,
        mde=detectable(se, df),
        templates=len(known),
        names=names,
        observations=len(values),
        estimator="t over templates",
    )
