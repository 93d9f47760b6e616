"""A run folder is laid whole, refuses what is not its own, and says what is damaged."""

import json

import pytest

from audit.errors import ExitCode, IncompleteError, RunFolderError
from audit.records.runs import FORMAT_VERSION, Deviation, Sitting
from audit.storage import disk
from audit.storage import folder as run_folder

INPUTS = {"policy.json": b"{}\n", "probes/work/hire.en.toml": b"# a suite\n"}
SPLIT = Deviation(stage="measure", what="batch 1 was split", detail="1e-4")


def names(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.fixture(params=["new", "empty"])
def place(request, tmp_path):
    folder = tmp_path / "runs" / "mine"
    if request.param == "empty":
        folder.mkdir(parents=True)
    return folder


def test_a_folder_is_laid_whole(place, run_file):
    run_folder.create(place, run_file, INPUTS)
    assert names(place) == ["policy.json", "probes/work/hire.en.toml", "run.json"]
    assert run_folder.read_run(place) == run_file
    assert [one.name for one in place.parent.iterdir()] == ["mine"]


def test_an_empty_folder_named_by_a_dot(tmp_path, run_file, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_folder.create(run_folder.Path(), run_file, INPUTS)
    assert run_folder.read_run(tmp_path) == run_file


def test_what_a_killed_laying_left_joins_no_run(place, run_file):
    beside = place.with_name("mine.part")
    (beside / "probes").mkdir(parents=True)
    (beside / "probes" / "other.toml").write_bytes(b"# of another plan\n")
    run_folder.create(place, run_file, INPUTS)
    assert "probes/other.toml" not in names(place)
    assert not beside.exists()


def test_another_run_is_refused_and_untouched(tmp_path, run_file):
    run_folder.create(tmp_path / "a", run_file, INPUTS)
    before = {name: (tmp_path / "a" / name).read_bytes() for name in names(tmp_path / "a")}
    with pytest.raises(RunFolderError) as caught:
        run_folder.create(tmp_path / "a", run_file, {"policy.json": b"other"})
    assert str(caught.value) == (
        f"{tmp_path / 'a'} holds another run; name an empty folder with --out, or go on with "
        f"`samata resume {tmp_path / 'a'}`"
    )
    assert caught.value.exit_code == ExitCode.BAD_REQUEST
    after = {name: (tmp_path / "a" / name).read_bytes() for name in names(tmp_path / "a")}
    assert after == before


def test_other_files_and_files_are_refused(tmp_path, run_file):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(RunFolderError, match="holds other files; name an empty folder"):
        run_folder.create(tmp_path, run_file, INPUTS)
    with pytest.raises(RunFolderError, match="is a file; name an empty or new folder"):
        run_folder.create(tmp_path / "thesis.txt", run_file, INPUTS)
    with pytest.raises(RunFolderError, match="name a place that can be written"):
        run_folder.create(tmp_path / "thesis.txt" / "run", run_file, INPUTS)
    assert names(tmp_path) == ["thesis.txt"]


def test_a_full_disk_leaves_no_half_laid_folder(place, run_file, monkeypatch):
    """The disk takes the policy and then nothing more."""
    former = disk._write

    def full(file, content):
        if content == INPUTS["policy.json"]:
            return former(file, content)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "_write", full)
    was_there = place.exists()
    with pytest.raises(IncompleteError, match="nothing was asked: make room and run again"):
        run_folder.create(place, run_file, INPUTS)
    assert place.exists() == was_there
    assert names(place.parent) == []


def test_no_run_no_file(tmp_path):
    with pytest.raises(RunFolderError, match=r"is no run folder: it has no run\.json"):
        run_folder.read_run(tmp_path)
    with pytest.raises(RunFolderError, match=r"has no scorecard\.json yet; `samata resume"):
        run_folder.read_record(tmp_path, "scorecard.json", Sitting)
    assert run_folder.read_records(tmp_path, "findings.jsonl", Sitting) == ()


@pytest.mark.parametrize("version", [FORMAT_VERSION - 1, FORMAT_VERSION + 1])
def test_another_format_is_refused_by_name(tmp_path, run_file, version):
    run_folder.create(tmp_path / "a", run_file, INPUTS)
    path = tmp_path / "a" / "run.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"format_version": version}))
    with pytest.raises(RunFolderError) as caught:
        run_folder.read_run(tmp_path / "a")
    said = f"run folder of format {version}; this version reads {FORMAT_VERSION}"
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{", "damaged: Invalid JSON"), (b"{}", "spec: Field required"), (b"\xff", "damaged")],
)
def test_a_damaged_plan_is_one_line_with_its_key(tmp_path, content, said):
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(RunFolderError) as caught:
        run_folder.read_run(tmp_path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_damaged_line_is_named_with_its_number(tmp_path):
    run_folder.write_records(tmp_path, "deviations.jsonl", [SPLIT, SPLIT])
    path = tmp_path / "deviations.jsonl"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(RunFolderError, match=r"deviations\.jsonl:2: damaged record"):
        run_folder.read_records(tmp_path, "deviations.jsonl", Deviation)


def test_a_record_is_added_once(tmp_path):
    other = SPLIT.model_copy(update={"what": "batch 2 was split"})
    for one in (SPLIT, other, SPLIT):
        run_folder.add_record(tmp_path, "deviations.jsonl", one)
    assert run_folder.read_records(tmp_path, "deviations.jsonl", Deviation) == (SPLIT, other)


def test_half_written_files_are_swept_and_nothing_else(tmp_path):
    (tmp_path / "probes").mkdir()
    for name in ("sets.jsonl.part", "probes/a.toml.part", "sets.jsonl", "probes/a.toml"):
        (tmp_path / name).write_bytes(b"1")
    run_folder.sweep(tmp_path)
    assert names(tmp_path) == ["probes/a.toml", "sets.jsonl"]


def test_sittings_are_kept_in_order(run_file):
    one, two = Sitting(started="a"), Sitting(started="b")
    both = run_folder.with_sitting(run_folder.with_sitting(run_file, one), two)
    ended = two.model_copy(update={"ended": "c"})
    assert run_folder.with_sitting(both, ended).sittings == (one, ended)


def test_file_names_are_valid_on_windows():
    reserved = set('<>:"/\\|?*')
    found = [v for k, v in vars(run_folder).items() if k.isupper() and isinstance(v, str)]
    assert len(found) > 10
    assert not any(reserved & set(name) or name.endswith((".", " ")) for name in found)
