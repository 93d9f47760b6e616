"""The mean over clusters: a t interval over cluster means, and statsmodels' cluster-robust one."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from audit.records.quantities import Undefined
from audit.stats.cluster_robust import clustered_mean


def draw(sizes, seed=0, between=1.0):
    rng = np.random.default_rng(seed)
    clusters = [f"t{n}" for n, size in enumerate(sizes) for _ in range(size)]
    shifts = rng.normal(0, between, len(sizes))
    return np.repeat(shifts, sizes) + rng.normal(0, 1, len(clusters)), clusters


def test_equal_clusters_are_a_t_test_of_their_means():
    values, clusters = draw([4] * 6)
    found = clustered_mean(values, clusters, names=3)
    slow = stats.ttest_1samp(values.reshape(6, 4).mean(axis=1), 0)
    assert (found.low, found.high) == pytest.approx(tuple(slow.confidence_interval(0.95)))
    assert found.p == pytest.approx(slow.pvalue)
    assert (found.df, found.templates, found.names, found.observations) == (5, 6, 3, 24)


def test_unequal_clusters_are_as_in_statsmodels():
    values, clusters = draw([1, 2, 9, 4, 3])
    found = clustered_mean(values, clusters, names=1)
    groups = np.unique(clusters, return_inverse=True)[1]
    fitted = sm.OLS(values, np.ones(len(values))).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    assert found.se == pytest.approx(fitted.bse[0] * np.sqrt(5 / 4))  # the G / (G - 1)
    assert found.value == pytest.approx(fitted.params[0])


def test_clusters_that_hang_together_are_less_sure_than_their_count_says():
    values, clusters = draw([10] * 8, between=3.0)
    found = clustered_mean(values, clusters, names=1)
    naive = values.std(ddof=1) / np.sqrt(len(values))
    assert found.se > 2 * naive
    values, clusters = draw([10] * 8, between=0.0)
    assert clustered_mean(values, clusters, names=1).se < 1.5 * values.std(ddof=1) / np.sqrt(80)


def test_two_clusters_give_no_interval_and_no_spread_is_said_to_be_none():
    values, clusters = draw([5, 5])
    assert isinstance(clustered_mean(values, clusters, names=1), Undefined)
    still = clustered_mean(np.full(6, 0.5), list("aabbcc"), names=1)
    assert (still.value, still.se, still.low, still.high) == (0.5, 0, 0.5, 0.5)
