"""Pooling against the library that shares no line with it, and by its own laws."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from audit.stats.pooling import pool, pool_towards, shrunken


@pytest.mark.parametrize(("seed", "k"), [(0, 2), (1, 3), (2, 8), (3, 40)])
def test_as_the_library(seed, k):
    rng = np.random.default_rng(seed)
    errors = rng.uniform(0.05, 0.3, k)
    values = 0.5 * rng.standard_normal(k) + errors * rng.standard_normal(k)
    known = combine_effects(values, errors**2, method_re="iterated", use_t=False)
    got = pool(values, errors)
    assert got.q == pytest.approx(known.q)
    assert got.tau2 == pytest.approx(known.tau2, abs=1e-4)
    assert got.mean == pytest.approx(known.mean_effect_re, abs=1e-5)
    assert got.i2 == pytest.approx(max(0, known.i2), abs=1e-9)
    assert got.p == pytest.approx(stats.chi2.sf(got.q, k - 1))


def test_equal_estimates_do_not_differ():
    got = pool([0.2, 0.2, 0.2], [0.1, 0.2, 0.3])
    assert (got.tau2, got.i2, got.p) == (0, 0, pytest.approx(1))
    assert got.mean == pytest.approx(0.2)
    assert pool([1.0, -1.0], [0.01, 0.01]).p < 1e-10


def worst_of_sixty(draw_truth):
    """Mean error of the largest of sixty estimates: raw, and shrunken."""
    rng = np.random.default_rng(1)
    raw, drawn = [], []
    for _ in range(300):
        truth = draw_truth(rng)
        values = truth + 0.15 * rng.standard_normal(60)
        got = pool(values, np.full(60, 0.15))
        worst = int(np.argmax(values))
        raw.append(values[worst] - truth[worst])
        drawn.append(shrunken(values[worst], got.weights[worst], got.mean) - truth[worst])
    return np.mean(raw), np.mean(drawn)


def test_shrinkage_mends_what_selection_swells():
    raw, drawn = worst_of_sixty(lambda rng: 0.15 * rng.standard_normal(60))
    assert raw > 0.15
    assert abs(drawn) < 0.03


def test_shrinkage_goes_too_far_where_few_cells_differ():
    """What the module's docstring warns of: six true at .4, all others zero."""
    raw, drawn = worst_of_sixty(lambda _: np.where(np.arange(60) < 6, 0.4, 0.0))
    assert raw == pytest.approx(0.2, abs=0.03)
    assert drawn == pytest.approx(-0.14, abs=0.03)


def test_a_shrunken_estimate_lies_between():
    got = pool([0.1, 0.5, 0.9], [0.1, 0.1, 0.4])
    for value, weight in zip([0.1, 0.5, 0.9], got.weights, strict=True):
        new = shrunken(value, weight, got.mean)
        assert min(value, got.mean) <= new <= max(value, got.mean)
    assert got.weights[2] < got.weights[0]


def test_towards_a_known_centre_by_its_own_equation():
    rng = np.random.default_rng(6)
    errors = rng.uniform(0.05, 0.3, 12)
    values = 0.4 * rng.standard_normal(12) + errors * rng.standard_normal(12)
    tau2, weights = pool_towards(values.tolist(), errors.tolist(), 0.1)
    squares = sum((v - 0.1) ** 2 / (e**2 + tau2) for v, e in zip(values, errors, strict=True))
    assert squares == pytest.approx(12)
    assert weights == pytest.approx([tau2 / (tau2 + e**2) for e in errors])
    assert pool_towards([0.1, 0.11, 0.09], [0.2, 0.2, 0.2], 0.1) == (0.0, (0.0, 0.0, 0.0))
    assert pool_towards([5.0], [0.1], 0.0)[1][0] > 0.99
