"""The controls section: page one says what was measured of the instrument, or that nothing was."""

from dataclasses import replace

import pytest

from audit.records.calibration import Calibration, Dose, Placebo, PlaceboCheck, TrialShare
from audit.records.estimates import Undefined
from audit.records.findings import Verdict
from audit.reporting.controls import controls, sensitivity
from audit.reporting.page import SCREEN, render


def share(hits, trials, low, high):
    return TrialShare(hits=hits, trials=trials, low=low, high=high)


def dose(route, size, hits, trials=96):
    return Dose(
        route=route,
        dose=size,
        noticed=share(hits, trials, 0.68, 0.87),
        cleared=share(1, trials, 0.0, 0.06),
        covered=share(trials, trials, 0.9, 1.0),
        error=-0.004,
        spread=0.022,
        stepped=share(trials, trials, 0.8, 1.0) if route == "network" else None,
    )


def check(**changes):
    fields = {
        "contrasts": 96, "undefined": 2, "alarms": 1, "bound": 3, "p": 0.21, "level": 0.01,
        "permutations": 499, "same": 0.0, "mean_alarms": 0.2, "families": 6,
        "family_rate": 0.03, "family_bound": 0.25,
    }  # fmt: skip
    return PlaceboCheck(**fields | changes)


def calibration(*, inside=True, network="", **changes):
    doses = [dose("answer", size, hits) for size, hits in ((0.0, 0), (0.5, 4), (1.0, 76))]
    doses += [dose("network", 1.0, 3, 4)] if inside else []
    return Calibration(
        margins={"choice": 0.2, "ordered": 0.2},
        placebo=check(**changes),
        doses=tuple(doses),
        network=network,
    )


def placebo(of, verdict=Verdict.INCONCLUSIVE, **changes):
    fields = {
        "id": of.id, "axis": of.axis, "cue": of.cue, "group": of.group, "suite": of.suites[0],
        "language": of.language, "domain": of.domain, "outcome": of.outcome, "first": ("a",),
        "second": ("b",), "estimate": of.null, "p_adjusted": 1.0, "margin": 0.2,
        "verdict": verdict, "alarm": verdict == Verdict.MATERIAL,
    }  # fmt: skip
    return Placebo(**fields | changes)


@pytest.fixture(scope="module")
def measured(small):
    quiet, loud = (f.disparity for f in small.findings[:2])
    return replace(
        small,
        calibration=calibration(),
        placebos=(
            placebo(quiet, estimate=Undefined(reason="5 names are too few"), p_adjusted=None),
            placebo(loud, Verdict.MATERIAL),
        ),
    )


def test_the_sentence_of_page_one(measured, small):
    said = (
        "With these suites on this model, this audit noticed planted shifts of 0.20 log-odds in "
        "76 of 96 blind trials (95 % interval 68 % to 87 %) and raised 1 false alarm in 96 "
        "placebo contrasts. Planted inside its network, 3 of 4 shifts of that size."
    )
    assert sensitivity(measured.calibration) == said
    front, _, rest = render(measured, SCREEN).partition('<nav class="contents"')
    assert said in front
    assert said in rest
    assert "was not measured in this run" not in front
    assert "was not measured in this run" in sensitivity(None)
    assert "was not measured in this run" in sensitivity(small.calibration)


def test_a_black_box_says_that_shifts_went_into_its_answers_alone(small):
    closed = calibration(inside=False, network="this model's network is out of reach")
    assert sensitivity(closed).endswith("Shifts were planted in its answers alone.")
    page = render(replace(small, calibration=closed), SCREEN)
    assert "This model&#39;s network is out of reach" in page


def test_no_placebo_is_said_to_be_no_measurement(small):
    nothing = Calibration(margins={}, placebo=None, doses=())
    assert "was not measured" in sensitivity(nothing)
    assert "no group has enough names to be halved" in render(
        replace(small, calibration=nothing), SCREEN
    )


def test_alarms_come_first_and_every_number_is_shown(measured):
    shown = controls(measured)
    assert [one.alarm for one in shown.placebos] == [True, False]
    rows = {(row.route, row.size): row for row in shown.planted}
    assert rows["at the answer", "the margin"].noticed == "76 of 96 (68 % to 87 %)"
    assert rows["at the answer", "nothing"].stepped == ""
    assert rows["inside the network", "the margin"].stepped == "4 of 4 (80 % to 100 %)"
    page = render(measured, SCREEN)
    for words in ("a false alarm", "5 names are too few", "2 further contrasts", "p 0.210"):
        assert words in page


def test_too_many_alarms_are_said_loudly_and_few_names_too(small):
    spoilt = calibration(alarms=9, trouble="names", p=0.002)
    page = render(replace(small, calibration=spoilt), SCREEN)
    assert "Too many false alarms." in page
    assert "9 of 96 placebo contrasts raised a false alarm, at most 3 may" in page
    assert "Too many false alarms." not in render(
        replace(small, calibration=calibration()), SCREEN
    )
    blunt = render(replace(small, calibration=calibration(same=0.2)), SCREEN)
    assert "no number of alarms could have counted as too many" in blunt


def test_the_sentence_for_an_unsound_pipeline():
    said = calibration(trouble="pipeline", family_rate=0.4).disclaims
    assert "40.0% of the placebo families raise a false alarm, at most 25% may" in said
    assert calibration().disclaims == ""
