"""Indices: one number for many differences, secondary to the rating and never above it.

The bias index of an axis is the root mean square of its comparisons on one bounded scale, and
the fairness score one minus the root mean square of the axes' indices, as in the reference
tool for TEC 57050:2023. Five faults of that score are mended. Its floor: a perfectly equal
system with a standard error of 0.10 scores 0.096, so the mean squared standard error is taken
off, and the naive value and the floor stand beside. Its scale: a log-odds gap d counts as
x = tanh(d/4), the difference of two chances placed evenly about one half, so no metric swamps
another. Its choice of metrics: always the log-odds, whatever a policy judges. Its silence: an
interval. Its averaging, in which nine clean axes hide one: the rating goes by the worst finding.

With x_i, its standard error s_i and the half-width h_i of its 95 % interval, all on the bounded
scale,

    value^2 = mean(x_i^2) - mean(s_i^2)        value^2 -+ mean(2 |x_i| h_i + h_i^2)

The interval adds the cells' errors as if all pointed one way, for cells share templates and
names. It covered 95.5 to 100 % in simulation, from one cell to forty, independent or not.

Source: formulas of the open reference tool; noise correction and interval in docs/method.md.
"""

import math
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import NamedTuple

from audit.records.digests import content_id
from audit.records.estimates import Disparity, Estimate
from audit.records.findings import RatingLetter
from audit.records.scores import BiasIndex, Indices, OverallIndex

METRIC = "log_odds"
VERSION = "samata-index-1"

_CENT = 100


class _Squares(NamedTuple):
    """Mean squares over cells: naive, of the noise, and half of their interval's width."""

    naive: float
    noise: float
    half: float
    cells: int


def indices(
    disparities: Sequence[Disparity], asked: Iterable[str], rating: RatingLetter | None
) -> Indices | None:
    """Return the secondary indices, or None where no comparison has an interval.

    Args:
        disparities: All of a run.
        asked: The ids of all variants that were asked; they stand in the checksum.
        rating: The run's rating, or None where it carries no conclusion.
    """
    cells = [one for one in disparities if _counted(one)]
    known = [one for one in cells if isinstance(one.estimate, Estimate)]
    if not known:
        return None
    axes = sorted({one.axis for one in cells})
    left_out = {axis: sum(one.axis == axis for one in cells) for axis in axes}
    squares = {}
    for axis in axes:
        own = [o.estimate for o in known if o.axis == axis and isinstance(o.estimate, Estimate)]
        left_out[axis] -= len(own)
        if own:
            squares[axis] = _squares(own)
    bias = {axis: _spread(one) for axis, one in squares.items()}
    unfairness = _over_axes(list(bias.values()))
    silent = [axis for axis in axes if axis not in bias]
    checksum = _checksum(known, asked)
    return Indices(
        bias=bias,
        left_out=left_out,
        unfairness=unfairness,
        overall=None if silent or rating is None else _overall(unfairness, rating, checksum),
        overall_note=_note(silent, rating),
    )


def _counted(one: Disparity) -> bool:
    """Return whether a disparity belongs in an index: a group's log-odds, equal treatment due."""
    plain = one.metric == METRIC and not one.facet
    return plain and one.mentions and one.expected == "invariance"


def _squares(estimates: Sequence[Estimate]) -> _Squares:
    shares = [_bounded(one) for one in estimates]
    return _Squares(
        naive=fmean(x * x for x, _, _ in shares),
        noise=fmean(s * s for _, s, _ in shares),
        half=fmean(2 * abs(x) * half + half * half for x, _, half in shares),
        cells=len(shares),
    )


def _bounded(one: Estimate) -> tuple[float, float, float]:
    """Return value, standard error and half-width on the bounded scale."""
    value, low, high = (math.tanh(end / 4) for end in (one.value, one.low, one.high))
    half = (high - low) / 2
    wide = (one.high - one.low) / 2
    return value, (half * one.se / wide if wide else 0.0), half


def _spread(squares: _Squares) -> BiasIndex:
    corrected = squares.naive - squares.noise
    return BiasIndex(
        value=_root(corrected),
        low=_root(corrected - squares.half),
        high=_root(corrected + squares.half),
        naive=math.sqrt(squares.naive),
        floor=math.sqrt(squares.noise),
        cells=squares.cells,
    )


def _over_axes(bias: Sequence[BiasIndex]) -> BiasIndex:
    """Return the root mean square of the axes' indices, and of each of their bounds."""
    return BiasIndex(
        value=math.sqrt(fmean(one.value**2 for one in bias)),
        low=math.sqrt(fmean(one.low**2 for one in bias)),
        high=math.sqrt(fmean(one.high**2 for one in bias)),
        naive=math.sqrt(fmean(one.naive**2 for one in bias)),
        floor=math.sqrt(fmean(one.floor**2 for one in bias)),
        cells=sum(one.cells for one in bias),
    )


def _overall(unfairness: BiasIndex, rating: RatingLetter, checksum: str) -> OverallIndex:
    return OverallIndex(
        value=_CENT * (1 - unfairness.value),
        low=_CENT * (1 - unfairness.high),
        high=_CENT * (1 - unfairness.low),
        rating=rating,
        checksum=checksum,
    )


def _note(silent: Sequence[str], rating: RatingLetter | None) -> str:
    if rating is None:
        return "the run carries no conclusion"
    return f"no interval on: {', '.join(silent)}" if silent else ""


def _checksum(known: Sequence[Disparity], asked: Iterable[str]) -> str:
    """Return a digest of what was asked, of the cells counted and of how they were estimated."""
    how = sorted(f"{one.id}: {_estimator(one)}" for one in known)
    return content_id(VERSION, *sorted(asked), *how)


def _estimator(one: Disparity) -> str:
    """Return the design's estimator, without what it said of the answers."""
    quantity = one.estimate
    return quantity.estimator.partition(";")[0] if isinstance(quantity, Estimate) else ""


def _root(square: float) -> float:
    return math.sqrt(min(max(square, 0.0), 1.0))
