"""The manifest names every file that changed since the run was closed; times are not bound."""

import pytest

from audit.errors import RunFolderError
from audit.records.runs import Sitting
from audit.storage import folder as run_folder
from audit.storage import manifest

FILES = {
    "policy.json": b"{}\n",
    "probes/work/hire.en.toml": b"# a suite\n",
    "observations.jsonl": b'{"batch":0}\n',
    "report.html": b"<html>",
}


@pytest.fixture
def closed(tmp_path, run_file):
    folder = tmp_path / "run"
    run_folder.create(folder, run_file, FILES)
    manifest.close(folder)
    return folder


def test_an_untouched_run_has_no_fault(closed):
    assert manifest.faults(closed) == []


@pytest.mark.parametrize("name", FILES)
def test_any_changed_byte_of_any_file_is_found(closed, name):
    path = closed / name
    content = path.read_bytes()
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1
        path.write_bytes(changed)
        assert manifest.faults(closed) == [f"{name}: changed since the run was closed"]
    path.write_bytes(content)
    assert manifest.faults(closed) == []


def test_missing_and_added_files_are_found(closed):
    (closed / "report.html").unlink()
    (closed / "notes.txt").write_bytes(b"")
    assert manifest.faults(closed) == [
        "notes.txt: added since the run was closed",
        "report.html: missing",
    ]


def test_times_are_not_bound_and_the_plan_is(closed, run_file):
    later = run_folder.with_sitting(run_file, Sitting(started="2026-07-02", ended="2026-07-03"))
    run_folder.write_run(closed, later)
    assert manifest.faults(closed) == []
    other = run_file.spec.model_copy(update={"seed": 1})
    run_folder.write_run(closed, later.model_copy(update={"spec": other}))
    assert manifest.faults(closed) == ["run.json: the plan changed since the run was closed"]


def test_a_run_that_was_never_closed(tmp_path, run_file):
    run_folder.create(tmp_path / "run", run_file, FILES)
    with pytest.raises(RunFolderError, match=r"no manifest\.json yet; `samata resume"):
        manifest.faults(tmp_path / "run")


def test_closing_again_gives_the_same_bytes(closed):
    before = (closed / "manifest.json").read_bytes()
    manifest.close(closed)
    assert (closed / "manifest.json").read_bytes() == before
