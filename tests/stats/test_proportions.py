"""Wilson's interval, against its closed form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.stats.proportions import wilson

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
