"""Effect sizes: one gap in units that do not hang on the metric.

They describe the answers on file and carry no interval: the interval of the gap itself is
that of `audit.stats.crossed`. dz divides by the spread of the gaps, so it grows as noise
shrinks; materiality is judged in the metric's own unit, never by dz.

Source: Cohen 1988, Statistical Power Analysis, ch. 2 (d, dz); Cliff 1993, Psychological
Bulletin 114:494 (delta, and its paired form).
"""

import numpy as np
from scipy.special import expit

from audit.records.context import Points
from audit.records.quantities import Amount, Estimate, Number, Undefined
from audit.stats.two_way import Matrix

_TWO = 2
_ROUNDING = 1e-12  # of the largest value: what varies less does not vary
_ALIKE = Undefined(reason="the answers do not vary, so there is no spread to divide by")
_NOTHING = Undefined(reason="nothing was answered on both sides")


def dz(d: Matrix) -> Number:
    """Return the mean gap over the standard deviation of the gaps.

    Args:
        d: Group minus reference, any shape, NaN where missing.
    """
    gaps = d[~np.isnan(d)]
    if gaps.size < _TWO:
        return _NOTHING
    spread = float(gaps.std(ddof=1))
    if spread <= _ROUNDING * float(np.abs(gaps).max()):
        return _ALIKE
    return Amount(value=float(gaps.mean()) / spread)


def cohens_d(a: Matrix, b: Matrix) -> Number:
    """Return the gap over the deviation within a group and template, pooled.

    A template's own difficulty is shared by both groups, so it is no part of the spread.

    Args:
        a: The group's values, shape (T templates, N_a names), NaN where missing.
        b: The reference's values, shape (T templates, N_b names).
    """
    known = _answered_twice(a) & _answered_twice(b)
    if not known.any():
        return _NOTHING
    a, b = a[known], b[known]
    squares = sum(float(np.nansum(_centred(side) ** 2)) for side in (a, b))
    df = sum(int((~np.isnan(side)).sum()) - len(side) for side in (a, b))
    spread = (squares / df) ** 0.5
    if spread <= _ROUNDING * float(max(np.nanmax(np.abs(a)), np.nanmax(np.abs(b)))):
        return _ALIKE
    gap = np.nanmean(a, axis=1) - np.nanmean(b, axis=1)
    return Amount(value=float(gap.mean()) / spread)


def cliffs_delta_paired(d: Matrix) -> Number:
    """Return P(d > 0) - P(d < 0)."""
    gaps = d[~np.isnan(d)]
    if not gaps.size:
        return _NOTHING
    return Amount(value=float(np.sign(gaps).mean()))


def cliffs_delta(a: Matrix, b: Matrix) -> Number:
    """Return P(a > b) - P(a < b) within a template, averaged over templates.

    Args:
        a: The group's values, shape (T templates, N_a names), NaN where missing.
        b: The reference's values, shape (T templates, N_b names).
    """
    signs = np.sign(a[:, :, np.newaxis] - b[:, np.newaxis, :])  # (T, N_a, N_b)
    known = ~np.isnan(signs).all(axis=(1, 2))
    if not known.any():
        return _NOTHING
    return Amount(value=float(np.nanmean(signs[known], axis=(1, 2)).mean()))


def points(gap: Estimate, reference: Matrix) -> Points | Undefined:
    """Return a gap in log-odds as a gap in probability, at the reference's median template.

    The logistic curve is steepest at one half: the same log-odds are fewer points where the
    answer is nearly certain. The bounds move the interval's bounds along the same curve.

    Args:
        gap: In log-odds.
        reference: The reference's log-odds, shape (templates, names), NaN where missing.
    """
    known = ~np.isnan(reference).all(axis=1)
    if not known.any():
        return _NOTHING
    middle = float(np.median(np.nanmean(reference[known], axis=1)))
    baseline = float(expit(middle))
    low, value, high = (
        float(expit(middle + by)) - baseline for by in (gap.low, gap.value, gap.high)
    )
    return Points(baseline=baseline, value=value, low=low, high=high)


def _answered_twice(side: Matrix) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.asarray((~np.isnan(side)).sum(axis=1) >= _TWO)


def _centred(side: Matrix) -> Matrix:
    return np.asarray(side - np.nanmean(side, axis=1, keepdims=True))
