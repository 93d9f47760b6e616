"""The coverage matrix: planned, answered, blocked, and never tested."""

import pytest

from audit.scoring.coverage import coverage_cells, failures_by_kind


@pytest.fixture
def two_domains(world):
    """Employment in English and Hindi, healthcare in English only; one cell blocked."""
    cases, people = ["case-1", "case-2"], ["a", "b"]
    english = world.suite(cases, review="two speakers, 2026")
    hindi = english.model_copy(update={"language": "hi", "review": "unreviewed"})
    health = world.suite(cases, name="triage").model_copy(update={"domain": "healthcare"})
    suites = [english, hindi, health]
    sets = [
        one.model_copy(update={"language": probes.language})
        for probes in suites
        for one in world.label_sets(probes, cases, people)
    ]
    variants = [(one, v.id) for one in sets for v in one.variants]
    lost = {v for one, v in variants if one.language == "hi"}
    lost |= {
        v for one, v in variants if one.domain == "healthcare" and v.endswith("case-1/none/a")
    }
    answers = list(world.answer_all(sets, world.noisy(0.0), lost=lost))
    failures = [one for one in answers if hasattr(one, "kind")]
    return world.see(sets, suites, answers), failures


def test_every_combination_has_a_cell(two_domains):
    observed, failures = two_domains
    cells = coverage_cells(observed, [], failures)
    got = {(c.language, c.domain): c for c in cells}
    assert {key: c.state for key, c in got.items()} == {
        ("en", "employment"): "answered",
        ("hi", "employment"): "blocked",
        ("en", "healthcare"): "partly_answered",
        ("hi", "healthcare"): "not_tested",
    }
    done = got["en", "employment"]
    assert (done.templates, done.names, done.planned, done.answered) == (2, 2, 12, 12)
    assert [c.reviewed for c in cells] == [
        c.domain == "employment" and c.language == "en" for c in cells
    ]
    assert got["hi", "employment"].note == "12 unencodable"
    assert got["en", "healthcare"].note == "1 unencodable"
    assert done.note == ""


def test_failures_by_kind(world):
    kinds = ["refused", "error", "refused"]
    failures = [world.failed(str(n), kind) for n, kind in enumerate(kinds)]
    assert failures_by_kind(failures) == {"error": 1, "refused": 2}
    assert failures_by_kind([]) == {}


def test_verdicts_are_counted_in_their_cell(world):
    from audit.analyses.sensitivity import PLUGIN
    from audit.findings.detect import detect
    from audit.findings.policy import load_policy

    observed = world.whole(0.9, templates=6, people=4)
    findings = detect(
        PLUGIN.answer(observed), load_policy("default"), observed.suites, world.name_lists()
    )
    (cell,) = coverage_cells(observed, findings, [])
    assert sum(cell.verdicts.values()) == len(findings) == 2
