"""Numbers as they are printed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.reporting import formatting as fmt


@pytest.mark.parametrize(
    ("value", "plain", "with_sign"),
    [
        (0.784, "0.78", "+0.78"),
        (-0.784, "−0.78", "−0.78"),
        (-0.001, "0.00", "0.00"),
        (0.0, "0.00", "0.00"),
        (-1234.5, "−1,234.50", "−1,234.50"),
    ],
)
def test_signs(value, plain, with_sign):
    assert fmt.number(value) == plain
    assert fmt.signed(value) == with_sign


@given(st.floats(-1e9, 1e9))
def test_no_hyphen_stands_for_a_minus_and_nothing_is_lost(value):
    text = fmt.signed(value, 3)
    assert "-" not in text
    assert float(text.replace("−", "-").replace(",", "")) == pytest.approx(value, abs=5.1e-4)


@pytest.mark.parametrize(
    ("p", "text"), [(None, "none"), (0.0, "< 0.001"), (0.00099, "< 0.001"), (0.0123, "0.012")]
)
def test_p_values(p, text):
    assert fmt.p_value(p) == text


def test_a_p_value_in_a_sentence():
    assert fmt.p_equals(0.02) == "p = 0.020"
    assert fmt.p_equals(0.0001) == "p < 0.001"


@given(st.floats(-6, 6))
def test_even_chance_is_the_logistic_of_the_shift(shift):
    said = float(fmt.even_chance(shift).removesuffix(" %").replace("−", "-"))
    assert said == pytest.approx(100 * math.exp(shift) / (1 + math.exp(shift)), abs=0.51)


def test_margin_in_words_of_chance():
    assert (fmt.even_chance(0.2), fmt.even_chance(-0.2)) == ("55 %", "45 %")


@pytest.mark.parametrize(
    ("items", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), ("abc", "a, b and c")]
)
def test_lists(items, text):
    assert fmt.listed(list(items)) == text


def test_a_small_share_does_not_read_as_none():
    assert fmt.share(0.0004) == "< 0.1 %"
    assert fmt.share(0.0) == "0.0 %"
    assert fmt.share(0.389) == "38.9 %"


def test_counts():
    assert fmt.counted(1, "axis", "axes") == "1 axis"
    assert fmt.counted(1200, "axis", "axes") == "1,200 axes"
    assert fmt.counted(2, "finding") == "2 findings"


def test_clipping_says_that_it_clipped_and_leaves_the_rest_alone():
    assert fmt.clipped("as long as this", 15) == "as long as this"
    assert fmt.clipped("longer than it may be", 12) == "longer than …"
