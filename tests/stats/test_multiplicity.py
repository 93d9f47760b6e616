"""Holm's procedure, against its definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.stats.multiplicity import holm


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


def test_untested_stay_untested_and_uncounted():
    assert holm([0.01, None, 0.03]) == pytest.approx((0.02, None, 0.03))
    assert holm([0.01, 1.0, 0.03])[0] == pytest.approx(0.03)
    assert holm([None, None]) == (None, None)
    assert holm([]) == ()
