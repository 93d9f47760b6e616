"""A process that is killed, interrupted or out of room leaves a run that goes on.

These are whole processes with real signals; `test_resume.py` tears the files at chosen bytes.
"""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from audit.errors import ExitCode
from audit.pipeline.planning import reopen
from audit.pipeline.stages import carry_out
from audit.pipeline.watcher import Quiet
from audit.storage.folder import read_run

WITHOUT_ROOM = """
import resource, sys
from audit.__main__ import run

room = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
sys.exit(run(["resume", sys.argv[2]]))
"""


def process(*arguments):
    return subprocess.Popen(
        [sys.executable, *arguments],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def signalled(folder, journal, delay, number):
    """Resume a run, send a signal a moment after the journal began, return what came of it."""
    running = process("-m", "audit", "resume", str(folder))
    path = folder / journal
    while running.poll() is None and not (path.exists() and path.stat().st_size):
        time.sleep(0.005)
    time.sleep(delay)
    running.send_signal(number)
    out, err = running.communicate(timeout=120)
    return running.returncode, out, err


def resumed(folder):
    carry_out(reopen(folder, Quiet()), lambda: datetime.now(tz=UTC))


@pytest.fixture
def begun(make_spec, planned, tmp_path):
    """A run that was planned and laid, and nothing more."""
    return planned(make_spec(), tmp_path / "run").folder


@pytest.mark.slow
def test_killed_at_random_moments_and_resumed(begun, finished, contents):
    """Killed while measuring, then while explaining, then left alone: the bytes of a whole."""
    draws = random.Random(20260701)
    for journal in ("observations.jsonl", "attributions.jsonl"):
        code, out, _ = signalled(begun, journal, draws.uniform(0, 0.2), signal.SIGKILL)
        assert code == -signal.SIGKILL
        assert out == ""
        assert not (begun / "manifest.json").exists()
    resumed(begun)
    assert contents(begun) == contents(finished)
    assert [one.ending for one in read_run(begun).sittings] == ["", "", "finished"]


@pytest.mark.slow
def test_interrupted_by_the_user(begun, finished, contents):
    code, out, err = signalled(begun, "observations.jsonl", 0.0, signal.SIGINT)
    assert code == ExitCode.INTERRUPTED == 130
    assert out == ""
    assert err.splitlines()[-1] == (
        "samata: interrupted; what was measured stays: go on with `samata resume`"
    )
    assert "Traceback" not in err
    assert read_run(begun).sittings[-1].ending == "stopped"
    assert not (begun / "manifest.json").exists()
    resumed(begun)
    assert contents(begun) == contents(finished)


@pytest.mark.slow
def test_a_full_disk_stops_the_run_with_code_3_and_it_goes_on(begun, finished, contents):
    """No file may grow above 20 kB: `run.json` fits, the answers end in the middle."""
    size = (finished / "observations.jsonl").stat().st_size
    assert size > 40_000
    running = process("-c", WITHOUT_ROOM, "20000", str(begun))
    _, err = running.communicate(timeout=120)
    assert running.returncode == ExitCode.INCOMPLETE == 3
    assert err.splitlines()[-1] == (
        f"samata: cannot write {begun / 'observations.jsonl'}: File too large; what was measured "
        "stays: make room, then go on with `samata resume`"
    )
    kept = (begun / "observations.jsonl").read_bytes()
    assert 10_000 < len(kept) <= 20_000
    assert (finished / "observations.jsonl").read_bytes().startswith(kept)
    assert kept.endswith(b"\n")
    assert read_run(begun).sittings[-1].ending == "incomplete"
    resumed(begun)
    assert contents(begun) == contents(finished)
