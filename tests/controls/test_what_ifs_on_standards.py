"""What-ifs on `embedded:biased`: the planted disparity shrinks, and by random changes it does not.

Fitted on one half of the templates and measured on the other, with intervals, as an audit does.
"""

import pytest

from audit.analyses.observed import observe
from audit.analyses.sensitivity import sensitivity
from audit.analyses.trade_offs import effect
from audit.controls import standards
from audit.findings.detect import detect
from audit.findings.policy import load_policy
from audit.findings.what_if_sets import target
from audit.internals.fitting import fit
from audit.measurement.choice_probability import PLUGIN as INSTRUMENT
from audit.metrics.log_odds import PLUGIN as LOG_ODDS
from audit.models.cases import Case
from audit.pipeline.changes import Grounds, changes
from audit.pipeline.requests import request, requests
from audit.records.observations import Measurement
from audit.records.quantities import Estimate

SETS = 32


@pytest.fixture(scope="module")
def planted(truths_of):
    """The largest planted disparity of a label between two answers."""
    rows = [
        row
        for row in truths_of["biased"]["disparities"]
        if (row["cue"], row["outcome"]) == ("label", "choice")
    ]
    return max(rows, key=lambda row: abs(row["planted"]))


@pytest.fixture(scope="module")
def model(load_model):
    return load_model(standards.folder("biased"))


@pytest.fixture(scope="module")
def tried(shipped_material, planted, model):
    """Each change -> its effect on the planted disparity."""
    suites, policy = shipped_material.suites, load_policy("default")

    def answers(sets):
        asked = list(requests(sets, suites, INSTRUMENT.asks))
        found = INSTRUMENT.ask(model, asked)
        return [
            Measurement(
                batch=0, variant=one.variant, instrument="choice_probability",
                prompt_digest=answer.prompt_digest, response=answer.response,
            )
            for one, answer in zip(asked, found, strict=True)
        ]  # fmt: skip

    def seen(sets):
        return observe(sets, suites, answers(sets), [LOG_ODDS], policy, 0)

    aim = aimed(planted, shipped_material, seen)
    cases = [
        (_case(one, variant, suites), variant.group == planted["group"])
        for one in aim.fitted
        for variant in one.variants
    ]
    grounds = Grounds(model, fit(model, cases), (), None, 0)
    before = seen(aim.measured)
    effects = {}
    for change in changes(grounds, 1.0):
        with change.enter():
            after = seen(aim.measured)
        effects[change.key] = effect(before, after, aim.disparity)
    return grounds, effects


def aimed(planted, material, seen):
    """The halves of the planted comparison; its finding is made from a few of its sets."""
    keys = ("axis", "cue", "outcome", "language", "domain", "reference")
    cell = [one for one in material.sets if all(getattr(one, k) == planted[k] for k in keys)]
    two = (planted["group"], planted["reference"])
    templates = sorted({one.template for one in cell})[::6]
    names = sorted({variant.name for one in cell for variant in one.variants})[:3]
    some = [
        one.model_copy(update={"variants": tuple(v for v in one.variants if v.group in two)})
        for one in cell
        if one.template in templates and one.variants[0].name in names
    ]
    found = [one for one in sensitivity(seen(some)) if one.primary]
    findings = detect(found, load_policy("default"), material.suites, {})
    return target(findings, material.sets, material.suites, most=SETS)


def _case(one, variant, suites):
    asked = request(one, variant, suites)
    return Case(
        variant.id, variant.turns, variant.spans, asked.question, asked.frame, asked.outcome
    )


def interval(effects, key):
    change = effects[key].change
    assert isinstance(change, Estimate), change.reason
    return change


@pytest.mark.slow
def test_the_planted_layer_is_found_to_write_the_difference(tried, truths_of):
    grounds, _ = tried
    assert grounds.fit.layer == truths_of["biased"]["block"]


@pytest.mark.slow
@pytest.mark.parametrize("key", ["ablation", "erasure"])
def test_the_planted_disparity_shrinks(tried, planted, key):
    """All of the interval of the change points against the disparity, and half of it is gone."""
    _, effects = tried
    before = effects["nothing"].disparity.estimate.value
    assert before == pytest.approx(planted["realised"], abs=0.2)
    change, sign = interval(effects, key), -1 if before > 0 else 1
    assert min(sign * change.low, sign * change.high) > 0.4 * abs(before)
    left = effects[key].disparity.estimate
    assert abs(left.value) < 0.35 * abs(before)


@pytest.mark.slow
@pytest.mark.parametrize("key", ["ablation, control", "erasure, control"])
def test_as_much_of_something_random_does_not_shrink_it(tried, key):
    """The control: the interval of the change lies far from that of the real change."""
    _, effects = tried
    before = effects["nothing"].disparity.estimate.value
    change, sign = interval(effects, key), -1 if before > 0 else 1
    assert sign * change.value < 0.25 * abs(before)
    real = interval(effects, key.removesuffix(", control"))
    assert sign * (real.low if sign > 0 else real.high) > sign * (
        change.high if sign > 0 else change.low
    )
    assert abs(effects[key].disparity.estimate.value) > 0.6 * abs(before)
