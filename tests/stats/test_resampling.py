"""Bootstrap-t and sign flips: by hand where it is small, by simulation where it is not."""

import itertools

import numpy as np
import pytest
from scipy import stats

from audit.stats.resampling import bootstrap_t, sign_flips


def chance(seed=0):
    return np.random.default_rng(seed)


def test_all_flips_by_hand():
    means = np.array([0.3, -0.1, 0.5, 0.2, 0.4])
    total = abs(means.sum())
    signs = itertools.product((-1, 1), repeat=5)
    extreme = sum(abs(np.dot(s, means)) >= total - 1e-12 for s in signs)
    got = sign_flips(means, chance())
    assert (got.p, got.flips, got.exact) == (pytest.approx(extreme / 32), 32, True)


def test_all_flips_as_scipy():
    means = chance(3).standard_normal(9) + 0.6
    known = stats.permutation_test(
        (means,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    assert sign_flips(means, chance()).p == pytest.approx(known.pvalue)


def test_drawn_flips_are_near_all_of_them_and_never_zero():
    means = chance(1).standard_normal(12) + 0.4
    more = np.append(means, 0.0)  # a template without a gap changes no pattern's sum
    assert sign_flips(more, chance()).p == pytest.approx(sign_flips(means, chance()).p, abs=0.03)
    assert not sign_flips(more, chance()).exact
    sure = sign_flips(np.ones(30), chance())
    assert 0 < sure.p < 0.001
    assert sign_flips(np.zeros(30), chance()).p == 1


def test_flips_hold_their_level():
    rng = chance(2)
    p = np.array([sign_flips(rng.standard_normal(10), rng).p for _ in range(2000)])
    assert 0.035 <= (p < 0.05).mean() <= 0.065


def test_bootstrap_t_covers_where_the_percentile_does_not():
    """Eight templates: the plain percentile interval is the negative control."""
    rng = chance(4)
    hits, plain = [], []
    for _ in range(400):
        means = rng.standard_normal(8)
        low, high = bootstrap_t(means, rng)
        hits.append(low <= 0 <= high)
        drawn = means[rng.integers(0, 8, (500, 8))].mean(axis=1)
        low, high = np.quantile(drawn, (0.025, 0.975))
        plain.append(low <= 0 <= high)
    assert np.mean(hits) >= 0.92
    assert np.mean(plain) < 0.92


def test_bootstrap_t_holds_the_mean_and_is_drawn_by_its_generator():
    means = chance(5).exponential(size=15)
    low, high = bootstrap_t(means, chance(1))
    assert low <= means.mean() <= high
    assert (low, high) == bootstrap_t(means, chance(1))
    assert (low, high) != bootstrap_t(means, chance(2))
    assert bootstrap_t(np.full(6, 0.2), chance()) == (pytest.approx(0.2), pytest.approx(0.2))
