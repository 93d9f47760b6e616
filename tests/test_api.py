"""The Python interface does what the command line does, in five lines."""

import pytest

from audit import api
from audit.errors import RequestError
from audit.records.findings import Verdict

SMALL = {"scope": {"cues": ("label",)}, "output": {"pdf": False}}


@pytest.fixture(scope="module")
def model(make_folder):
    return str(make_folder("llama"))


@pytest.fixture(scope="module")
def run(model, tmp_path_factory):
    return api.audit(
        model,
        out=tmp_path_factory.mktemp("api") / "run",
        profile="quick",
        suites=("employment/shortlist.en",),
        axes=("gender",),
        sampling={"limit": 2, "threads": 1, "date": "2026-07-01"},
        **SMALL,
    )


def test_a_run_is_read_from_its_folder(run):
    again = api.Run(run.folder)
    assert again.plan.spec.profile == "quick"
    assert again.plan.spec.axes == ("gender",)
    assert again.plan.spec.date == "2026-07-01"
    assert again.plan.stamp.threads == 1
    assert [page.name for page in again.pages] == ["report.html"]
    assert {one.axis for one in again.disparities} == {"gender"}
    assert {one.verdict for one in again.findings} == {Verdict.INCONCLUSIVE}
    assert again.worst == ()
    assert not again.scorecard.conclusion
    assert again.summary.startswith("no conclusion, evidence ")
    assert "1 inconclusive; 6 of 6 prompts answered" in again.summary


def test_report_and_resume_give_the_same_bytes(run, tmp_path):
    page = (run.folder / "report.html").read_bytes()
    lines = api.report(run.folder, tmp_path / "pages")
    assert lines[0] == f"wrote {tmp_path / 'pages' / 'report.html'}"
    assert (tmp_path / "pages" / "report.html").read_bytes() == page
    resumed = api.resume(run.folder)
    assert resumed.scorecard == run.scorecard
    assert (run.folder / "report.html").read_bytes() == page


def test_a_watcher_is_told_of_every_stage(model, tmp_path):
    class Listening:
        def __init__(self):
            self.stages, self.steps, self.notes = [], {}, []

        def stage(self, name, total):
            self.stages.append((name, total))

        def advance(self, steps, tokens=0):
            name = self.stages[-1][0]
            self.steps[name] = self.steps.get(name, 0) + steps

        def note(self, text):
            self.notes.append(text)

    watcher = Listening()
    api.audit(
        model, out=tmp_path / "run", profile="quick", suites=("healthcare/triage.en",),
        axes=("caste",), sampling={"limit": 1, "threads": 1}, watcher=watcher, **SMALL,
    )  # fmt: skip
    names = [name for name, _ in watcher.stages]
    assert names == [
        "tokenise", "measure", "analyse", "detect", "explain", "try words", "look inside",
        "what if", "gather", "spike", "calibrate", "score", "report",
    ]  # fmt: skip
    for name, total in watcher.stages:
        assert watcher.steps.get(name, 0) == total, name
    assert watcher.notes[0] == f"loading {model}"


def test_errors_are_those_of_the_request(model, tmp_path):
    with pytest.raises(RequestError, match="no axis 'cast'; did you mean"):
        api.audit(model, out=tmp_path / "run", axes=("cast",))
    with pytest.raises(RequestError, match=r"^sampling\.profile: Input should be 'quick'"):
        api.audit(model, out=tmp_path / "run", profile="fast")
    with pytest.raises(RequestError, match="is no run folder"):
        api.resume(tmp_path)
    assert not (tmp_path / "run").exists()
