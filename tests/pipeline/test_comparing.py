"""Runs side by side and rerun, with real, small models."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from audit.__main__ import run
from audit.errors import RequestError
from audit.pipeline.comparing import compare
from audit.pipeline.conditions import conditions
from audit.pipeline.sharing import opened
from audit.pipeline.stages import carry_out
from audit.records.estimates import Estimate, Undefined
from audit.storage import folder as run_folder
from audit.storage.manifest import audit_id, faults


@pytest.fixture(scope="module")
def other_model(make_folder):
    return make_folder("llama", seed=1)


@pytest.fixture(scope="module")
def again(finished, other_model, tmp_path_factory):
    """The sets of the finished run, put to another model."""
    folder = tmp_path_factory.mktemp("runs") / "again"
    words = ["rerun", str(finished), str(other_model), "--out", str(folder), "--threads", "1"]
    assert run([*words, "--date", "2026-08-01", "--system", "other"]) == 0
    return folder


@pytest.fixture(scope="module")
def compared(finished, again):
    return compare([finished, again])


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_rerun_asks_exactly_the_old_sets(finished, again):
    for name in (run_folder.SETS, run_folder.POLICY):
        assert (again / name).read_bytes() == (finished / name).read_bytes()
    old, new = (run_folder.read_run(folder) for folder in (finished, again))
    assert new.stamp.probes == old.stamp.probes
    assert new.stamp.model.weight_digest != old.stamp.model.weight_digest
    assert (new.spec.date, new.spec.engagement.system) == ("2026-08-01", "other")
    assert new.spec.depth == old.spec.depth
    assert faults(again) == []


def test_a_rerun_says_how_to_rerun_it(finished, again):
    page = (again / "report.html").read_text(encoding="utf-8")
    assert f"samata rerun FOLDER-OF-{audit_id(run_folder.read_run(finished))}" in page
    assert "samata rerun" not in (finished / "report.html").read_text(encoding="utf-8")


def test_a_rerun_of_the_same_model_gives_the_same_answers(finished, tiny, tmp_path):
    out = tmp_path / "same"
    words = ["rerun", str(finished), str(tiny), "--out", str(out), "--threads", "1"]
    assert run([*words, "--date", "2026-07-01"]) == 0
    for name in ("observations.jsonl", "disparities.jsonl", "findings.jsonl"):
        assert (out / name).read_bytes() == (finished / name).read_bytes()
    beside = compare([finished, out])
    for cell in beside.cells:
        for pair in cell.pairs:
            assert isinstance(pair.difference, Undefined)  # nothing varies: no zero, no pass
            assert pair.p_adjusted is None
        assert [s.rank for s in cell.standings] == [None, None]


def test_a_rerun_refuses_what_was_changed(finished, tiny, tmp_path, capsys):
    torn = tmp_path / "torn"
    shutil.copytree(finished, torn)
    sets = (torn / run_folder.SETS).read_text(encoding="utf-8").splitlines(keepends=True)
    (torn / run_folder.SETS).write_text("".join(sets[1:]), encoding="utf-8")
    assert run(["rerun", str(torn), str(tiny), "--out", str(tmp_path / "x")]) == 2
    assert "sets.jsonl: changed" in capsys.readouterr().err
    assert run(["rerun", str(finished), str(tiny), "--out", str(finished)]) == 2
    assert "another run" in capsys.readouterr().err
    (torn / run_folder.SETS).unlink()
    (torn / run_folder.MANIFEST).unlink()
    assert run(["rerun", str(torn), str(tiny), "--out", str(tmp_path / "x")]) == 2
    assert "no sets yet" in capsys.readouterr().err


def test_estimates_on_all_sets_are_those_of_the_report(finished, compared):
    """Everything is shared and answered, so nothing may change."""
    old = {
        finding["fingerprint"]: finding["disparity"]["estimate"]
        for finding in lines(finished / "findings.jsonl")
    }
    assert len(compared.cells) == len(old)
    for cell in compared.cells:
        mine = cell.standings[0].finding
        assert mine.disparity.estimate.model_dump() == old[mine.fingerprint]
    assert compared.everyone == compared.prompts
    assert compared.unshared == ()


def test_ranks_follow_from_the_corrected_size_differences(compared):
    for cell in compared.cells:
        (pair,) = cell.pairs
        sure = pair.size_p_adjusted < compared.policy.alpha and pair.size.value != 0
        ranks = [standing.rank for standing in cell.standings]
        expected = ([2, 1] if pair.size.value > 0 else [1, 2]) if sure else [None, None]
        assert ranks == expected


def test_differences_are_those_of_the_estimates(compared):
    for cell in compared.cells:
        first, second = (s.finding.disparity.estimate.value for s in cell.standings)
        (pair,) = cell.pairs
        assert pair.difference.value == pytest.approx(first - second)
        assert pair.size.value == pytest.approx(abs(first) - abs(second))


def test_holm_over_models_and_comparisons(compared):
    """Step-down by hand over the one family: every pair of every comparison of the axis."""
    values = sorted(cell.pairs[0].difference.p for cell in compared.cells)
    reached, adjusted = 0.0, {}
    for place, p in enumerate(values):
        reached = max(reached, min(1.0, (len(values) - place) * p))
        adjusted[p] = reached
    for cell in compared.cells:
        assert cell.pairs[0].p_adjusted == pytest.approx(adjusted[cell.pairs[0].difference.p])


def test_unequal_conditions_are_stated_and_equal_ones_are_not(compared):
    assert [line.partition(":")[0] for line in compared.conditions] == [
        "Date given to the chat template"
    ]
    assert "2026-07-01 in A; 2026-08-01 in B" in compared.conditions[0]


def test_changes_only_for_one_system(finished, again, compared):
    assert compared.changes is None
    changes = compare([finished, again], one_system=True).changes
    found = [c for c in compared.cells if any(s.finding.counts for s in c.standings)]
    assert {c.fingerprint for c in changes} == {c.standings[0].finding.fingerprint for c in found}


def test_one_refusal_takes_the_prompt_from_all(finished, again, tmp_path):
    """What one run lacks counts as unanswered for both, and stands beside its name alone."""
    holes = tmp_path / "holes"
    shutil.copytree(again, holes)
    path = holes / run_folder.OBSERVATIONS
    named = {
        variant["id"]
        for one in lines(holes / run_folder.SETS)
        for variant in one["variants"]
        if variant["group"] == "sc"
    }
    answers = lines(path)
    for line in [one for one in answers if one["variant"] in named][:3]:
        line.pop("instrument"), line.pop("response"), line.pop("prompt_digest")
        line.update(record="failure", kind="refused", detail="no", asked_by="choice_probability")
    path.write_text("".join(json.dumps(line) + "\n" for line in answers), encoding="utf-8")
    beside = compare([finished, holes])
    assert beside.everyone == beside.prompts - 3
    (place,) = beside.places
    assert [one.answered for one in place.answered] == [beside.prompts, beside.prompts - 3]
    assert place.answered[1].failures == {"refused": 3}
    for cell in beside.cells:
        sizes = [
            s.finding.disparity.estimate.observations
            for s in cell.standings
            if isinstance(s.finding.disparity.estimate, Estimate)
        ]
        assert len(set(sizes)) <= 1
    assert sum(c.standings[0].finding.disparity.failed for c in beside.cells) > 0


def test_another_draw_shares_what_it_shares(finished, make_spec, planned, other_model, tmp_path):
    """Other sets of the same suite: the common ones are compared and the rest is listed."""
    fewer = planned(make_spec(other_model, sampling={"limit": 24}), tmp_path / "fewer")
    carry_out(fewer, lambda: datetime.now(tz=UTC))
    beside = compare([finished, tmp_path / "fewer"])
    assert beside.sets == 24
    (only,) = beside.unshared
    assert (only.run, only.suite, only.sets, only.shared) == (0, "employment/shortlist.en", 36, 24)
    assert any(line.startswith("Cut short") for line in beside.conditions)


def test_another_wording_around_the_same_case_is_not_shared(finished, again, tmp_path):
    """The variants are equal byte for byte; the question is another, so nothing is shared."""
    reworded = tmp_path / "reworded"
    shutil.copytree(again, reworded)
    path = reworded / "probes" / "employment" / "shortlist.en.toml"
    text = path.read_text(encoding="utf-8")
    assert 'cue = "Answer:"' in text
    path.write_text(text.replace('cue = "Answer:"', 'cue = "So:"'), encoding="utf-8")
    with pytest.raises(RequestError, match="share no set"):
        compare([finished, reworded])


def test_the_command_writes_its_pages(finished, again, tmp_path, capsys):
    words = ["compare", str(finished), str(again), "--no-pdf"]
    assert run([*words, "--to", str(tmp_path / "c")]) == 0
    page = (tmp_path / "c" / "compare.html").read_text(encoding="utf-8")
    assert "2 runs on the same prompts" in page
    assert json.loads((tmp_path / "c" / "compare.json").read_text())["sets"] == 36
    assert run([*words, "--to", str(finished)]) == 2
    assert "holds a run" in capsys.readouterr().err
    assert run(["compare", str(finished)]) == 2
    assert "two or more" in capsys.readouterr().err


def test_three_runs_have_three_pairs(finished, again, compared):
    three = compare([finished, again, finished])
    assert [run.letter for run in three.runs] == ["A", "B", "C"]
    for cell in three.cells:
        assert [(p.first, p.second) for p in cell.pairs] == [(0, 1), (0, 2), (1, 2)]
        assert cell.pairs[0].difference.value == pytest.approx(-cell.pairs[2].difference.value)
    assert three.changes is None


def changed(one, *, model=None, request=None, engagement=None):
    """The same opened run with other statements in its plan."""
    stamp, spec = one.run.stamp, one.run.spec
    stamp = stamp.model_copy(update={"model": stamp.model.model_copy(update=model or {})})
    updates = {
        "model": spec.model.model_copy(update=request or {}),
        "engagement": spec.engagement.model_copy(update=engagement or {}),
    }
    run = one.run.model_copy(update={"stamp": stamp, "spec": spec.model_copy(update=updates)})
    return replace(one, run=run)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": {"backend": "chat_api"}}, "Backend (access): causal in A; chat_api in B."),
        ({"model": {"capabilities": ("Generates",)}}, "Capabilities (access): "),
        ({"engagement": {"access_level": "API"}}, "Access level: not stated in A; API in B."),
        ({"model": {"chat_template_digest": "abcdef0123456789"}},
         "Chat template: none used in A; its own (abcdef012345) in B."),
        ({"request": {"system_prompt": "Be brief."}}, "System prompt: none in A; one of 9"),
        ({"model": {"dtype": "bfloat16"}}, "Type of numbers: float32 in A; bfloat16 in B."),
    ],
)  # fmt: skip
def test_each_condition_that_differs_is_a_sentence(finished, changes, said):
    one = opened(finished)
    assert conditions([one, one], "AB") == ()
    (sentence,) = conditions([one, changed(one, **changes)], "AB")
    assert sentence.startswith(said)


def test_a_template_that_was_switched_off_is_not_used(finished):
    one = changed(opened(finished), model={"chat_template_digest": "abcdef0123456789"})
    (sentence,) = conditions([one, changed(one, request={"chat": "off"}), one], "ABC")
    assert sentence == "Chat template: its own (abcdef012345) in A and C; none used in B."
