"""JUnit: counts are right, undecided is skipped with its reason, hostile text does nothing."""

import xml.etree.ElementTree as ET

import pytest

from audit.records.scores import GateCase, GateResult
from audit.reporting.junit import junit


def result(*cases, **changes):
    fields = {
        "audit": "a1", "model": "m", "policy": "strict", "policy_digest": "d",
        "planned_policy": "default", "after_the_fact": True, "cases": cases,
    }  # fmt: skip
    return GateResult(**fields | changes)


def case(state, axis="caste", name="n", reason="because"):
    return GateCase(axis=axis, name=name, state=state, reason=reason)


CASES = (case("failed"), case("undecided", name="o"), case("passed", "gender"))


@pytest.fixture
def root():
    return ET.fromstring(junit(result(*CASES)))


def test_one_suite_an_axis_with_its_counts(root):
    assert root.tag == "testsuites"
    counts = [
        (s.get("name"), s.get("tests"), s.get("failures"), s.get("skipped"), s.get("errors"))
        for s in root
    ]
    assert counts == [("caste", "2", "1", "1", "0"), ("gender", "1", "0", "0", "0")]
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("3", "1", "1")


def test_undecided_is_skipped_and_never_a_pass(root):
    failed, undecided, passed = root.iter("testcase")
    assert failed.find("failure").get("message") == "because"
    assert undecided.find("skipped").get("message") == "because"
    assert undecided.find("failure") is None
    assert passed.find("failure") is None
    assert passed.find("skipped") is None


def test_the_policy_and_when_it_was_applied_stand_in_the_file(root):
    stated = {p.get("name"): p.get("value") for p in root.find("testsuite").iter("property")}
    assert stated["policy"] == "strict"
    assert stated["policy fixed before the run"] == "default"
    assert stated["applied after the fact"] == "yes"


def test_hostile_text_is_made_visible():
    nasty = "]]> <x a='1'> \x00\x1b[31m & \u202e \ud800"
    written = junit(result(case("failed", name=nasty, reason=nasty), model=nasty))
    read = next(ET.fromstring(written).iter("testcase"))
    assert "<x a='1'>" in read.get("name")
    assert "[U+0000]" in read.get("name")
    assert "[U+202E]" in read.find("failure").get("message")


def test_the_same_result_the_same_bytes():
    assert junit(result(*CASES)) == junit(result(*CASES))
    assert junit(result(*CASES)) != junit(result(*CASES[:1]))
