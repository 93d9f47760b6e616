"""Nothing is ever half on the disk, and a full disk is one line that says what stays."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from audit.errors import ExitCode, IncompleteError, RunFolderError
from audit.storage.disk import append_whole, write_whole

FILLED = """
import json, resource, sys
from pathlib import Path
from audit.errors import IncompleteError
from audit.storage.disk import append_whole, write_whole

path, room, act = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
write = {"append": append_whole, "write": write_whole}[act]
try:
    write(path, b"n" * 50_000)
except IncompleteError as fault:
    print(json.dumps([str(fault), int(fault.exit_code)]))
else:
    print(json.dumps(["", 0]))
"""


def filled(path, room, act):
    """Write 50,000 bytes in a process whose files may not grow above `room` bytes."""
    done = subprocess.run(
        [sys.executable, "-c", FILLED, str(path), str(room), act],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("room", [1001, 5000, 40_000])
def test_an_append_without_room_leaves_the_file_as_it_was(tmp_path, room):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"o" * 1000)
    message, code = filled(path, room, "append")
    assert code == ExitCode.INCOMPLETE
    assert "what was measured stays" in message
    assert "samata resume" in message
    assert path.read_bytes() == b"o" * 1000


def test_an_append_with_room_is_there(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"o" * 1000)
    assert filled(path, 60_000, "append") == ["", 0]
    assert path.read_bytes() == b"o" * 1000 + b"n" * 50_000


@pytest.mark.parametrize(("room", "kept"), [(5000, b"old"), (60_000, b"n" * 50_000)])
def test_a_whole_file_is_the_old_or_the_new(tmp_path, room, kept):
    path = tmp_path / "run.json"
    path.write_bytes(b"old")
    filled(path, room, "write")
    assert path.read_bytes() == kept
    assert [one.name for one in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_device():
    with pytest.raises(IncompleteError, match="No space left"):
        append_whole(Path("/dev/full"), b"a")


def test_a_place_that_cannot_be_written_is_a_wrong_request(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RunFolderError, match="name a place that can be written") as caught:
        write_whole(tmp_path / "file" / "run.json", b"{}")
    assert caught.value.exit_code == ExitCode.BAD_REQUEST
    with pytest.raises(RunFolderError, match="name a place that can be written"):
        append_whole(tmp_path, b"a")


def test_folders_on_the_way_are_made(tmp_path):
    write_whole(tmp_path / "a" / "b" / "c", b"1")
    assert (tmp_path / "a" / "b" / "c").read_bytes() == b"1"
