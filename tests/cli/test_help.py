"""`--help` is quick, complete, and the same as it was; it loads nothing heavy."""

import json
import re
from pathlib import Path

import pytest

from audit import cli, plugins
from audit.cli.contract import Command

GOLDEN = Path(__file__).parent / "golden"
HEAVY = {
    "torch", "transformers", "numpy", "scipy", "statsmodels", "datasets", "sklearn", "weasyprint",
    "jinja2", "safetensors",
}  # fmt: skip
"""Pydantic is not among them: the parser of the command line itself needs it."""
IMPORTED = """
import json, sys
from audit.__main__ import run
code = run(sys.argv[1:])
print()
print(json.dumps([code, sorted(sys.modules)]))
"""


def commands():
    yield ()
    for command in sorted(plugins.load_all(cli, Command), key=lambda one: one.place):
        yield (command.name,)
        yield from ((command.name, name) for name in command.family)


def shown(text):
    """The text without colours and without the ends of lines."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return "".join(f"{line.rstrip()}\n" for line in plain.splitlines())


@pytest.mark.parametrize(
    "command", tuple(commands()), ids=lambda words: "-".join(words) or "samata"
)
def test_help_is_the_golden_one(as_process, rewrite, command):
    """Rewrite with `pytest tests/reporting tests/cli --rewrite-golden`; read the difference."""
    done = as_process("-m", "audit", *command, "--help")
    assert (done.code, done.err) == (0, "")
    path = GOLDEN / f"{'-'.join(('samata', *command))}.txt"
    if rewrite:
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown(done.out), encoding="utf-8")
    assert shown(done.out) == path.read_text(encoding="utf-8")


def test_there_is_a_golden_page_for_every_command_and_no_other():
    expected = {f"{'-'.join(('samata', *words))}.txt" for words in commands()}
    assert {path.name for path in GOLDEN.glob("*.txt")} == expected


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["verify", "--help"]])
def test_help_loads_nothing_heavy(as_process, arguments):
    done = as_process("-c", IMPORTED, *arguments)
    code, loaded = json.loads(done.out.splitlines()[-1])
    assert code == 0
    assert not HEAVY & set(loaded)
    rooms = {name.split(".")[1] for name in loaded if name.startswith("audit.")}
    assert rooms == {"__main__", "cli", "errors", "plugins"}
    assert "typer" in loaded


def test_what_does_need_them_loads_them(as_process):
    """The control: the same look at a command that reads the suites."""
    done = as_process("-c", IMPORTED, "suites", "list")
    code, loaded = json.loads(done.out.splitlines()[-1])
    assert code == 0
    assert {"audit.records", "audit.suites", "pydantic"} <= set(loaded)
    assert not {"torch", "transformers"} & set(loaded)


def test_help_names_every_exit_code(as_process):
    out = " ".join(shown(as_process("-m", "audit", "--help").out).split())
    for words in ("0 done", "1 done, and a", "2 the request was wrong", "3 the run is incomplete",
                  "4 a gate cannot decide", "70 internal fault", "130 interrupted"):  # fmt: skip
        assert words in out
