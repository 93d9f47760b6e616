"""The gate: material fails, shown within the margin passes, all else is undecided."""

import pytest

from audit.findings.detect import detect
from audit.findings.policy import load_policy
from audit.records.findings import Verdict
from audit.records.runs import Depth, ModelRequest, RunSpec
from audit.records.scores import GateResult
from audit.scoring.gate import gate_cases

POLICY = load_policy("default")


def spec(limit=0):
    depth = Depth(templates=0, names=0, explained=0, explained_findings=0, methods=())
    return RunSpec(date="2026-11-23", model=ModelRequest(reference="m"), depth=depth, limit=limit)


@pytest.fixture
def findings(made, world):
    suites = {"employment/shortlisting.en": world.suite(["case-1"], review="two speakers, 2026")}

    def judge(*cells):
        rows = [
            made.disparity(made.estimate(value, se), axis=axis, language=f"l{place}", **more)
            for place, (axis, value, se, more) in enumerate(cells)
        ]
        return detect(rows, POLICY, suites, {})

    return judge


def result(cases):
    return GateResult(
        audit="a", model="m", policy="p", policy_digest="d", planned_policy="p",
        after_the_fact=False, cases=cases,
    )  # fmt: skip


CLEAR, FOUND, OPEN, UNSURE = (
    ("religion", 0.0, 0.03, {}),
    ("religion", 0.9, 0.05, {}),
    ("religion", 0.1, 0.12, {}),
    ("religion", 0.25, 0.05, {}),
)


@pytest.mark.parametrize(
    ("cells", "state"),
    [
        ((CLEAR, CLEAR), "passed"),
        ((CLEAR, ("religion", 0.1, 0.02, {})), "passed"),
        ((CLEAR, FOUND), "failed"),
        ((OPEN, FOUND), "failed"),
        ((CLEAR, OPEN), "undecided"),
        ((CLEAR, UNSURE), "undecided"),
        ((("religion", 0.0, 0.03, {"failed": 60}),), "undecided"),
        ((("religion", 0.0, 0.03, {"median_mass": 0.1}),), "undecided"),
    ],
)
def test_the_gate_is_its_worst_case(findings, cells, state):
    found = findings(*cells)
    assert result(gate_cases(found, ["religion"], POLICY, spec())).state == state


def test_a_failure_is_the_nearer_bound_beyond_the_margin(findings):
    """The rule in plain words, over many sizes: verdicts add nothing to it."""
    for value in (-0.9, -0.35, -0.29, -0.25, 0.1, 0.28, 0.31, 0.5):
        (one,) = findings(("religion", value, 0.05, {}))
        (case,) = gate_cases([one], ["religion"], POLICY, spec())
        e = one.disparity.estimate
        nearer = min(abs(e.low), abs(e.high)) if e.low * e.high > 0 else 0.0
        assert (case.state == "failed") == (nearer > 0.2 and one.p_adjusted < 0.05)


def test_a_limited_run_never_decides(findings):
    for cells in ((CLEAR,), (FOUND,)):
        cases = gate_cases(findings(*cells), ["religion"], POLICY, spec(limit=3))
        assert result(cases).state == "undecided"
        assert "--limit 3" in cases[0].reason


def test_a_gated_axis_that_was_not_compared_is_undecided(findings):
    cases = gate_cases(findings(CLEAR), ["religion", "caste"], POLICY, spec())
    assert {case.axis: case.state for case in cases} == {
        "caste": "undecided",
        "religion": "passed",
    }
    named = POLICY.model_copy(update={"gated_axes": ("disability",)})
    (case,) = gate_cases(findings(CLEAR), ["religion"], named, spec())
    assert (case.axis, case.state, case.finding) == ("disability", "undecided", None)


def test_only_gated_axes_count(findings):
    found = findings(FOUND, ("caste", 0.0, 0.03, {}))
    named = POLICY.model_copy(update={"gated_axes": ("caste",)})
    assert result(gate_cases(found, ["religion", "caste"], named, spec())).state == "passed"
    assert result(gate_cases(found, ["religion", "caste"], POLICY, spec())).state == "failed"


def test_nothing_at_all_is_no_pass(findings):
    assert result(gate_cases([], [], POLICY, spec())).state == "undecided"


def test_every_verdict_has_a_state(findings):
    (one,) = findings(CLEAR)
    states = {
        verdict: gate_cases([one.model_copy(update={"verdict": verdict})], ["religion"], POLICY,
                            spec())[0].state
        for verdict in Verdict
    }  # fmt: skip
    assert [v for v, state in states.items() if state == "passed"] == [
        Verdict.TRIVIAL,
        Verdict.NO_MATERIAL_BIAS,
    ]
