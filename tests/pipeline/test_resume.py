"""A run that was stopped at any point ends in the same bytes as one that was not."""

import shutil
from datetime import UTC, datetime

import pytest

from audit.errors import RunFolderError
from audit.pipeline.deriving import observed
from audit.pipeline.planning import reopen
from audit.pipeline.stages import STAGES, carry_out
from audit.pipeline.watcher import Quiet
from audit.records.observations import WordEvidence
from audit.storage import folder as run_folder
from audit.storage import manifest

JOURNALS = (
    "observations", "attributions", "word_trials", "randomised", "internals", "what_ifs",
)  # fmt: skip


def clock():
    return datetime.now(tz=UTC)


def resume(folder):
    carry_out(reopen(folder, Quiet()), clock)


def stopped_at(finished, folder, **lengths):
    """A copy of a run as a kill would leave it: journals cut at a byte, nothing after them.

    A journal that is not named stays whole, so that it need not be made again (slow).
    """
    shutil.copytree(finished, folder)
    kept = {"run.json", "policy.json", "sets.jsonl", *(f"{name}.jsonl" for name in JOURNALS)}
    for path in folder.iterdir():
        if path.is_file() and path.name not in kept:
            path.unlink()
    for name, length in lengths.items():
        path = folder / f"{name}.jsonl"
        path.write_bytes(path.read_bytes()[:length])
    return folder


def test_the_small_audit_has_something_in_every_stage(finished):
    """Without this the tests below would compare empty files."""
    assert len(run_folder.read_records(finished, "word_evidence.jsonl", WordEvidence)) >= 2
    assert (finished / "attributions.jsonl").stat().st_size > 1000
    assert len((finished / "word_trials.jsonl").read_bytes().splitlines()) == 4
    assert len((finished / "randomised.jsonl").read_bytes().splitlines()) == 2
    assert len(list((finished / "internals").iterdir())) > 8
    assert (finished / "inside.jsonl").stat().st_size > 1000
    assert manifest.faults(finished) == []
    assert b'"ending": "finished"' in (finished / "run.json").read_bytes()


def test_the_same_plan_gives_the_same_bytes(finished, make_spec, planned, contents, tmp_path):
    carry_out(planned(make_spec(), tmp_path / "again"), clock)
    assert contents(tmp_path / "again") == contents(finished)
    other = planned(make_spec(sampling={"seed": 1}), tmp_path / "other")
    assert contents(other.folder)["sets.jsonl"] != contents(finished)["sets.jsonl"]


def cuts(finished, name):
    """One byte, in the middle of a line, between batches, everything but one byte."""
    content = (finished / name).read_bytes()
    lines = content.splitlines(keepends=True)
    middle = len(b"".join(lines[: len(lines) // 2]))
    return [1, middle - 7, middle, len(content) - 1]


@pytest.mark.parametrize("place", range(4))
def test_stopped_while_measuring(finished, contents, tmp_path, place):
    length = cuts(finished, "observations.jsonl")[place]
    folder = stopped_at(finished, tmp_path / "run", observations=length)
    resume(folder)
    assert contents(folder) == contents(finished)


@pytest.mark.parametrize("place", range(4))
def test_stopped_while_explaining(finished, contents, tmp_path, place):
    length = cuts(finished, "attributions.jsonl")[place]
    folder = stopped_at(finished, tmp_path / "run", attributions=length)
    resume(folder)
    assert contents(folder) == contents(finished)


@pytest.mark.parametrize("name", ["word_trials", "randomised"])
@pytest.mark.parametrize("place", range(4))
def test_stopped_while_trying_words(finished, contents, tmp_path, name, place):
    folder = stopped_at(
        finished, tmp_path / "run", **{name: cuts(finished, f"{name}.jsonl")[place]}
    )
    resume(folder)
    assert contents(folder) == contents(finished)


@pytest.mark.parametrize("place", range(4))
def test_stopped_while_looking_inside(finished, contents, tmp_path, place):
    """An array without its record is written again; one with it is there."""
    length = cuts(finished, "internals.jsonl")[place]
    folder = stopped_at(finished, tmp_path / "run", internals=length)
    kept = (folder / "internals.jsonl").read_bytes().count(b"\n")
    for number, path in enumerate(sorted((folder / "internals").glob("[0-9]*"))):
        if number > kept:
            path.unlink()
    resume(folder)
    assert contents(folder) == contents(finished)


@pytest.mark.parametrize("place", range(4))
def test_stopped_while_trying_changes(finished, contents, tmp_path, place):
    length = cuts(finished, "what_ifs.jsonl")[place]
    folder = stopped_at(finished, tmp_path / "run", what_ifs=length)
    if place % 2:  # the fit is on file before the first batch; without it, it is made again
        shutil.copy(finished / "what_if_fit.json", folder)
    resume(folder)
    assert contents(folder) == contents(finished)


def test_stopped_between_any_two_stages(finished, contents, tmp_path):
    folder = stopped_at(finished, tmp_path / "run")
    for stage in STAGES:
        work = reopen(folder, Quiet())
        stage.act(work, lambda work=work: observed(work))
    assert contents(folder) == contents(finished)


def test_stopped_before_the_sets_were_written(finished, contents, tmp_path):
    folder = stopped_at(finished, tmp_path / "run")
    (folder / "sets.jsonl").rename(folder / "sets.jsonl.part")
    resume(folder)
    assert contents(folder) == contents(finished)


def test_resuming_a_finished_run_changes_nothing_but_the_times(finished, contents, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "run")
    resume(folder)
    assert contents(folder) == contents(finished)
    assert len(run_folder.read_run(folder).sittings) == 2
    assert manifest.faults(folder) == []


def test_a_stopped_run_cannot_be_told_from_a_whole_one_only_after_resuming(finished, tmp_path):
    """The control: before resuming, something is missing."""
    folder = stopped_at(finished, tmp_path / "run", observations=100)
    with pytest.raises(RunFolderError, match=r"no manifest\.json yet"):
        manifest.faults(folder)


def test_the_model_may_have_moved_but_not_changed(finished, contents, make_folder, tiny, tmp_path):
    folder = stopped_at(finished, tmp_path / "run", observations=100)
    moved = shutil.copytree(tiny, tmp_path / "elsewhere")
    carry_out(reopen(folder, Quiet(), reference=str(moved)), clock)
    assert contents(folder) == contents(finished)
    other = make_folder("llama", seed=4)
    with pytest.raises(RunFolderError, match="the model is not the one that was planned"):
        reopen(folder, Quiet(), reference=str(other))


@pytest.mark.parametrize(
    "name", ["probes/employment/shortlist.en.toml", "probes/names/men.toml", "policy.json"]
)
def test_changed_inputs_are_refused_on_resuming(finished, tmp_path, name):
    """A policy is fixed before the first answer; nobody may loosen it between two sittings."""
    folder = stopped_at(finished, tmp_path / "run", observations=100)
    path = folder / name
    text = path.read_text(encoding="utf-8")
    changed = text.replace('"alpha": 0.9', '"alpha": 0.1') if name == "policy.json" else f"{text}#"
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(RunFolderError, match="not as it was when the run was planned"):
        reopen(folder, Quiet())
    path.write_text(text, encoding="utf-8")
    assert reopen(folder, Quiet()).run.stamp.threads == 1


def test_a_run_keeps_whether_a_pdf_was_wanted(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "run")
    resume(folder)
    assert not (folder / "report.pdf").exists()
    assert not run_folder.read_run(folder).spec.pdf
