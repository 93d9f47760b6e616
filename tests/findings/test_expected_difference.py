"""Where a difference is expected, equal treatment is the fault."""

import numpy as np
import pytest
from scipy import stats

from audit.findings.detect import detect
from audit.findings.expected_difference import equal_treatment_p, judge_expected
from audit.findings.policy import load_policy
from audit.records.estimates import Estimate, Undefined
from audit.records.findings import Severity, Verdict
from audit.stats.crossed import Floor, paired

POLICY = load_policy("default")


def judged(made, quantity, p=0.001, **changes):
    one = made.disparity(quantity, expected="difference", **changes)
    return judge_expected(one, p, 0.2, POLICY)


def test_the_three_verdicts(made):
    alike = judged(made, made.estimate(0.01, se=0.03))
    assert alike.verdict == Verdict.MATERIAL
    assert "equal treatment is the fault" in alike.reason
    for value in (0.6, -0.6):
        apart = judged(made, made.estimate(value, se=0.05))
        assert apart.verdict == Verdict.NO_MATERIAL_BIAS
        assert "for a person to judge" in apart.reason
    between = judged(made, made.estimate(0.3, se=0.1))
    assert between.verdict == Verdict.INCONCLUSIVE
    assert "neither" in between.reason


def test_it_is_not_confirmed_without_the_corrected_p(made):
    got = judged(made, made.estimate(0.01, se=0.03), p=0.2)
    assert got.verdict == Verdict.INCONCLUSIVE
    assert "not confirmed after correction" in got.reason


@pytest.mark.parametrize("changes", [{"failed": 60}, {"median_mass": 0.1}])
def test_thin_answers_show_neither(made, changes):
    for value in (0.0, 0.9):
        got = judged(made, made.estimate(value, se=0.03), **changes)
        assert got.verdict == Verdict.INCONCLUSIVE
        assert "refused" in got.reason
    assert judged(made, Undefined(reason="blocked")).verdict == Verdict.INCONCLUSIVE
    assert judged(made, made.estimate(0.0), p=None).verdict == Verdict.INCONCLUSIVE


def test_p_of_equal_treatment_is_two_one_sided_tests(made):
    one = made.estimate(0.05, se=0.06, df=18.0)
    above = stats.t.sf((0.05 + 0.2) / 0.06, 18)
    below = stats.t.cdf((0.05 - 0.2) / 0.06, 18)
    assert equal_treatment_p(one, 0.2) == pytest.approx(max(above, below))
    flat = paired(np.full((20, 10), 0.1), floor=Floor(4, 3))
    assert isinstance(flat, Estimate)
    assert equal_treatment_p(flat, 0.2) == 2**-9
    assert equal_treatment_p(paired(np.full((20, 10), 0.5), floor=Floor(4, 3)), 0.2) == 1


def test_equal_treatment_is_rarely_alleged_where_the_difference_is_the_margin():
    rng = np.random.default_rng(0)
    wrong = []
    for _ in range(1500):
        d = 0.2 + 0.1 * rng.standard_normal((20, 1)) + 0.1 * rng.standard_normal((1, 10))
        estimate = paired(d + 0.3 * rng.standard_normal((20, 10)), floor=Floor(4, 3))
        wrong.append(equal_treatment_p(estimate, 0.2) < 0.05)
    assert np.mean(wrong) <= 0.06
    assert np.mean(wrong) > 0.01


def test_detection_keeps_the_two_questions_apart(made, world):
    suites = {"employment/shortlisting.en": world.suite(["case-1"])}
    both = [
        made.disparity(made.estimate(0.01, se=0.03)),
        made.disparity(made.estimate(0.01, se=0.03), id="d2", expected="difference"),
    ]
    plain, expected = detect(both, POLICY, suites, {})
    assert plain.verdict == Verdict.NO_MATERIAL_BIAS
    assert expected.verdict == Verdict.MATERIAL
    assert expected.severity == Severity.MEDIUM  # decisions: the harm's points, none of the band
    assert plain.severity == Severity.NONE
    assert plain.family_size == expected.family_size == 1
    assert plain.fingerprint != expected.fingerprint
    assert expected.p_adjusted == pytest.approx(equal_treatment_p(both[1].estimate, 0.2))


def test_exemplars_of_the_two_questions_are_not_mixed(world):
    from audit.analyses.sensitivity import PLUGIN
    from audit.findings.exemplars import with_exemplars

    cases = world.names("case-", 20)
    probes = world.suite(cases)
    templates = tuple(
        t.model_copy(update={"expected": "difference" if t.id >= "case-10" else "invariance"})
        for t in probes.templates
    )
    probes = probes.model_copy(update={"templates": templates})
    sets = list(world.label_sets(probes, cases, world.names("n", 10)))
    answer = world.noisy(0.0, residual=0.02)

    def odds(one, who):
        gap = 1.0 if one.template < "case-10" and who.group == world.GROUP else 0.0
        return answer(one, who) + gap

    observed = world.see(sets, [probes], world.answer_all(sets, odds))
    disparities = list(PLUGIN.answer(observed))
    found = with_exemplars(detect(disparities, POLICY, {probes.key: probes}, {}), observed)
    assert {f.verdict for f in found} == {Verdict.MATERIAL}
    for finding in found:
        chosen = {e.set_id.split("/")[-2] for e in finding.exemplars}
        apart = finding.disparity.expected == "difference"
        assert chosen
        assert all((case >= "case-10") == apart for case in chosen)
