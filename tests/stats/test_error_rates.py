"""Error rates of the crossed estimators, by simulation under a known truth.

Two to four thousand repetitions a rate: its own standard error is about .004. The naive
tests beside them are the negative control: on the same data they fail by far.
"""

import numpy as np
import pytest
from scipy import stats

from audit.stats.crossed import Floor, against_fixed, nested, paired, weighted

FLOOR = Floor(templates=4, names=3)
REPETITIONS = 2500
COMPONENTS = [(0.0, 0.0), (0.3, 0.2), (0.5, 0.4)]


def layouts(seed, template, name, *, T=20, N=10, repetitions=REPETITIONS):
    rng = np.random.default_rng(seed)
    return (
        template * rng.standard_normal((repetitions, T, 1))
        + name * rng.standard_normal((repetitions, 1, N))
        + rng.standard_normal((repetitions, T, N))
    )


def rate(estimates, truth=0.0):
    """Share of estimates whose 95 % interval misses the truth; the p-value agrees at 0."""
    if truth == 0:
        assert all((e.p < 0.05) == (not e.low <= 0 <= e.high) for e in estimates)
    return np.mean([not e.low <= truth <= e.high for e in estimates])


@pytest.mark.parametrize(("template", "name"), COMPONENTS)
def test_paired(template, name):
    d = layouts(1, template, name)
    wrong = rate([paired(m + 0.3, floor=FLOOR) for m in d], truth=0.3)
    assert wrong <= 0.065
    if template >= 0.3 and name >= 0.3:
        assert wrong >= 0.035


@pytest.mark.parametrize(("template", "name"), COMPONENTS)
def test_nested(template, name):
    """The wording's own difficulty is shared by both groups and must cancel."""
    common = 2 * np.random.default_rng(5).standard_normal((REPETITIONS, 20, 1))
    half = template / 2**0.5  # of the interaction, each group holds half of the variance
    a, b = layouts(2, half, name) + common, layouts(3, half, name) + common
    wrong = rate([nested(x, y, floor=FLOOR) for x, y in zip(a, b, strict=True)])
    assert wrong <= 0.065
    if template >= 0.3 and name >= 0.3:
        assert wrong >= 0.035


def test_unequal_numbers_of_names():
    a, b = layouts(4, 0.3, 0.4, T=12, N=4), layouts(5, 0.3, 0.4, T=12, N=15)
    assert rate([nested(x, y, floor=FLOOR) for x, y in zip(a, b, strict=True)]) <= 0.065


def test_fixed_wording_against_names():
    a, b = layouts(6, 0.5, 0.0, N=1), layouts(7, 0.0, 0.4)
    pairs = zip(a[:, :, 0], b, strict=True)
    assert rate([against_fixed(x, y, floor=FLOOR) for x, y in pairs]) <= 0.065


@pytest.mark.parametrize(("template", "name"), COMPONENTS)
def test_a_group_against_the_mean_of_four(template, name):
    """Nested, with a difficulty that all groups share; then with the same names in all."""
    common = 2 * np.random.default_rng(9).standard_normal((REPETITIONS, 20, 1))
    sides = [layouts(10 + n, template, name) + common for n in range(4)]
    weights = (0.75, -0.25, -0.25, -0.25)
    apart = [weighted(each, weights, floor=FLOOR) for each in zip(*sides, strict=True)]
    assert rate(apart) <= 0.065
    shared = sides[0] - sum(sides) / 4
    assert rate([paired(m, floor=FLOOR) for m in shared]) <= 0.065


def test_naive_tests_would_fail():
    """The control of this file: templates alone, and every prompt as evidence."""
    d = layouts(1, 0.5, 0.4)
    by_template = stats.ttest_1samp(d.mean(axis=2), 0, axis=1).pvalue
    pooled = stats.ttest_1samp(d.reshape(len(d), -1), 0, axis=1).pvalue
    assert (by_template < 0.05).mean() > 0.1
    assert (pooled < 0.05).mean() > 0.25


def test_names_of_one_surname_would_fail():
    """Correction 2: twelve names of four surnames, counted as twelve and as four."""
    rng = np.random.default_rng(8)
    wrong, right = [], []
    for _ in range(1000):
        sides = []
        for _ in "ab":
            surnames = 0.5 * rng.standard_normal((1, 4))
            sides.append(np.repeat(surnames, 3, axis=1) + rng.standard_normal((20, 12)))
        wrong.append(nested(*sides, floor=FLOOR).p)
        merged = [side.reshape(20, 4, 3).mean(axis=2) for side in sides]
        right.append(nested(*merged, floor=FLOOR).p)
    assert np.mean(np.array(wrong) < 0.05) > 0.12
    assert np.mean(np.array(right) < 0.05) <= 0.065
