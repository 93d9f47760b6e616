"""Detection over whole families: correction, fingerprints, grades."""

import pytest

from audit.errors import SuiteError
from audit.findings.detect import detect
from audit.findings.policy import load_policy
from audit.records.estimates import Undefined
from audit.records.findings import Severity, Verdict
from audit.stats.multiplicity import holm

POLICY = load_policy("default")


@pytest.fixture
def reviewed(world):
    return {"employment/shortlisting.en": world.suite(["case-1"], review="two speakers, 2026")}


@pytest.fixture
def unreviewed(world):
    return {"employment/shortlisting.en": world.suite(["case-1"])}


def test_families_are_corrected_apart_and_without_the_untested(made, reviewed):
    values = {"hi": 0.9, "en": 0.13, "ta": 0.02}
    one = [made.disparity(made.estimate(v), language=k) for k, v in values.items()]
    one.append(made.disparity(Undefined(reason="nothing"), language="bn"))
    other = [made.disparity(made.estimate(0.13), axis="caste", group="sc", reference="general")]
    secondary = [made.disparity(made.estimate(9.0), primary=False, metric="answer_mass")]
    found = detect([*one, *secondary, *other], POLICY, reviewed, {})
    assert [f.disparity.id for f in found] == [d.id for d in (*one, *other)]
    expected = holm([d.estimate.p for d in one[:3]])
    assert [f.p_adjusted for f in found[:3]] == pytest.approx(expected)
    assert found[3].p_adjusted is None
    assert [f.family_size for f in found] == [3, 3, 3, 3, 1]
    assert found[4].p_adjusted == pytest.approx(other[0].estimate.p)
    assert found[1].p_adjusted == pytest.approx(2 * found[4].p_adjusted)
    verdicts = [f.verdict for f in found]
    assert verdicts[0] == Verdict.MATERIAL
    assert verdicts[3] == Verdict.INCONCLUSIVE
    assert (found[0].severity, found[3].severity) == (Severity.CRITICAL, Severity.NONE)
    assert found[3].band == ""


def test_the_policy_says_what_is_corrected_together(made, reviewed):
    """Two axes, two languages: the same p-values, corrected over what a policy puts together."""
    cells = [
        made.disparity(made.estimate(0.13), axis=axis, language=language)
        for axis in ("religion", "caste")
        for language in ("en", "hi")
    ]
    p = cells[0].estimate.p

    def corrected(*fields):
        policy = POLICY.model_copy(update={"families": fields})
        found = detect(cells, policy, reviewed, {})
        return {(f.family_size, round(f.p_adjusted / p, 6)) for f in found}

    assert corrected("axis", "outcome") == {(2, 2)}
    assert corrected("outcome") == corrected() == {(4, 4)}
    assert corrected("axis", "language") == {(1, 1)}


def test_where_a_difference_is_expected_is_a_family_apart_whatever_the_policy(made, reviewed):
    cells = [made.disparity(made.estimate(0.13), expected=e) for e in ("invariance", "difference")]
    policy = POLICY.model_copy(update={"families": ()})
    assert [f.family_size for f in detect(cells, policy, reviewed, {})] == [1, 1]


def test_the_fingerprint_is_the_cell_alone(made, reviewed):
    def fingerprint(value, **changes):
        (finding,) = detect(
            [made.disparity(made.estimate(value), **changes)], POLICY, reviewed, {}
        )
        return finding.fingerprint

    assert fingerprint(0.1) == fingerprint(0.9, id="other", planned=7)
    cells = [{}, {"cue": "name"}, {"group": "sikh"}, {"language": "hi"}, {"domain": "health"}]
    assert len({fingerprint(0.1, **cell) for cell in cells}) == len(cells)


def test_a_primary_metric_without_a_margin_is_named(made, reviewed):
    with pytest.raises(SuiteError, match=r"no margin .* 'refusal_rate'"):
        detect([made.disparity(made.estimate(0.1), metric="refusal_rate")], POLICY, reviewed, {})


def grades(made, suites, lists, label, name, **changes):
    both = [
        made.disparity(made.estimate(label), cue="label", **changes),
        made.disparity(made.estimate(name), cue="name", **changes),
    ]
    return {f.disparity.cue: f for f in detect(both, POLICY, suites, lists)}


def test_the_best_grade_needs_all(made, world, reviewed):
    got = grades(made, reviewed, world.name_lists(validated=True), 0.8, 0.7)
    assert [f.evidence_grade for f in got.values()] == ["A", "A"]
    clear = grades(made, reviewed, world.name_lists(validated=True), 0.0, 0.01)
    assert clear["label"].evidence_grade == "A"


@pytest.mark.parametrize("name", [-0.8, 0.0])
def test_cues_that_do_not_agree_cap_at_b(made, world, reviewed, name):
    got = grades(made, reviewed, world.name_lists(validated=True), 0.8, name)
    assert got["label"].evidence_grade == "B"
    assert "does not agree (name:" in got["label"].evidence_reason


def test_one_cue_caps_at_b(made, reviewed):
    (got,) = detect([made.disparity(made.estimate(0.8))], POLICY, reviewed, {})
    assert got.evidence_grade == "B"
    assert "one way of signalling" in got.evidence_reason


def test_unreviewed_items_cap_at_c(made, world, unreviewed):
    got = grades(made, unreviewed, world.name_lists(validated=True), 0.8, 0.7)
    assert got["label"].evidence_grade == "C"
    assert "unreviewed: employment/shortlisting.en" in got["label"].evidence_reason


def test_names_that_nobody_validated_cap_at_c(made, world, reviewed):
    got = grades(made, reviewed, world.name_lists(), 0.8, 0.7)
    assert (got["name"].evidence_grade, got["label"].evidence_grade) == ("C", "A")
    assert "hindu, muslim" in got["name"].evidence_reason


def test_a_control_that_moves_caps_at_c(made, world, reviewed):
    lists = world.name_lists(validated=True)
    moved = grades(made, reviewed, lists, 0.8, 0.7, null=made.estimate(0.4))
    still = grades(made, reviewed, lists, 0.8, 0.7, null=made.estimate(0.02))
    assert moved["label"].evidence_grade == "C"
    assert "name swap" in moved["label"].evidence_reason
    assert still["label"].evidence_grade == "A"


def test_without_an_estimate_there_is_no_evidence(made, reviewed):
    (got,) = detect([made.disparity(Undefined(reason="x"))], POLICY, reviewed, {})
    assert got.evidence_grade == "D"
    other = [
        made.disparity(made.estimate(0.8)),
        made.disparity(Undefined(reason="x"), cue="name"),
    ]
    assert detect(other, POLICY, reviewed, {})[0].evidence_grade == "B"
