"""The crossed estimators against their formulas written a second time, slowly."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from audit.records.estimates import Estimate, Undefined
from audit.stats.crossed import Floor, against_fixed, by_unit, nested, paired, weighted

FLOOR = Floor(templates=4, names=3)


def slow_parts(m):
    """Mean squares of a two-way layout by plain loops: (MST, MSN, MSE)."""
    T, N = len(m), len(m[0])
    g = sum(sum(row) for row in m) / (T * N)
    row = [sum(m[t]) / N for t in range(T)]
    col = [sum(m[t][n] for t in range(T)) / T for n in range(N)]
    mst = N * sum((r - g) ** 2 for r in row) / (T - 1)
    msn = T * sum((c - g) ** 2 for c in col) / (N - 1)
    cells = itertools.product(range(T), range(N))
    mse = sum((m[t][n] - row[t] - col[n] + g) ** 2 for t, n in cells) / ((T - 1) * (N - 1))
    return g, mst, msn, mse


def slow_paired(m):
    """Formula C3 as printed: value, standard error, degrees of freedom."""
    T, N = len(m), len(m[0])
    g, mst, msn, mse = slow_parts(m)
    num = max(mst + msn - mse, mst, msn)
    parts = mst**2 / (T - 1) + msn**2 / (N - 1) + mse**2 / ((T - 1) * (N - 1))
    return g, (num / (T * N)) ** 0.5, max(num**2 / parts, min(T, N) - 1)


def slow_nested(a, b):
    """Correction 1 as printed, with Satterthwaite's formula over its five parts."""
    T, Na, Nb = len(a), len(a[0]), len(b[0])
    d = [sum(a[t]) / Na - sum(b[t]) / Nb for t in range(T)]
    v_t = float(np.var(d, ddof=1)) / T
    v, e = [], []
    for side, N in ((a, Na), (b, Nb)):
        _, _, msn, mse = slow_parts(side)
        v.append(msn / (T * N))
        e.append(mse / (T * N))
    num = max(v_t + sum(v) - sum(e), v_t, sum(v))
    parts = v_t**2 / (T - 1)
    parts += sum(x**2 / (N - 1) for x, N in zip(v, (Na, Nb), strict=True))
    parts += sum(x**2 / ((T - 1) * (N - 1)) for x, N in zip(e, (Na, Nb), strict=True))
    return sum(d) / T, num**0.5, max(num**2 / parts, min(T, Na, Nb) - 1)


def matrices(seed, T, N, template=0.3, name=0.2):
    rng = np.random.default_rng(seed)
    return (
        template * rng.standard_normal((T, 1))
        + name * rng.standard_normal((1, N))
        + rng.standard_normal((T, N))
    )


@given(st.integers(0, 10**6), st.integers(4, 9), st.integers(3, 7), st.sampled_from((0, 0.5, 3)))
def test_paired_is_the_formula(seed, T, N, size):
    m = matrices(seed, T, N, template=size, name=size)
    value, se, df = slow_paired(m.tolist())
    got = paired(m, floor=FLOOR)
    assert (got.value, got.se, got.df) == pytest.approx((value, se, df))
    assert got.p == pytest.approx(2 * stats.t.sf(abs(value) / se, df))
    assert (got.low, got.high) == pytest.approx(stats.t.interval(0.95, df, value, se))
    assert (got.low90, got.high90) == pytest.approx(stats.t.interval(0.90, df, value, se))
    assert got.mde == pytest.approx(se * (stats.t.ppf(0.975, df) + stats.t.ppf(0.8, df)))


@given(st.integers(0, 10**6), st.integers(4, 9), st.integers(3, 7), st.integers(3, 7))
def test_nested_is_the_formula(seed, T, Na, Nb):
    a, b = matrices(seed, T, Na), matrices(seed + 1, T, Nb)
    got = nested(a, b, floor=FLOOR)
    expected = slow_nested(a.tolist(), b.tolist())
    assert (got.value, got.se, got.df) == pytest.approx(expected)
    assert (got.templates, got.names, got.observations) == (T, Na, a.size + b.size)


@pytest.mark.parametrize("seed", range(5))
def test_fixed_wording_adds_no_variance_of_names(seed):
    """The formula without the group's name parts; with them it is another number."""
    b = matrices(seed, 8, 5, name=1.0)
    a = matrices(seed + 100, 8, 1)[:, 0]
    d = a - b.mean(axis=1)
    _, _, msn, mse = slow_parts(b.tolist())
    v_t, v_b, e_b = d.var(ddof=1) / 8, msn / b.size, mse / b.size
    got = against_fixed(a, b, floor=FLOOR)
    assert got.se**2 == pytest.approx(max(v_t + v_b - e_b, v_t, v_b))
    assert got.value == pytest.approx(d.mean())
    assert got.se**2 > v_t or v_b <= e_b


def test_pairing_by_place_would_depend_on_the_order_of_names():
    """Nested: shuffled columns change nothing. Paired by place: they change p."""
    rng = np.random.default_rng(3)
    a, b = matrices(1, 10, 6, name=0.8), matrices(2, 10, 6, name=0.8)
    nested_p, paired_p = set(), set()
    for _ in range(10):
        shuffled = b[:, rng.permutation(6)]
        rows = rng.permutation(10)
        nested_p.add(round(nested(a[rows], shuffled[rows], floor=FLOOR).p, 12))
        paired_p.add(round(paired(a - shuffled, floor=FLOOR).p, 12))
    assert len(nested_p) == 1
    assert len(paired_p) > 1


@given(st.integers(0, 10**6), st.lists(st.integers(3, 7), min_size=2, max_size=4))
def test_weighted_is_the_formula(seed, sizes):
    """A group against the mean of all: weights enter each group's parts squared."""
    T = 8
    sides = [matrices(seed + n, T, size) for n, size in enumerate(sizes)]
    weights = [1 - 1 / len(sides), *[-1 / len(sides)] * (len(sides) - 1)]
    d = [sum(w * side[t].mean() for w, side in zip(weights, sides, strict=True)) for t in range(T)]
    v_t = float(np.var(d, ddof=1)) / T
    v, e, parts = [], [], v_t**2 / (T - 1)
    for weight, side in zip(weights, sides, strict=True):
        N = side.shape[1]
        _, _, msn, mse = slow_parts(side.tolist())
        v.append(weight**2 * msn / (T * N))
        e.append(weight**2 * mse / (T * N))
        parts += v[-1] ** 2 / (N - 1) + e[-1] ** 2 / ((T - 1) * (N - 1))
    num = max(v_t + sum(v) - sum(e), v_t, sum(v))
    got = weighted(sides, weights, floor=FLOOR)
    expected = (sum(d) / T, num**0.5, max(num**2 / parts, min(T, *sizes) - 1))
    assert (got.value, got.se, got.df) == pytest.approx(expected)


def test_swapping_the_groups_mirrors_the_estimate():
    a, b = matrices(1, 8, 5), matrices(2, 8, 4)
    forth, back = nested(a, b, floor=FLOOR), nested(b, a, floor=FLOOR)
    assert (back.value, back.low, back.p) == pytest.approx((-forth.value, -forth.high, forth.p))


@pytest.mark.parametrize(("T", "N", "reason"), [(3, 9, "3 templates"), (9, 2, "2 names")])
def test_below_the_floor_there_is_no_interval(T, N, reason):
    m = matrices(0, T, N)
    wide = matrices(1, T, 9)
    for got in (
        paired(m, floor=FLOOR),
        nested(wide, m, floor=FLOOR),
        nested(m, wide, floor=FLOOR),
    ):
        assert isinstance(got, Undefined)
        assert reason in got.reason
    assert isinstance(paired(matrices(0, 4, 3), floor=FLOOR), Estimate)


def test_missing_answers_drop_their_template():
    m = matrices(0, 10, 5)
    gaps = m.copy()
    gaps[3, 2] = gaps[7, 0] = np.nan
    kept = np.delete(m, [3, 7], axis=0)
    assert paired(gaps, floor=FLOOR) == paired(kept, floor=FLOOR)
    assert paired(gaps, floor=FLOOR) != paired(m, floor=FLOOR)
    assert nested(gaps, m, floor=FLOOR) == nested(kept, kept, floor=FLOOR)


def test_nothing_answered_is_undefined():
    nothing = np.full((6, 4), np.nan)
    assert isinstance(paired(nothing, floor=FLOOR), Undefined)
    assert isinstance(nested(nothing, nothing + 0, floor=FLOOR), Undefined)
    assert isinstance(against_fixed(nothing[:, 0], nothing, floor=FLOOR), Undefined)
    some = matrices(0, 6, 4)
    unworded = against_fixed(nothing[:, 0], some, floor=FLOOR)
    assert "without a mention" in unworded.reason


def test_a_model_that_does_not_react_is_not_cleared():
    got = paired(np.zeros((20, 10)), floor=FLOOR)
    assert isinstance(got, Undefined)
    assert "400 answers tie" in got.reason
    same = np.full((20, 10), 0.1) + np.arange(20)[:, np.newaxis]
    assert "tie" in nested(same, same.copy(), floor=FLOOR).reason
    moved = same.copy()
    moved[3, 4] += 0.01
    assert isinstance(nested(same, moved, floor=FLOOR), Estimate)  # one answer is enough


@pytest.mark.parametrize(("T", "N", "p"), [(20, 10, 2**-9), (4, 3, 0.25)])
def test_a_constant_gap_is_as_sure_as_its_fewest_units(T, N, p):
    got = paired(np.full((T, N), 0.1), floor=FLOOR)
    assert (got.value, got.se, got.p) == pytest.approx((0.1, 0, p))
    assert "nothing varies" in got.estimator
    rounded = np.full((T, N), 0.1) + 1e-17 * matrices(0, T, N)
    assert paired(rounded, floor=FLOOR).p == p


def test_variance_in_one_factor_only():
    by_template = np.tile(np.arange(6.0)[:, np.newaxis], (1, 5))
    got = paired(by_template, floor=FLOOR)
    assert got.df == pytest.approx(5)
    assert got.se == pytest.approx(np.std(np.arange(6), ddof=1) / 6**0.5)


def test_residual_decides_where_both_margins_cancel():
    board = np.indices((4, 4)).sum(axis=0) % 2 - 0.5
    got = paired(board, floor=FLOOR)
    assert (got.value, got.p) == (0, 1)
    assert got.se > 0


def test_names_of_one_unit_count_once():
    values = np.array([1.0, 3.0, 10.0, np.nan, 5.0])
    rows, units = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 0, 1])
    got = by_unit(values, rows=rows, units=units, shape=(3, 2))
    expected = [[2, 10], [np.nan, 5], [np.nan, np.nan]]
    np.testing.assert_array_equal(got, expected)
