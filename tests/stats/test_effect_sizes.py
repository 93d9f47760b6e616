"""Effect sizes against their definitions, by plain loops and by other libraries."""

import itertools
import math
import statistics

import numpy as np
import pytest
from scipy import stats

from audit.records.quantities import Estimate, Undefined
from audit.stats.crossed import Floor, paired
from audit.stats.effect_sizes import cliffs_delta, cliffs_delta_paired, cohens_d, dz, points

NAN = float("nan")


def matrix(seed, T, N, shift=0.0):
    return np.random.default_rng(seed).standard_normal((T, N)) + shift


def test_dz_is_the_mean_over_the_deviation_of_the_gaps():
    d = matrix(1, 6, 5, 0.4)
    d[2, 3] = NAN
    known = [x for x in d.ravel().tolist() if not math.isnan(x)]
    assert dz(d).value == pytest.approx(statistics.mean(known) / statistics.stdev(known))
    assert dz(d - 5).value < 0 < dz(d + 5).value


def test_d_pools_within_groups_and_templates():
    """The templates' own difficulty would swell a plain pooled deviation."""
    hard = 10 * np.arange(6)[:, np.newaxis]
    a, b = matrix(1, 6, 5, 1.0) + hard, matrix(2, 6, 7) + hard
    a[0, 0] = NAN
    squares = df = 0
    for side in (a, b):
        for row in side:
            known = [x for x in row.tolist() if not math.isnan(x)]
            squares += sum((x - statistics.mean(known)) ** 2 for x in known)
            df += len(known) - 1
    gap = statistics.mean(np.nanmean(a, axis=1) - np.nanmean(b, axis=1))
    assert cohens_d(a, b).value == pytest.approx(gap / math.sqrt(squares / df))
    plain = math.sqrt((np.nanvar(a, ddof=1) + np.nanvar(b, ddof=1)) / 2)
    assert abs(gap / plain) < 0.2 < abs(cohens_d(a, b).value)


def test_cliffs_delta_by_counting_and_by_mann_whitney():
    a, b = matrix(1, 5, 4, 0.5).round(0), matrix(2, 5, 6).round(0)
    by_template = []
    for x, y in zip(a, b, strict=True):
        pairs = list(itertools.product(x, y))
        by_template.append((sum(p > q for p, q in pairs) - sum(p < q for p, q in pairs)) / 24)
        u = stats.mannwhitneyu(x, y).statistic
        assert by_template[-1] == pytest.approx(2 * u / 24 - 1)
    assert cliffs_delta(a, b).value == pytest.approx(statistics.mean(by_template))
    assert cliffs_delta(b, a).value == pytest.approx(-cliffs_delta(a, b).value)


def test_paired_delta_counts_signs():
    d = np.array([[1.0, -2.0, 0.0], [3.0, NAN, 4.0]])
    assert cliffs_delta_paired(d).value == pytest.approx((3 - 1) / 5)


def test_points_follow_the_logistic_curve():
    reference = np.array([[0.0, 0.2], [2.0, 2.2], [NAN, NAN], [1.0, NAN]])
    gap = paired(matrix(3, 20, 10, 0.5), floor=Floor(4, 3))
    got = points(gap, reference)
    middle = sorted([0.1, 2.1, 1.0])[1]

    def chance(odds):
        return 1 / (1 + math.exp(-odds))

    assert got.baseline == pytest.approx(chance(middle))
    for name in ("low", "value", "high"):
        expected = chance(middle + getattr(gap, name)) - chance(middle)
        assert getattr(got, name) == pytest.approx(expected)
    certain = points(gap, reference + 6)
    assert certain.value < got.value / 10


def test_what_does_not_vary_or_was_not_answered_is_undefined():
    same, none = np.full((4, 3), 0.1), np.full((4, 3), NAN)
    gap = paired(matrix(3, 20, 10), floor=Floor(4, 3))
    assert isinstance(gap, Estimate)
    for got in (dz(same), dz(none), cohens_d(same, same), cohens_d(none, same)):
        assert isinstance(got, Undefined)
    for got in (cliffs_delta(none, same), cliffs_delta_paired(none), points(gap, none)):
        assert isinstance(got, Undefined)
    assert cliffs_delta(same, same).value == 0
