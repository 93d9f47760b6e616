"""What became of a finding between two runs of one system."""

import itertools

import pytest

from audit.findings.changes import changes
from audit.findings.detect import detect
from audit.findings.policy import load_policy
from audit.records.findings import Verdict

POLICY = load_policy("default")
VALUES = {"found": (0.9, 0.05), "clear": (0.0, 0.03), "open": (0.15, 0.12)}


@pytest.fixture
def judged(made, world):
    suites = {"employment/shortlisting.en": world.suite(["case-1"], review="two speakers, 2026")}

    def judge(*states):
        rows = [
            made.disparity(made.estimate(*VALUES[state]), language=f"l{place}")
            for place, state in enumerate(states)
        ]
        return detect(rows, POLICY, suites, {})

    return judge


EXPECTED = {
    ("found", "found"): "persisting",
    ("found", "clear"): "mended",
    ("found", "open"): "unsettled",
    ("clear", "found"): "regressed",
    ("open", "found"): "new",
}


@pytest.mark.parametrize("pair", list(itertools.product(VALUES, repeat=2)))
def test_every_pair_of_states(judged, pair):
    earlier, later = judged(pair[0]), judged(pair[1])
    found = changes(earlier, later)
    assert [one.state for one in found] == [EXPECTED[pair] for _ in found]
    assert len(found) == (pair in EXPECTED)
    for one in found:
        assert one.fingerprint == earlier[0].fingerprint == later[0].fingerprint


def test_what_is_no_longer_confirmed_is_not_mended(judged):
    (one,) = changes(judged("found"), judged("open"))
    assert one.later.verdict == Verdict.INCONCLUSIVE
    assert one.state == "unsettled"


def test_cells_are_matched_by_fingerprint_and_not_by_place(judged):
    earlier, later = judged("found", "clear"), judged("found", "clear")
    assert [one.state for one in changes(earlier[::-1], later)] == ["persisting"]
    assert changes(earlier[1:], later[:1]) == ()
