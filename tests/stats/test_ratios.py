"""The impact ratio: its formula a second time, its coverage, and what it refuses."""

import math

import numpy as np
import pytest
from scipy.special import expit

from audit.records.quantities import Undefined
from audit.stats.crossed import Floor, paired
from audit.stats.ratios import ratio_nested, ratio_paired

FLOOR = Floor(4, 3)


def chances(seed, T, N, *, shift=0.0, template=0.5, name=0.3):
    rng = np.random.default_rng(seed)
    odds = template * rng.standard_normal((T, 1)) + name * rng.standard_normal((1, N))
    return expit(odds + 0.5 * rng.standard_normal((T, N)) + shift)


def test_the_ratio_is_that_of_the_means_with_the_delta_methods_error():
    a, b = chances(1, 8, 5), chances(2, 8, 5, shift=0.8)
    got = ratio_paired(a, b, floor=FLOOR)
    ratio = a.mean() / b.mean()
    step = 1e-6  # the derivative of log(mean a / mean b) in each cell, numerically
    gradient = (np.log((a.mean() + step / a.size) / a.mean())) / step
    assert gradient == pytest.approx(1 / a.mean() / a.size, rel=1e-4)
    linear = paired(a / a.mean() - b / b.mean(), floor=FLOOR)
    assert got.value == pytest.approx(ratio)
    assert (got.log.value, got.log.se) == pytest.approx((math.log(ratio), linear.se))
    assert got.low == pytest.approx(math.exp(got.log.low))
    assert got.low < got.value < got.high < 1


def test_a_ratio_and_its_reciprocal_say_the_same():
    a, b = chances(1, 8, 5), chances(2, 8, 7, shift=0.8)
    forth, back = ratio_nested(a, b, floor=FLOOR), ratio_nested(b, a, floor=FLOOR)
    assert forth.value == pytest.approx(1 / back.value)
    assert (forth.low, forth.high) == pytest.approx((1 / back.high, 1 / back.low))
    assert forth.log.p == pytest.approx(back.log.p)


@pytest.mark.parametrize("how", [ratio_paired, ratio_nested])
def test_coverage(how):
    """Names and templates vary: the interval must hold the true ratio in 93.5 % or more."""
    rng = np.random.default_rng(5)
    shape, hits = (20, 10), []
    for _ in range(1500):
        sides = []
        for mean in (0.4, 0.5):
            odds = 0.4 * rng.standard_normal((20, 1)) + 0.4 * rng.standard_normal((1, 10))
            sides.append(mean * (1 + 0.3 * np.tanh(odds + rng.standard_normal(shape))))
        got = how(*sides, floor=FLOOR)
        hits.append(got.low <= 0.8 <= got.high)
    assert np.mean(hits) >= 0.935
    assert np.mean(hits) < 1


def test_what_has_no_ratio():
    a, none, zero = chances(1, 8, 5), np.full((8, 5), np.nan), np.zeros((8, 5))
    for how in (ratio_paired, ratio_nested):
        assert "nothing was answered" in how(none, a, floor=FLOOR).reason
        assert "zero" in how(a, zero, floor=FLOOR).reason
        assert isinstance(how(a[:3], a[:3], floor=FLOOR), Undefined)
    assert "nothing varies" in ratio_paired(a, a.copy(), floor=FLOOR).reason
    assert "nothing varies" in ratio_paired(a, 0.5 * a, floor=FLOOR).reason
