"""Corrections against their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from audit.stats.multiplicity import benjamini_hochberg, holm, selective_level, step_down


def slow_holm(p):
    """Step down: the k-th smallest of m is multiplied by m - k, and none falls below another."""
    m, out, running = len(p), [0.0] * len(p), 0.0
    for k, place in enumerate(sorted(range(m), key=lambda i: p[i])):
        running = max(running, min(1.0, (m - k) * p[place]))
        out[place] = running
    return out


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_is_the_definition(p):
    assert list(holm(p)) == pytest.approx(slow_holm(p))
    assert all(after >= before for after, before in zip(holm(p), p, strict=True))


@given(st.lists(st.floats(1e-9, 1), min_size=1, max_size=12))
def test_both_are_the_librarys(p):
    from statsmodels.stats.multitest import multipletests

    assert list(holm(p)) == pytest.approx(multipletests(p, method="holm")[1])
    assert list(benjamini_hochberg(p)) == pytest.approx(multipletests(p, method="fdr_bh")[1])
    assert list(benjamini_hochberg(p)) == pytest.approx(stats.false_discovery_control(p))


def test_a_p_that_is_no_number_is_untested_and_spreads_to_no_other():
    """The library alone would turn one such p into all of them."""
    p = [0.01, float("nan"), 0.03]
    assert holm(p) == holm([0.01, None, 0.03])
    assert benjamini_hochberg(p) == benjamini_hochberg([0.01, None, 0.03])
    assert holm([float("nan")]) == (None,)


def test_untested_stay_untested_and_uncounted():
    assert holm([0.01, None, 0.03]) == pytest.approx((0.02, None, 0.03))
    assert holm([0.01, 1.0, 0.03])[0] == pytest.approx(0.03)
    assert holm([None, None]) == (None, None)
    assert holm([]) == ()


def test_q_values_as_scipy_and_without_the_untested():
    p = [0.001, 0.2, None, 0.03, 0.04]
    tested = [one for one in p if one is not None]
    known = iter(stats.false_discovery_control(tested, method="bh"))
    expected = [None if one is None else pytest.approx(next(known)) for one in p]
    assert list(benjamini_hochberg(p)) == expected
    assert benjamini_hochberg([None]) == (None,)
    assert list(benjamini_hochberg(p)) != list(holm(p))


def test_selective_intervals_keep_the_share_of_misses():
    """Of sixty cells the largest are picked: plain intervals miss far too often."""
    rng = np.random.default_rng(0)
    plain, selective = [], []
    for _ in range(400):
        truth = np.where(np.arange(60) < 6, 1.0, 0.0)
        values = truth + 0.4 * rng.standard_normal(60)
        picked = np.flatnonzero(np.abs(values) > 1.96 * 0.4)
        if not picked.size:
            continue
        level = selective_level(picked.size, 60, 0.05)
        for into, half in (
            (plain, 1.96 * 0.4),
            (selective, stats.norm.ppf((1 + level) / 2) * 0.4),
        ):
            into.append(np.mean(np.abs(values[picked] - truth[picked]) > half))
    assert np.mean(plain) > 0.12
    assert np.mean(selective) <= 0.055
    assert selective_level(10, 10, 0.05) == pytest.approx(0.95)


def test_columns_are_families_and_gaps_stay_gaps():
    rng = np.random.default_rng(3)
    p = rng.uniform(size=(9, 40))
    p[rng.uniform(size=p.shape) < 0.2] = np.nan
    adjusted = step_down(p)
    for column, own in zip(adjusted.T, p.T, strict=True):
        expected = holm([None if np.isnan(one) else one for one in own])
        assert [None if np.isnan(one) else one for one in column] == list(expected)
    assert not np.allclose(adjusted[~np.isnan(p)], p[~np.isnan(p)])
