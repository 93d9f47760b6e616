"""Planted shifts: twice the margin comes back, nothing does not, and dealing is fair."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.analyses.placebos import placebo_cells
from audit.controls.recovery import DOSES, Planted, recovered, rounds, share, summed
from audit.pipeline.calibrating import judged, planted_in_answers
from audit.stats.proportions import wilson

SOURCE = Path(__file__).parents[1] / "analyses" / "small_world.py"


@pytest.fixture(scope="module")
def world():
    spec = spec_from_file_location("small_world", SOURCE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def placebos(world):
    """A run with a gap of half a log-odds between its groups, which no placebo may see."""
    observed = world.whole(0.5, templates=16, people=12, name=0.1, residual=0.1)
    return judged(observed, placebo_cells(observed, {}))


@pytest.fixture(scope="module")
def trials(placebos):
    return tuple(planted_in_answers(placebos))


def test_twice_the_margin_is_noticed_and_nothing_is_not(trials):
    by_dose = {one.dose: one for one in summed(trials)}
    assert by_dose.keys() == set(DOSES)
    nothing, twice = by_dose[0.0], by_dose[2.0]
    assert (nothing.noticed.hits, nothing.noticed.trials) == (0, 4)
    assert (twice.noticed.hits, twice.noticed.trials) == (4, 4)
    assert twice.cleared.hits == 0
    assert nothing.cleared.hits >= 3
    assert nothing.noticed.high < 1
    assert twice.noticed.low > 0


def test_a_shift_moves_its_estimate_by_itself_and_the_error_is_the_placebos(trials, placebos):
    plain = {one.id: one.estimate for one in placebos.disparities}
    for one in trials:
        placebo = plain[one.placebo]
        assert one.truth == pytest.approx(0.2 * one.dose)
        assert one.estimate.value - one.truth == pytest.approx(placebo.value)
        assert one.estimate.se == pytest.approx(placebo.se)
        assert one.covered == (placebo.low <= 0 <= placebo.high)


@given(
    st.lists(st.text("abc", min_size=1), unique=True, min_size=1, max_size=30), st.integers(0, 9)
)
def test_each_placebo_gets_each_dose_once(ids, seed):
    dealt = rounds(ids, seed)
    for one in ids:
        assert sorted(abs(each[one]) for each in dealt) == list(DOSES)
    assert dealt == rounds(ids, seed)
    assert [each[ids[0]] for each in rounds(ids[:1], seed)] == [each[ids[0]] for each in dealt]


def test_doses_of_a_round_are_mixed_and_of_both_signs():
    dealt = rounds([f"placebo {number}" for number in range(200)], 0)
    for each in dealt:
        sizes = [abs(dose) for dose in each.values()]
        assert all(30 < sizes.count(dose) < 70 for dose in DOSES)
        assert 0.4 < np.mean([dose > 0 for dose in each.values() if dose]) < 0.6


def test_a_finding_of_the_wrong_sign_is_not_noticed(placebos):
    observed = placebos.seen
    cell = placebos.cells[0]
    shifted = cell.__class__(**{**vars(cell), "answers": cell.answers + 2.0 * cell.first})
    (finding, *_) = judged(observed, (shifted, *placebos.cells[1:])).findings
    assert finding.counts
    right, wrong, none = (
        recovered("answer", Planted(cell.id, "c", dose, 0.2 * dose), finding)
        for dose in (2.0, -2.0, 0.0)
    )
    assert (right.noticed, wrong.noticed) == (True, False)
    assert none.noticed  # nothing was planted: that is a false alarm
    assert not wrong.covered


def test_trials_of_one_cast_hang_together():
    hits = [True] * 20 + [False] * 20
    apart = share(hits, [str(number) for number in range(40)])
    together = share(hits, [str(number // 10) for number in range(40)])
    assert (apart.low, apart.high) == pytest.approx(wilson(20, 40), abs=0.03)
    assert (apart.hits, apart.trials) == (together.hits, together.trials) == (20, 40)
    assert together.high - together.low > 1.5 * (apart.high - apart.low)
    assert share([], []).trials == 0
