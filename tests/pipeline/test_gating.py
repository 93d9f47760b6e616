"""`samata gate` and `samata policy` on real, small runs: what they say and how they leave."""

import xml.etree.ElementTree as ET

import pytest

from audit.__main__ import run
from audit.findings.policy import _SHIPPED
from audit.pipeline.gating import gate
from audit.pipeline.stages import carry_out
from audit.records.findings import Finding
from audit.storage import folder as run_folder


@pytest.fixture(scope="module")
def whole(make_spec, planned, tmp_path_factory):
    """A run that was not cut short, under the keen policy."""
    from datetime import UTC, datetime

    folder = tmp_path_factory.mktemp("runs") / "unlimited"
    work = planned(make_spec(scope={"axes": ["religion"]}, sampling={"limit": 0}), folder)
    carry_out(work, lambda: datetime.now(tz=UTC))
    return folder


def test_its_own_policy_reads_the_findings_on_file(whole):
    result = gate(whole)
    assert not result.after_the_fact
    assert {case.finding.fingerprint for case in result.cases} == {
        finding.fingerprint
        for finding in run_folder.read_records(whole, run_folder.FINDINGS, Finding)
    }
    assert result.state == "failed"
    assert run(["gate", str(whole)]) == 1


def test_naming_its_own_policy_is_not_after_the_fact(whole, keen_policy):
    assert gate(whole, str(keen_policy)) == gate(whole)


def test_another_policy_is_said_to_come_after_the_fact(whole, tmp_path, capsys):
    file = tmp_path / "gate.xml"
    assert run(["gate", str(whole), "--policy", "default", "--junit", str(file)]) == 4
    out = capsys.readouterr().out
    assert "Applied after the fact: policy default" in out
    assert "gate: cannot be decided" in out
    root = ET.parse(file).getroot()
    assert root.get("failures") == "0"
    assert int(root.get("skipped")) > 0
    assert not gate(whole).after_the_fact


def test_a_policy_under_which_all_is_immaterial_passes(whole, keen_policy, tmp_path):
    lenient = tmp_path / "lenient.toml"
    text = keen_policy.read_text(encoding="utf-8").replace("margin = 0.0001", "margin = 90.0")
    lenient.write_text(text.replace("coverage_floor = 0.8", "coverage_floor = 0.0"))
    assert gate(whole, str(lenient)).state == "passed"
    assert run(["gate", str(whole), "--policy", str(lenient)]) == 0


@pytest.mark.parametrize("name", ["four-fifths", "rbi-model-risk", "strict", "tec-aligned"])
def test_every_shipped_policy_can_be_applied(whole, name):
    result = gate(whole, name)
    assert result.after_the_fact
    assert len(result.cases) == len(gate(whole).cases)


def test_a_limited_run_never_passes_nor_fails(finished):
    assert gate(finished).state == "undecided"
    assert run(["gate", str(finished)]) == 4


def test_bad_requests(finished, tmp_path, capsys):
    assert run(["gate", str(tmp_path)]) == 2
    assert "no run folder" in capsys.readouterr().err
    assert run(["gate", str(finished), "--policy", "strickt"]) == 2
    assert "did you mean 'strict'" in capsys.readouterr().err
    bad = tmp_path / "bad.toml"
    text = (_SHIPPED / "default.toml").read_text(encoding="utf-8")
    bad.write_text(text.replace("from_margins = 3.0", "from_margins = 0.5"), encoding="utf-8")
    assert run(["gate", str(finished), "--policy", str(bad)]) == 2
    assert "bad.toml:" in capsys.readouterr().err


def test_policy_check_show_and_diff(tmp_path, capsys):
    assert run(["policy", "check", "strict"]) == 0
    assert run(["policy", "show", "four-fifths"]) == 0
    assert "0.22314 log ratio" in capsys.readouterr().out
    assert run(["policy", "diff", "default", "strict"]) == 0
    assert "alpha: 0.05 -> 0.01" in capsys.readouterr().out
    bad = tmp_path / "bad.toml"
    bad.write_text("alpha = 2\n", encoding="utf-8")
    assert run(["policy", "check", str(bad)]) == 1
    assert f"{bad}:1: alpha: " in capsys.readouterr().out
    assert run(["policy", "check", str(tmp_path / "none.toml")]) == 2
    bad.write_bytes(b"\xff")
    assert run(["policy", "check", str(bad)]) == 2


def test_an_unfinished_run_cannot_be_gated(finished, tmp_path, capsys):
    import shutil

    half = tmp_path / "half"
    shutil.copytree(finished, half)
    (half / run_folder.SCORECARD).unlink()
    assert run(["gate", str(half)]) == 2
    assert "samata resume" in capsys.readouterr().err
