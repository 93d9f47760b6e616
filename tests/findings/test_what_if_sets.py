"""What-if sets: chosen by rule, in halves that share no case and no template already known."""

import pytest

from audit.findings.what_if_sets import target
from audit.pipeline.audit_file import AuditFile, spec
from audit.pipeline.planning import expanded
from audit.places import shipped
from audit.records.estimates import Disparity, Estimate, Undefined
from audit.records.findings import Finding, Severity, Verdict
from audit.suites.library import read_library

LIBRARY = read_library(shipped("probes"))


@pytest.fixture(scope="module")
def sets():
    asked = {
        "model": {"reference": "none"},
        "scope": {"suites": ["healthcare/*.en"], "axes": ["religion", "gender"]},
    }
    return expanded(spec(AuditFile.model_validate(asked), "2026-07-01"), LIBRARY)


def estimate(value):
    return Estimate(
        value=value, se=0.1, df=5, low=value - 0.2, high=value + 0.2, low90=value - 0.1,
        high90=value + 0.1, p=0.01, mde=0.3, templates=9, names=9, observations=99,
        estimator="crossed, paired",
    )  # fmt: skip


def finding(value, *, group="muslim", cue="label", counts=True):
    axis, reference = "religion", "hindu"
    quantity = Undefined(reason="thin") if value is None else estimate(value)
    disparity = Disparity(
        id=f"{axis}{group}{cue}", metric="log_odds", unit="log-odds", primary=True,
        outcome="choice", axis=axis, cue=cue, group=group, reference=reference, language="en",
        domain="healthcare", suites=("healthcare/triage.en",), harm="allocation",
        estimate=quantity, null=Undefined(reason="none"), planned=10, failed=0,
        median_mass=0.9, order_effect=0.0,
    )  # fmt: skip
    return Finding(
        fingerprint=disparity.id, disparity=disparity, family_size=2, p_adjusted=0.01,
        margin=0.2, verdict=Verdict.MATERIAL if counts else Verdict.INCONCLUSIVE,
        verdict_reason="", band="", severity=Severity.HIGH if counts else Severity.NONE,
        evidence_grade="C", evidence_reason="",
    )  # fmt: skip


def case(one):
    template = LIBRARY.suites[one.suite_key].template(one.template)
    return template.paraphrase_of or template.id


@pytest.mark.parametrize("cue", ["label", "name"])
def test_two_halves_that_share_no_case(sets, cue):
    found = target([finding(0.8, cue=cue)], sets, LIBRARY.suites, most=24)
    cases = [{case(one) for one in half} for half in (found.fitted, found.measured)]
    assert all(len(half) >= 2 for half in cases)
    assert not cases[0] & cases[1]
    for half in (found.fitted, found.measured):
        assert 0 < len(half) <= 24
        for one in half:
            assert {variant.group for variant in one.variants} == {"muslim", "hindu"}
            assert one.cue == cue
            assert len(one.variants) <= 12


def test_the_worst_that_counts_comes_first_else_the_largest(sets):
    every = [
        finding(2.0, group="sikh", counts=False),
        finding(0.5),
        finding(0.9, group="buddhist"),
        finding(None, group="christian", counts=False),
    ]
    worst = target(every, sets, LIBRARY.suites, most=8)
    assert worst.disparity.group == "buddhist"
    assert worst.counted
    clear = target([one for one in every if not one.counts], sets, LIBRARY.suites, most=8)
    assert clear.disparity.group == "sikh"
    assert not clear.counted
    assert target(every[-1:], sets, LIBRARY.suites, most=8) is None


def test_templates_already_looked_at_are_not_measured(sets):
    plain = target([finding(0.8)], sets, LIBRARY.suites, most=8)
    known = {one.template for one in plain.measured}
    found = target([finding(0.8)], sets, LIBRARY.suites, most=8, known=known)
    assert not known & {one.template for one in found.measured}
    assert found.measured


def test_the_order_of_the_sets_does_not_matter(sets):
    forth = target([finding(0.8)], sets, LIBRARY.suites, most=16)
    back = target([finding(0.8)], tuple(reversed(sets)), LIBRARY.suites, most=16)
    assert forth == back
