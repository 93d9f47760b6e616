"""Halves: the gap between two halves of one group's names, for many ways to halve them at once.

A half is not drawn: it holds the names that come first in the alphabet of their stratum (a
stratum keeps women with women), so whatever goes with the order of names can show. Under
exchangeable names every other way of halving is as likely, and how often the same estimator
would have raised an alarm over all of them is the bound that the observed halves are held to.

With R the answers freed of row and column means and c the column means, the gap of template t
is C_A - C_B + rho_A[t] - rho_B[t], C a half's mean of c and rho its row means of R. So one
matrix product serves all halvings; the numbers are those of `audit.stats.crossed.nested`.

Source: the estimator as in `audit.stats.crossed`; permutation within strata, Good 2005,
Permutation, Parametric and Bootstrap Tests of Hypotheses, ch. 3.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from audit.stats.completeness import complete_cases
from audit.stats.crossed import Floor
from audit.stats.two_way import Matrix

_ROUNDING = 1e-12

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Splits(NamedTuple):
    """One estimate a halving, each of shape (halvings,); NaN where it is undefined.

    Attributes:
        value: First half minus second.
        p: Two-sided p of zero.
        half: Half the width of the 95 % interval.
        half90: That of the 90 % interval.
    """

    value: Array
    p: Array
    half: Array
    half90: Array


def first_halves(strata: Sequence[str]) -> Mask:
    """Return which names make up the first half, (names,).

    Args:
        strata: The stratum of each name, names in their fixed order. The first half takes
            the first names of each stratum; what odd strata leave over goes in turn to it
            and to the second.
    """
    labels = np.array(strata, dtype=object)
    first = np.zeros(len(strata), dtype=bool)
    extra = 0
    for stratum in sorted(set(strata)):
        places = np.flatnonzero(labels == stratum)
        size = (len(places) + extra) // 2
        extra = (extra + len(places)) % 2
        first[places[:size]] = True
    return first


def permuted(
    first: Mask, strata: Sequence[str], draws: int, generator: np.random.Generator
) -> Mask:
    """Return halvings with the names of each stratum permuted, (names, draws)."""
    labels = np.array(strata, dtype=object)
    drawn = np.repeat(first[:, np.newaxis], draws, axis=1)
    for stratum in sorted(set(strata)):
        places = np.flatnonzero(labels == stratum)
        drawn[places] = generator.permuted(drawn[places], axis=0)
    return drawn


def split(answers: Matrix, first: Mask, *, floor: Floor) -> Splits:
    """Estimate the gap between the halves, once for each halving.

    Args:
        answers: (T templates, N names), NaN where missing.
        first: Which names are in the first half, (N, halvings).
        floor: A halving with fewer templates, or names in a half, is undefined.
    """
    rows, columns = complete_cases(answers)
    kept = answers[np.ix_(rows, columns)]
    first = first[columns]
    sizes = first.sum(axis=0), (~first).sum(axis=0)
    enough = np.minimum(*sizes) >= max(floor.names, 2)
    if kept.shape[0] < max(floor.templates, 2) or not enough.any():
        return Splits(*(np.full(first.shape[1], np.nan) for _ in Splits._fields))
    found = _estimates(kept, first[:, enough])
    return Splits(*(_spread(each, enough) for each in found))


def _spread(values: Array, where: Mask) -> Array:
    whole = np.full(where.size, np.nan)
    whole[where] = values
    return whole


def _estimates(x: Matrix, first: Mask) -> Splits:
    """Return the estimates of halvings that are all defined."""
    by_name = x.mean(axis=0)
    rest = x - x.mean(axis=1, keepdims=True) - by_name + x.mean()  # (T, N)
    halves = [_half(rest, by_name, mask) for mask in (first, ~first)]
    (mean_a, names_a, rest_a, rho_a, size_a), (mean_b, names_b, rest_b, rho_b, size_b) = halves
    templates = x.shape[0]
    value = mean_a - mean_b
    by_template = (rho_a - rho_b).var(axis=0, ddof=1) / templates
    total = by_template + names_a + names_b - rest_a - rest_b
    variance = np.maximum(np.maximum(total, by_template), names_a + names_b)
    variance = np.where(variance > 0, variance, rest_a + rest_b)
    parts = ((by_template, templates - 1), (names_a, size_a - 1), (names_b, size_b - 1),
             (rest_a, (templates - 1) * (size_a - 1)),
             (rest_b, (templates - 1) * (size_b - 1)))  # fmt: skip
    fewest = np.minimum(templates, np.minimum(size_a, size_b))
    flat = np.sum([part for part, _ in parts], axis=0) <= (_ROUNDING * np.abs(x).max()) ** 2
    safe = np.where(flat, 1.0, variance)
    loss = np.sum([(part / safe) ** 2 / df for part, df in parts], axis=0)
    df = np.maximum(1 / np.where(flat, 1.0, loss), fewest - 1)
    return _intervals(value, np.where(flat, 0.0, safe**0.5), df, (fewest, np.abs(x).max()))


def _half(rest: Matrix, by_name: Array, mask: Mask) -> tuple[Array, Array, Array, Array, Array]:
    """Return a half's mean, V and E of `nested`, its row means of the rest, and its size."""
    weights = mask.astype(float)
    size = weights.sum(axis=0)
    centred = by_name - by_name.mean()
    mean = centred @ weights / size
    spread = np.maximum((centred**2) @ weights - size * mean**2, 0.0) / (size - 1)
    rho = rest @ weights / size  # (T, halvings)
    squares = np.maximum((rest**2).sum(axis=0) @ weights - size * (rho**2).sum(axis=0), 0.0)
    templates = rest.shape[0]
    residual = squares / ((templates - 1) * (size - 1)) / (templates * size)
    return mean, spread / size, residual, rho, size


def _intervals(value: Array, se: Array, df: Array, sizes: tuple[Array, float]) -> Splits:
    """Return p and intervals; where nothing varies, as `nested` does."""
    fewest, scale = sizes
    flat = se == 0
    same = np.abs(value) <= _ROUNDING * scale
    value = np.where(flat & same, 0.0, value)
    t = np.abs(value) / np.where(flat, 1.0, se)
    p = np.where(flat, np.where(same, 1.0, 2.0 ** (1 - fewest)), 2 * stdtr(df, -t))
    return Splits(value, p, stdtrit(df, 0.975) * se, stdtrit(df, 0.95) * se)
