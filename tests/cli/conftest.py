"""The command line, run in this process (its one front door) or as a process of its own."""

import os
import subprocess
import sys
from typing import NamedTuple

import pytest

from audit.__main__ import run


class Outcome(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


@pytest.fixture
def samata(capsys, tmp_path, monkeypatch):
    """Run a command in an empty folder of its own."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("COLUMNS", "120")

    def command(*arguments):
        code = run([str(argument) for argument in arguments])
        return Outcome(code, *capsys.readouterr())

    command.here = here
    return command


@pytest.fixture(scope="session")
def as_process():
    """Run Python with arguments, with an environment in which no terminal is guessed."""

    def ran(*arguments, columns="100"):
        kept = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME")}
        done = subprocess.run(
            [sys.executable, *arguments],
            env=kept | {"COLUMNS": columns, "TERM": "dumb", "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return ran


@pytest.fixture(scope="session")
def tiny(make_folder):
    return make_folder("llama")


@pytest.fixture
def rewrite(request):
    """Whether to write golden files anew: `pytest tests/reporting tests/cli --rewrite-golden`."""
    return request.config.getoption("--rewrite-golden", default=False)


SMALL = (
    "--suite", "employment/shortlist.en", "--axis", "gender", "--cue", "label", "--limit", "2",
    "--profile", "quick", "--threads", "1", "--no-pdf", "--date", "2026-07-01",
)  # fmt: skip


@pytest.fixture(scope="session")
def small():
    """The options of the smallest audit."""
    return SMALL


@pytest.fixture(scope="session")
def audited(tiny, tmp_path_factory):
    """A finished smallest audit; not to be changed."""
    folder = tmp_path_factory.mktemp("cli") / "audited"
    assert run(["run", str(tiny), *SMALL, "--out", str(folder)]) == 0
    return folder
