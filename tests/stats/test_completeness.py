"""The complete-case rule."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audit.stats.completeness import complete_cases


def gaps(shape, places):
    m = np.ones(shape)
    for row, column in places:
        m[row, column] = np.nan
    return m


def test_rows_that_lack_anything_go():
    rows, columns = complete_cases(gaps((6, 4), [(0, 1), (3, 3)]))
    assert rows.tolist() == [False, True, True, False, True, True]
    assert columns.all()


def test_columns_go_where_rows_would_cost_more_than_half():
    rows, columns = complete_cases(gaps((6, 4), [(0, 1), (1, 1), (2, 1), (3, 1)]))
    assert rows.all()
    assert columns.tolist() == [True, False, True, True]


def test_what_is_empty_throughout_costs_nothing_else():
    everywhere = [(2, column) for column in range(4)] + [(row, 0) for row in range(6)]
    rows, columns = complete_cases(gaps((6, 4), everywhere))
    assert rows.tolist() == [True, True, False, True, True, True]
    assert columns.tolist() == [False, True, True, True]


@given(st.integers(0, 10**6), st.floats(0, 0.6))
def test_no_gap_remains_and_order_does_not_matter(seed, share):
    rng = np.random.default_rng(seed)
    m = np.where(rng.random((7, 5)) < share, np.nan, rng.random((7, 5)))
    rows, columns = complete_cases(m)
    assert not np.isnan(m[np.ix_(rows, columns)]).any()
    by_row, by_column = rng.permutation(7), rng.permutation(5)
    shuffled = complete_cases(m[np.ix_(by_row, by_column)])
    np.testing.assert_array_equal(shuffled[0], rows[by_row])
    np.testing.assert_array_equal(shuffled[1], columns[by_column])
