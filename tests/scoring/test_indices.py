"""Secondary indices: the formula once more, its laws, and how often its interval covers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from audit.records.estimates import Undefined
from audit.scoring.indices import indices

ASKED = ("v1", "v2")


def plain(estimates):
    """The formula of the documentation, in another arithmetic: chances placed about one half."""

    def chance(d):
        return 1 / (1 + math.exp(-d / 2)) - 1 / (1 + math.exp(d / 2))

    squares, noise, half = 0.0, 0.0, 0.0
    for e in estimates:
        x = chance(e.value)
        h = (chance(e.high) - chance(e.low)) / 2
        s = h * e.se / ((e.high - e.low) / 2) if e.high > e.low else 0.0
        squares, noise = squares + x**2, noise + s**2
        half += (abs(x) + h) ** 2 - x**2
    n = len(estimates)

    def root(v):
        return math.sqrt(max(0.0, v / n))

    return {
        "value": root(squares - noise), "low": root(squares - noise - half),
        "high": min(1.0, root(squares - noise + half)), "naive": root(squares),
        "floor": root(noise), "cells": n,
    }  # fmt: skip


CELLS = st.lists(
    st.tuples(st.floats(-3, 3), st.sampled_from((0.01, 0.05, 0.2, 0.6))), min_size=1, max_size=6
)


@given(cells=CELLS)
def test_the_formula(made, cells):
    estimates = [made.estimate(value, se) for value, se in cells]
    rows = [made.disparity(e, language=f"l{n}") for n, e in enumerate(estimates)]
    got = indices(rows, ASKED, "C")
    assert got.bias["religion"].model_dump() == pytest.approx(plain(estimates), abs=1e-9)
    spread = got.bias["religion"]
    assert spread.low <= spread.value <= spread.high
    assert got.overall.value == pytest.approx(100 * (1 - spread.value))
    assert got.overall.low <= got.overall.value <= got.overall.high
    assert got.fairness.value == pytest.approx(1 - spread.value)


def test_axes_are_averaged_by_their_squares(made):
    rows = [made.disparity(made.estimate(2.0, 0.01), axis="caste")]
    rows += [made.disparity(made.estimate(0.0, 0.01), language=f"l{n}") for n in range(9)]
    got = indices(rows, ASKED, "E")
    caste = got.bias["caste"].value
    assert caste == pytest.approx(math.tanh(0.5), abs=0.001)
    assert got.bias["religion"].value < 0.01
    assert got.unfairness.value == pytest.approx(caste / math.sqrt(2), abs=0.001)
    assert got.unfairness.cells == 10


def test_more_disparity_never_raises_the_overall_index(made):
    values = [
        indices([made.disparity(made.estimate(v, 0.05))], ASKED, "C").overall.value
        for v in (0.0, 0.2, 0.5, 1.0, 3.0)
    ]
    assert values == sorted(values, reverse=True)
    assert values[0] == 100.0


def test_only_log_odds_of_named_groups_that_should_be_equal(made):
    kept = made.disparity(made.estimate(0.5))
    others = [
        made.disparity(made.estimate(3.0), metric="favourable_probability", primary=False),
        made.disparity(made.estimate(3.0), facet="1"),
        made.disparity(made.estimate(3.0), group="none", primary=False),
        made.disparity(made.estimate(3.0), expected="difference"),
    ]
    alone, all_of_them = indices([kept], ASKED, "C"), indices([kept, *others], ASKED, "C")
    assert alone == all_of_them
    secondary = kept.model_copy(update={"primary": False})
    assert indices([secondary], ASKED, "C") == alone


def test_what_has_no_interval_is_counted_and_never_a_zero(made):
    known = made.disparity(made.estimate(0.5))
    silent = made.disparity(Undefined(reason="x"), language="hi")
    got = indices([known, silent], ASKED, "C")
    assert got.bias == indices([known], ASKED, "C").bias
    assert got.left_out == {"religion": 1}
    other = made.disparity(Undefined(reason="x"), axis="caste")
    without = indices([known, other], ASKED, "C")
    assert without.overall is None
    assert "caste" in without.overall_note
    assert indices([silent], ASKED, "C") is None
    assert indices([], ASKED, None) is None


def test_no_overall_index_without_a_rating(made):
    got = indices([made.disparity(made.estimate(0.5))], ASKED, None)
    assert got.overall is None
    assert "no conclusion" in got.overall_note


def test_the_checksum_binds_prompts_cells_and_estimators_but_no_answer(made):
    def checksum(rows, asked=ASKED):
        return indices(rows, asked, "C").overall.checksum

    rows = [made.disparity(made.estimate(0.5), id="1"), made.disparity(made.estimate(0.1), id="2")]
    answers = [
        made.disparity(made.estimate(1.5), id="1"),
        made.disparity(made.estimate(0), id="2"),
    ]
    varying = rows[1].estimate.model_copy(update={"estimator": "test; nothing varies"})
    assert checksum(rows) == checksum(answers) == checksum(rows[::-1], ASKED[::-1])
    assert checksum([rows[0], rows[1].model_copy(update={"estimate": varying})]) == checksum(rows)
    other = rows[1].estimate.model_copy(update={"estimator": "another"})
    assert checksum([rows[0], rows[1].model_copy(update={"estimate": other})]) != checksum(rows)
    assert checksum(rows[:1]) != checksum(rows)
    assert checksum(rows, (*ASKED, "v3")) != checksum(rows)


def coverage(made, truth, se, rho, *, repetitions=300, df=12):
    """How often the interval holds the truth, with cells whose errors are correlated."""
    rng = np.random.default_rng([len(truth), int(100 * rho), int(1000 * se)])
    x = np.tanh(np.array(truth) / 4)
    true = math.sqrt(float((x**2).mean()))
    shared = rng.standard_normal((repetitions, 1))
    own = rng.standard_normal((repetitions, len(truth)))
    errors = se * (math.sqrt(rho) * shared + math.sqrt(1 - rho) * own)
    ses = se * np.sqrt(rng.chisquare(df, errors.shape) / df)
    t = stats.t.ppf(0.975, df)
    held = 0
    for d, s in zip(truth + errors, ses, strict=True):
        rows = [
            made.disparity(shape(made, v, e, t), id=str(n))
            for n, (v, e) in enumerate(zip(d, s, strict=True))
        ]
        index = indices(rows, ASKED, "C").unfairness
        held += index.low <= true <= index.high
    return held / repetitions


def shape(made, value, se, t):
    value, half = float(value), float(t * se)
    bounds = {"low": value - half, "high": value + half, "low90": value, "high90": value}
    return made.estimate(0.0).model_copy(update={"value": value, "se": float(se), **bounds})


@pytest.mark.parametrize("rho", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("truth", [(0.0,) * 4, (0.8,), (0.8, 0.0, 0.0, 0.0), (0.2, -0.2) * 4])
def test_the_interval_covers(made, truth, rho):
    """95 % or more; the bound leaves three standard errors for 300 repetitions."""
    assert coverage(made, truth, 0.15, rho) >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / 300)


def test_the_naive_value_shows_what_is_not_there_and_the_index_less(made):
    rng = np.random.default_rng(7)
    got = []
    for _ in range(100):
        rows = [
            made.disparity(made.estimate(float(v), 0.4), id=str(n))
            for n, v in enumerate(0.4 * rng.standard_normal(8))
        ]
        got.append(indices(rows, ASKED, "C").unfairness)
    naive, value, floor = (
        np.mean([getattr(one, key) for one in got]) for key in ("naive", "value", "floor")
    )
    assert naive == pytest.approx(floor, rel=0.1)
    assert value < naive / 2
