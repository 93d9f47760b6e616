"""Intervals of shares, against closed forms and by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from audit.stats.proportions import clustered, exact, wilson

Z = 1.959963984540054


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_is_the_closed_form(counts):
    k, n = counts
    share = k / n
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * (share * (1 - share) / n + Z**2 / (4 * n**2)) ** 0.5
    low, high = wilson(k, n)
    assert (low, high) == pytest.approx((centre - half, centre + half), abs=1e-9)
    assert 0 <= low <= share <= high <= 1


def test_nothing_observed_says_nothing():
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 10) != (0.0, 1.0)


@pytest.mark.parametrize(("k", "n"), [(3, 2), (-1, 5)])
def test_impossible_counts(k, n):
    with pytest.raises(ValueError, match="impossible"):
        wilson(k, n)


def test_nobody_in_twenty_templates_is_not_zero():
    """The rule of three, on templates: 1 - .025^(1/T); more prompts a template change nothing."""
    for each in (1, 50):
        low, high = clustered(np.zeros(20, dtype=int), np.full(20, each))
        assert (low, high) == (0, pytest.approx(1 - 0.025 ** (1 / 20)))
        low, high = clustered(np.full(20, each), np.full(20, each))
        assert (low, high) == (pytest.approx(0.025 ** (1 / 20)), 1)
    assert exact(0, 60)[1] == pytest.approx(0.0596, abs=1e-4)
    assert exact(0, 0) == (0.0, 1.0)


def by_hand(share, count, templates, *, once=False):
    """Clopper and Pearson's interval on the effective count, by its beta quantiles."""
    few = (stats.norm.ppf(0.975) / stats.t.ppf(0.975, templates - 1)) ** 2
    n = min(count * few, templates) if once else count * few
    k = share * n
    return stats.beta.ppf(0.025, k, n - k + 1), stats.beta.ppf(0.975, k + 1, n - k)


def test_few_failures_let_each_template_count_once():
    """Eight failures of 800 in forty templates: four effective ones tell too little."""
    failed = np.zeros(40, dtype=int)
    failed[:8] = 1
    trials = np.full(40, 20)
    share = 8 / 800
    apart = sum((k - share * 20) ** 2 for k in failed) * 40 / 39 / 800**2
    effect = max(1.0, apart / (share * (1 - share) / 800))
    assert clustered(failed, trials)[1] < 0.05  # eight are enough
    failed[:4] = 0
    low, high = clustered(failed, trials)
    assert (low, high) == pytest.approx(by_hand(4 / 800, 800, 40, once=True))
    assert high > 0.08
    assert effect == 1.0


def test_templates_that_fail_whole_count_once():
    """Two of ten templates fail throughout, or one prompt in five of each does."""
    whole = clustered(np.array([10, 10, 0, 0, 0, 0, 0, 0, 0, 0]), np.full(10, 10))
    spread = clustered(np.full(10, 2), np.full(10, 10))
    assert spread == pytest.approx(by_hand(0.2, 100, 10))
    assert whole == pytest.approx(by_hand(0.2, 9, 10))  # 10 templates, one degree fewer
    assert whole[1] - whole[0] > 2 * (spread[1] - spread[0])
    assert clustered(np.array([3]), np.array([9])) == (0.0, 1.0)


def test_coverage_with_templates_that_hang_together():
    """Wilson over prompts, which counts each as evidence, is the negative control."""
    rng = np.random.default_rng(0)
    hits, plain = [], []
    for _ in range(1000):
        hard = rng.beta(0.2 * 2, 0.8 * 2, size=30)
        failed = rng.binomial(20, hard)
        low, high = clustered(failed, np.full(30, 20))
        hits.append(low <= 0.2 <= high)
        low, high = wilson(int(failed.sum()), 600)
        plain.append(low <= 0.2 <= high)
    assert np.mean(hits) >= 0.935
    assert np.mean(plain) < 0.8
