"""Ratios: the impact ratio of two mean probabilities, with the crossed design's doubt.

By the delta method the error of log(mean a / mean b) is, to first order, the error of the
mean of a / mean(a) - b / mean(b). That is a difference over templates and names like any
other, so the crossed estimators give its standard error and degrees of freedom, and names
count as a sample here too. On the log scale a ratio and its reciprocal are treated alike.

Source: delta method on the log ratio, Katz et al. 1978, Biometrics 34:469; ratio of
selection rates as in 29 CFR 1607.4 D (four-fifths rule).
"""

import math

import numpy as np

from audit.records.context import ImpactRatio
from audit.records.quantities import Estimate, Undefined
from audit.stats.crossed import Floor, nested, paired
from audit.stats.student import moved
from audit.stats.two_way import Matrix


def ratio_paired(a: Matrix, b: Matrix, *, floor: Floor) -> ImpactRatio | Undefined:
    """Return mean(a) / mean(b) where both groups share their names.

    Args:
        a: The group's probabilities, shape (T templates, N names), NaN where missing.
        b: The reference's, the same shape.
        floor: Below this the result is Undefined.
    """
    gaps = np.isnan(a) | np.isnan(b)
    a, b = (np.where(gaps, np.nan, side) for side in (a, b))
    means = _means(a, b)
    if isinstance(means, Undefined):
        return means
    return _ratio(paired(a / means[0] - b / means[1], floor=floor), means)


def ratio_nested(a: Matrix, b: Matrix, *, floor: Floor) -> ImpactRatio | Undefined:
    """Return mean(a) / mean(b) where each group has names of its own.

    Args:
        a: The group's probabilities, shape (T templates, N_a names), NaN where missing.
        b: The reference's, shape (T templates, N_b names).
        floor: Below this the result is Undefined.
    """
    means = _means(a, b)
    if isinstance(means, Undefined):
        return means
    return _ratio(nested(a / means[0], b / means[1], floor=floor), means)


def _means(a: Matrix, b: Matrix) -> tuple[float, float] | Undefined:
    if np.isnan(a).all() or np.isnan(b).all():
        return Undefined(reason="nothing was answered on both sides")
    means = (float(np.nanmean(a)), float(np.nanmean(b)))
    if min(means) <= 0:
        return Undefined(reason="a mean probability of zero has no ratio")
    return means


def _ratio(scaled: Estimate | Undefined, means: tuple[float, float]) -> ImpactRatio | Undefined:
    """Put the doubt of the scaled difference around the logarithm of the ratio."""
    if isinstance(scaled, Undefined):
        return scaled
    log = moved(scaled, math.log(means[0] / means[1]), f"{scaled.estimator}; log ratio")
    low, value, high = (math.exp(one) for one in (log.low, log.value, log.high))
    return ImpactRatio(value=value, low=low, high=high, log=log)
