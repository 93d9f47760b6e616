"""Halves: all halvings at once are the estimator that judges, one halving at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.records.quantities import Estimate
from audit.stats.crossed import Floor, nested
from audit.stats.halves import first_halves, permuted, split

FLOOR = Floor(templates=4, names=3)


def one_by_one(answers, first):
    return [nested(answers[:, mask], answers[:, ~mask], floor=FLOOR) for mask in first.T]


@given(
    seed=st.integers(0, 10_000),
    templates=st.integers(4, 15),
    names=st.integers(6, 13),
    gaps=st.sampled_from((0.0, 0.02)),
    residual=st.sampled_from((0.0, 0.3)),
)
def test_every_halving_is_the_nested_estimate(seed, templates, names, gaps, residual):
    rng = np.random.default_rng(seed)
    answers = 5 + rng.standard_normal((templates, 1)) + rng.standard_normal(names)
    answers = answers + residual * rng.standard_normal((templates, names))
    answers[rng.uniform(size=answers.shape) < gaps] = np.nan
    strata = [("f", "m")[place % 2] for place in range(names)]
    first = permuted(first_halves(strata), strata, 8, rng)
    found = split(answers, first, floor=FLOOR)
    for place, expected in enumerate(one_by_one(answers, first)):
        if not isinstance(expected, Estimate):
            assert np.isnan(found.p[place])
            continue
        assert found.value[place] == pytest.approx(expected.value, abs=1e-12)
        assert found.p[place] == pytest.approx(expected.p, abs=1e-9)
        assert found.half[place] == pytest.approx(expected.high - expected.value, abs=1e-9)
        assert found.half90[place] == pytest.approx(expected.high90 - expected.value, abs=1e-9)


def test_a_shift_of_one_half_is_the_gap_and_another_halving_does_not_see_it():
    rng = np.random.default_rng(1)
    first = first_halves([""] * 8)
    answers = 0.1 * rng.standard_normal((10, 8)) + 2.0 * first
    other = np.array([True, False] * 4)
    found = split(answers, np.column_stack((first, other)), floor=FLOOR)
    assert found.value[0] == pytest.approx(2, abs=0.1)
    assert found.p[0] < 0.001
    assert abs(found.value[1]) < 0.2
    assert found.p[1] > 0.05


def test_too_few_are_undefined():
    answers = np.random.default_rng(0).standard_normal((10, 5))
    assert np.isnan(split(answers, first_halves([""] * 5)[:, None], floor=FLOOR).p).all()
    answers = np.random.default_rng(0).standard_normal((3, 8))
    assert np.isnan(split(answers, first_halves([""] * 8)[:, None], floor=FLOOR).p).all()


@given(st.lists(st.sampled_from(("f", "m", "fm")), min_size=2, max_size=20))
def test_halves_are_disjoint_alike_and_in_order(strata):
    first = first_halves(strata)
    assert abs(int(first.sum()) - int((~first).sum())) <= 1
    for stratum in set(strata):
        own = first[[place for place, one in enumerate(strata) if one == stratum]]
        assert abs(int(own.sum()) - int((~own).sum())) <= 1
        assert list(own) == sorted(own, reverse=True)


@given(seed=st.integers(0, 100))
def test_permuting_keeps_the_strata(seed):
    strata = ["f", "m", "m", "f", "m", "f", "m", "m"]
    first = first_halves(strata)
    drawn = permuted(first, strata, 50, np.random.default_rng(seed))
    women = [place for place, one in enumerate(strata) if one == "f"]
    assert (drawn[women].sum(axis=0) == first[women].sum()).all()
    assert (drawn.sum(axis=0) == first.sum()).all()
    assert (drawn != first[:, None]).any()
