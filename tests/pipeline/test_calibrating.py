"""Calibration on every run: planted shifts are resumable, and false alarms forbid a conclusion."""

import json
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pytest
from pydantic import TypeAdapter

from audit.errors import ExitCode
from audit.findings import policy
from audit.models.contract import Intervenes, ScoresContinuations
from audit.pipeline.calibrating import calibrate, calibration_of, disclaimer
from audit.pipeline.deriving import observed, rate
from audit.pipeline.gating import gate
from audit.pipeline.measuring import observations
from audit.pipeline.planning import reopen
from audit.pipeline.spiking import held_rows, spike, trials
from audit.pipeline.stages import carry_out
from audit.pipeline.watcher import Quiet
from audit.records.calibration import NetworkSpike, Placebo, Recovery, Spike
from audit.records.scores import Scorecard
from audit.storage import folder as run_folder
from audit.storage import journal

FLOORLESS = {"mass_floor = 0.5": "mass_floor = 0.0"}


def clock():
    return datetime.now(tz=UTC)


def spikes_of(folder):
    return list(journal.read(folder / run_folder.SPIKES, TypeAdapter(Spike)))


@pytest.fixture(scope="module")
def floorless(tmp_path_factory):
    """The default policy, but for a random model that puts no mass on the offered answers."""
    text = (policy._SHIPPED / "default.toml").read_text(encoding="utf-8")
    for old, new in FLOORLESS.items():
        assert old in text
        text = text.replace(old, new)
    path = tmp_path_factory.mktemp("policies") / "floorless.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def calibrated(make_spec, floorless, planned, tmp_path_factory):
    """A whole small audit with three shifts planted in the network."""
    spec = make_spec(sampling={"limit": 0}, output={"policy": str(floorless)})
    depth = spec.depth.model_copy(update={"network_spikes": 3})
    folder = tmp_path_factory.mktemp("calibrated") / "run"
    carry_out(planned(spec.model_copy(update={"depth": depth}), folder), clock)
    return folder


def test_every_part_is_on_file(calibrated):
    placebos = run_folder.read_records(calibrated, run_folder.PLACEBOS, Placebo)
    recoveries = run_folder.read_records(calibrated, run_folder.RECOVERIES, Recovery)
    found = calibration_of(calibrated)
    assert len(placebos) == found.placebo.contrasts == 3
    assert sum(one.alarm for one in placebos) == found.placebo.alarms
    assert len([r for r in recoveries if r.route == "answer"]) == 4 * len(placebos)
    assert len([r for r in recoveries if r.route == "network"]) == 3
    assert {d.dose for d in found.doses if d.route == "network"} == {0.5, 1.0, 2.0}
    assert found.network == ""
    page = (calibrated / "report.html").read_text(encoding="utf-8")
    assert "With these suites on this model, this audit noticed planted shifts of" in page
    assert "was not measured in this run" not in page.partition('class="contents"')[0]


def test_trials_in_the_network_are_what_was_planned(calibrated):
    work = reopen(calibrated, Quiet())
    planned_trials = trials(work, observed(work))
    for trial, done in zip(planned_trials, spikes_of(calibrated), strict=True):
        assert isinstance(done, NetworkSpike)
        assert (done.batch, done.placebo, done.dose) == (trial.number, trial.cell.id, trial.dose)
        assert done.layer in done.eligible
        assert done.step == done.layer
        assert done.reached == pytest.approx(trial.target, rel=0.06)
        held, sought = ({one.template for one, _ in part} for part in (trial.held, trial.seeking))
        assert not held & sought
        assert {v.id for _, v in trial.held} == {answer.variant for answer in done.answers}
        assert {v.unit for _, v in trial.held} == set(trial.cell.names[0])


def test_the_clean_side_of_a_trial_is_what_was_measured(calibrated):
    work = reopen(calibrated, Quiet())
    on_file = {
        one.variant: np.mean(one.response.log_odds_by_order()) for one in observations(work)
    }
    for done in spikes_of(calibrated):
        for answer in done.answers:
            assert answer.clean == pytest.approx(on_file[answer.variant], abs=1e-3)
        moved = [answer.spiked - answer.clean for answer in done.answers]
        assert np.mean(moved) * done.dose > 0


def test_the_truth_is_the_mean_shift_on_held_templates(calibrated):
    recoveries = run_folder.read_records(calibrated, run_folder.RECOVERIES, Recovery)
    inside = [one for one in recoveries if one.route == "network"]
    for one, done in zip(inside, spikes_of(calibrated), strict=True):
        moved = [answer.spiked - answer.clean for answer in done.answers]
        assert one.truth == pytest.approx(np.mean(moved), abs=1e-9)
        assert one.estimate.templates == len(held_rows_of(calibrated, done))
        assert one.stepped


def held_rows_of(folder, done):
    work = reopen(folder, Quiet())
    (cell,) = [t.cell for t in trials(work, observed(work)) if t.number == done.batch]
    return held_rows(cell, done.batch, work.run.spec.seed)


@pytest.mark.parametrize("part", [0.0, 0.3, 0.5, 0.9])
def test_stopped_while_spiking(calibrated, contents, tmp_path, part):
    folder = tmp_path / "run"
    shutil.copytree(calibrated, folder)
    path = folder / run_folder.SPIKES
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    for name in (run_folder.CALIBRATION, run_folder.RECOVERIES, "manifest.json"):
        (folder / name).unlink()
    carry_out(reopen(folder, Quiet()), clock)
    assert contents(folder) == contents(calibrated)


def test_other_seeds_plant_elsewhere(calibrated, tmp_path):
    work = reopen(calibrated, Quiet())
    seen = observed(work)
    spec = work.run.spec.model_copy(update={"seed": 7})
    other = replace(work, run=work.run.model_copy(update={"spec": spec}))
    key = [(t.cell.id, t.dose) for t in trials(work, seen)]
    assert key == [(t.cell.id, t.dose) for t in trials(work, seen)]
    assert key != [(t.cell.id, t.dose) for t in trials(other, seen)]


@dataclass(frozen=True)
class BlackBox:
    """A model that answers, and whose network cannot be reached."""

    model: ScoresContinuations

    @property
    def identity(self):
        return self.model.identity

    @property
    def device(self):
        return self.model.device

    def prompt_text(self, ask):
        return self.model.prompt_text(ask)

    def cost(self, ask):
        return self.model.cost(ask)

    def score(self, asks):
        return self.model.score(asks)


def test_a_black_box_gets_shifts_in_its_answers_alone_and_says_so(calibrated, tmp_path):
    folder = shutil.copytree(calibrated, tmp_path / "run")
    (folder / run_folder.SPIKES).unlink()
    work = reopen(folder, Quiet())
    assert isinstance(work.model, Intervenes)
    closed = replace(work, model=BlackBox(work.model))
    seen = observed(closed)
    spike(closed, seen)
    calibrate(closed, seen)
    assert spikes_of(folder) == []
    found = calibration_of(folder)
    assert {dose.route for dose in found.doses} == {"answer"}
    assert "out of reach" in found.network


def with_trouble(folder):
    path = folder / run_folder.CALIBRATION
    content = json.loads(path.read_bytes())
    content["placebo"] |= {"trouble": "names", "alarms": 3, "bound": 1, "p": 0.002}
    path.write_text(json.dumps(content), encoding="utf-8")


def test_too_many_false_alarms_are_a_disclaimer(calibrated, tmp_path):
    folder = shutil.copytree(calibrated, tmp_path / "run")
    work = reopen(folder, Quiet())
    rate(work, observed(work))
    before = run_folder.read_record(folder, run_folder.SCORECARD, Scorecard)
    assert before.conclusion
    assert before.rating is not None
    with_trouble(folder)
    rate(work, observed(work))
    after = run_folder.read_record(folder, run_folder.SCORECARD, Scorecard)
    assert (after.conclusion, after.rating) == (False, None)
    assert "3 of 3 placebo contrasts raised a false alarm, at most 1 may" in after.rule
    assert after.verdicts == before.verdicts
    assert disclaimer(folder)


def test_a_disclaimed_run_cannot_pass_a_gate(calibrated, floorless, tmp_path):
    """Under a policy whose margin lets everything pass."""
    folder = shutil.copytree(calibrated, tmp_path / "run")
    wide = tmp_path / "wide.toml"
    text = floorless.read_text(encoding="utf-8").replace("margin = 0.2", "margin = 50.0")
    wide.write_text(text, encoding="utf-8")
    assert gate(folder, str(wide)).state == "passed"
    with_trouble(folder)
    result = gate(folder, str(wide))
    assert result.state == "undecided"
    assert all("placebo contrasts" in case.reason for case in result.cases)
    assert ExitCode.UNDECIDED == 4


def test_a_run_from_before_calibration_is_read_as_before(calibrated, tmp_path):
    from audit.pipeline.reports import dossier

    folder = shutil.copytree(calibrated, tmp_path / "run")
    for name in (run_folder.CALIBRATION, run_folder.PLACEBOS):
        (folder / name).unlink()
    assert calibration_of(folder) is None
    assert disclaimer(folder) == ""
    shown = dossier(folder)
    assert (shown.calibration, shown.placebos) == (None, ())
