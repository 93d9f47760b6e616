"""Each command does its work, prints what it made, and leaves with the right code."""

import json
import shutil

import pytest

from audit.__main__ import run
from audit.errors import ExitCode, IncompleteError, RequestError
from audit.storage.folder import read_run


def test_run_prints_what_it_says_and_where_it_is(samata, tiny, small):
    done = samata("run", tiny, *small, "--out", "run")
    assert done.code == ExitCode.OK
    said, page = done.out.splitlines()
    assert said.startswith("no conclusion, evidence ")
    assert said.endswith(" of 6 prompts answered")
    assert page == "run/report.html"
    assert (samata.here / page).is_file()
    assert not (samata.here / "run" / "report.pdf").exists()


def test_run_with_json_prints_json_alone(samata, tiny, small):
    done = samata("run", tiny, *small, "--out", "run", "--json")
    told = json.loads(done.out)
    assert told["run"] == "run"
    assert told["pages"] == ["run/report.html"]
    assert told["scorecard"]["planned"] == 6
    assert told["scorecard"]["conclusion"] is False
    again = samata("resume", "run", "--json")
    assert json.loads(again.out) == told


def test_the_default_folder_is_named_after_the_model(samata, tiny, small):
    done = samata("run", tiny, *small)
    assert done.out.splitlines()[-1] == f"runs/{tiny.name}/report.html"


def test_an_audit_file_and_the_options_that_override_it(samata, tiny):
    (samata.here / "audit.toml").write_text(
        f"""
        [model]
        reference = "{tiny}"
        offline = true
        [scope]
        suites = ["employment/shortlist.en"]
        axes = ["caste"]
        cues = ["label"]
        [sampling]
        profile = "quick"
        limit = 2
        seed = 5
        threads = 1
        [output]
        folder = "mine"
        pdf = false
        """
    )
    assert samata("run", "audit.toml").code == ExitCode.OK
    spec = read_run(samata.here / "mine").spec
    assert (spec.seed, spec.axes, spec.model.offline) == (5, ("caste",), True)
    assert (samata.here / "mine" / "audit.toml").exists()
    done = samata("run", "audit.toml", "--seed", "0", "--axis", "gender", "--out", "other")
    assert done.code == ExitCode.OK
    spec = read_run(samata.here / "other").spec
    assert (spec.seed, spec.axes, spec.model.offline) == (0, ("gender",), True)
    assert not (samata.here / "other" / "report.pdf").exists()


def test_resume_and_report_are_the_same_bytes(samata, audited):
    folder = shutil.copytree(audited, samata.here / "run")
    page = (folder / "report.html").read_bytes()
    (folder / "report.html").unlink()
    (folder / "manifest.json").unlink()
    assert samata("resume", "run").code == ExitCode.OK
    assert (folder / "report.html").read_bytes() == page
    done = samata("report", "run", "--to", "pages/here", "--no-pdf")
    assert done.out == "wrote pages/here/report.html\n"
    assert (samata.here / "pages" / "here" / "report.html").read_bytes() == page
    assert samata("verify", "run").code == ExitCode.OK


def test_verify_names_what_changed(samata, audited):
    folder = shutil.copytree(audited, samata.here / "run")
    done = samata("verify", "run")
    assert done == (ExitCode.OK, "unchanged since the run was closed\n", "")
    path = folder / "observations.jsonl"
    path.write_bytes(path.read_bytes().replace(b"-", b"+", 1))
    (folder / "deviations.jsonl").write_text(
        '{"stage":"measure","what":"batch 1 was split","detail":"1e-4"}\n'
    )
    done = samata("verify", "run")
    assert done.code == ExitCode.FAULTS == 1
    assert done.out.splitlines() == [
        "deviations.jsonl: added since the run was closed",
        "observations.jsonl: changed since the run was closed",
        "deviation in measure: batch 1 was split (1e-4)",
        "2 faults",
    ]


def test_plan_says_what_would_be_asked_and_found(samata, tiny):
    done = samata(
        "plan", tiny, "--suite", "employment/shortlist", "--axis", "gender", "--threads", "1"
    )
    assert done.code == ExitCode.OK
    lines = done.out.splitlines()
    assert any(line.endswith("prompts  employment/shortlist.en") for line in lines)
    assert any(line.endswith("prompts  employment/shortlist.hi") for line in lines)
    counts = [int(line.split()[0]) for line in lines if "prompts  " in line]
    (total,) = (int(line.split()[0]) for line in lines if "prompts in all" in line)
    assert total == sum(counts) > 0
    assert any("tokens, about" in line for line in lines)
    for cell in ("gender by label, en", "gender by name, hi"):
        (line,) = (line for line in lines if line.startswith(cell))
        assert "24 templates x 10 names; finds from" in line
        assert "margin 0.20" in line
        assert any(said in line for said in ("can find and clear", "can find", "neither"))
    assert list(samata.here.iterdir()) == []


def test_plan_counts_what_run_asks(samata, tiny, small, audited):
    options = [one for one in small if one not in ("--no-pdf", "--date", "2026-07-01")]
    done = samata("plan", tiny, *options)
    (total,) = (int(line.split()[0]) for line in done.out.splitlines() if "in all" in line)
    asked = (audited / "observations.jsonl").read_bytes().count(b"\n")
    assert total == asked == read_run(audited).stamp.requests


def test_init_writes_a_file_that_run_understands(samata):
    assert samata("init").out == "audit.toml\n"
    assert samata("init", "sub/mine.toml").out == "sub/mine.toml\n"
    done = samata("run", "audit.toml")
    assert done.code == ExitCode.BAD_REQUEST
    assert "no model is named" in done.err


def test_suites_list_and_show(samata):
    done = samata("suites", "list")
    assert done.code == ExitCode.OK
    for name in ("employment/shortlist", "healthcare/triage", "healthcare/access"):
        assert done.out.count(name) == 2
    assert "triage (ordered)" in done.out or "(ordered)" in done.out
    done = samata("suites", "show", "employment/shortlist.hi", "--axis", "gender")
    assert done.code == ExitCode.OK
    assert done.out.count("employment/shortlist.hi") == 24
    for words in ("woman: ", "man: ", "none: ", "asked: "):
        assert done.out.count(words) >= 24
    assert "{" not in done.out
    assert samata("suites", "check").out == "0 faults\n"


def test_one_try_shows_each_group_beside_the_null_and_gives_no_verdict(samata, tiny):
    done = samata(
        "try", tiny, "Should we hire {person}? {name} is here.", "--axis", "caste",
        "--answers", "yes,no",
    )  # fmt: skip
    assert done.code == ExitCode.OK
    rows = {line.split()[0]: line.split()[1:] for line in done.out.splitlines() if line.strip()}
    for group in ("none", "general", "obc", "sc"):
        chance, odds, null = map(float, rows[group])
        assert 0 <= chance <= 1
        assert (odds > 0) == (chance > 0.5)
        assert null >= 0
    assert "One prompt, no verdict." in done.out
    assert list(samata.here.iterdir()) == []


def test_try_is_deterministic_and_moves_with_the_prompt(samata, tiny):
    def table(text):
        return samata("try", tiny, text, "--axis", "gender").out

    assert table("Hire {person}?") == table("Hire {person}?")
    assert table("Hire {person}?") != table("Fire {person}?")


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (RequestError("no such thing"), 2, "samata: no such thing\n"),
        (IncompleteError("no room\nat all"), 3, "samata: no room at all\n"),
        (KeyboardInterrupt(), 130, "samata: interrupted; what was measured stays"),
        (ZeroDivisionError("oh"), 70, "samata: internal fault: ZeroDivisionError: oh\n"),
    ],
)
def test_every_fault_has_its_code_and_one_line(monkeypatch, capsys, fault, code, said):
    """The one part that is replaced is what a command does: it fails in a chosen way."""
    from audit.suites import library

    def fail(folder):
        raise fault

    monkeypatch.setattr(library, "read_library", fail)
    assert run(["suites", "list"]) == code
    err = capsys.readouterr().err
    assert said in err
    assert ("Traceback" in err) == (code == ExitCode.INTERNAL)
    assert err.splitlines()[-1].startswith("samata: ")


def test_the_table_of_exit_codes():
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0,
        "FAULTS": 1,
        "BAD_REQUEST": 2,
        "INCOMPLETE": 3,
        "UNDECIDED": 4,
        "INTERNAL": 70,
        "INTERRUPTED": 130,
    }


def test_no_command_shows_the_help(as_process):
    done = as_process("-m", "audit")
    assert "Usage:" in done.out + done.err
    assert done.code in (ExitCode.OK, ExitCode.BAD_REQUEST)


def test_a_pipe_gets_no_colours_and_no_bars(as_process, tiny, small, tmp_path):
    done = as_process("-m", "audit", "run", str(tiny), *small, "--out", str(tmp_path / "run"))
    assert done.code == ExitCode.OK
    assert "\x1b" not in done.out + done.err
    assert done.err.splitlines() == [
        f"loading {tiny}",
        f"wrote {tmp_path / 'run' / 'report.html'}",
    ]
