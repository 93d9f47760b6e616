"""The laws that a type checks itself, so that nothing downstream checks them again."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from audit.findings.policy import load_policy
from audit.records.counterfactuals import CounterfactualSet, Span, Variant
from audit.records.estimates import Estimate, Quantity, Undefined
from audit.records.findings import Policy
from audit.records.identities import Axis, Identity, NameList
from audit.records.observations import (
    AttributedWord,
    Attribution,
    ChoiceProbabilities,
    Failure,
    Measurement,
    NumberAnswer,
    Observation,
    OrderAnswers,
    OrderedProbabilities,
    log_sum_exp,
)
from audit.records.probes import Answer, Frame, Outcome, ProbeSuite, is_control


def refused(record, fields, said):
    with pytest.raises(ValidationError) as caught:
        record.model_validate(fields)
    assert said in str(caught.value)


LEVELS = ("low", "middle", "high")
probabilities = st.lists(st.floats(min_value=1e-6, max_value=1), min_size=3, max_size=3).map(
    lambda raw: [value / (sum(raw) * 1.25) for value in raw]
)


def test_answers_sum_to_one_at_most():
    fields = {"order": ("yes", "no"), "log_probs": (math.log(0.6), math.log(0.4))}
    assert OrderAnswers.model_validate(fields).mass == pytest.approx(1)
    refused(OrderAnswers, fields | {"log_probs": (math.log(0.7), math.log(0.4))}, "sum to 1.1")
    refused(OrderAnswers, fields | {"log_probs": (-1.0,)}, "one log-probability for each")


@given(probabilities, probabilities)
def test_log_odds_are_those_of_the_formula(first, second):
    orders = (
        OrderAnswers(order=LEVELS, log_probs=tuple(map(math.log, first))),
        OrderAnswers(order=LEVELS[::-1], log_probs=tuple(map(math.log, second[::-1]))),
    )
    choice = ChoiceProbabilities(favourable="high", unfavourable="low", orders=orders)
    expected = [math.log(p[2] / p[0]) for p in (first, second)]
    assert choice.log_odds_by_order() == pytest.approx(expected)
    assert choice.mass == pytest.approx((sum(first) + sum(second)) / 2)
    ordered = OrderedProbabilities(levels=LEVELS, orders=orders)
    cuts = [
        [math.log((p[1] + p[2]) / p[0]), math.log(p[2] / (p[0] + p[1]))] for p in (first, second)
    ]
    for found, wanted in zip(ordered.log_odds_above(), cuts, strict=True):
        assert found == pytest.approx(wanted, abs=1e-9)
    means = [sum(each) / 2 for each in cuts]
    assert ordered.log_odds_by_order() == pytest.approx(means, abs=1e-9)


@given(st.lists(st.floats(min_value=-700, max_value=700), min_size=1, max_size=6))
def test_log_sum_exp(values):
    exact = (
        math.log(math.fsum(math.exp(value - 700) for value in values)) + 700
        if (max(values) > 0)
        else None
    )
    found = log_sum_exp(values)
    assert max(values) <= found <= max(values) + math.log(len(values)) + 1e-12
    if exact is not None:
        assert found == pytest.approx(exact, rel=1e-9, abs=1e-9)


def test_log_sum_exp_does_not_overflow():
    assert log_sum_exp([5000.0, 5000.0]) == pytest.approx(5000 + math.log(2))
    assert log_sum_exp([-5000.0]) == -5000


def test_an_attribution_s_words_make_up_the_change():
    word = AttributedWord(start=0, end=1, text="a", part="fact", value=0.5)
    fields = {
        "batch": 0, "set_id": "s", "variant": "v", "method": "m", "target": "log_odds",
        "baseline": "mean", "score": 1.0, "baseline_score": 0.3, "residual": 0.2, "words": (word,),
    }  # fmt: skip
    assert Attribution.model_validate(fields).residual == 0.2
    refused(Attribution, fields | {"residual": 0.3}, "values and residual give 0.8")


ESTIMATE = {
    "value": 0.1, "se": 0.1, "df": 5.0, "low": -0.2, "low90": -0.1, "high90": 0.3, "high": 0.4,
    "p": 0.3, "mde": 0.4, "templates": 5, "names": 5, "observations": 25, "estimator": "crossed",
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [{"low": 0.2}, {"high": 0.2}, {"low90": -0.3}, {"value": 0.35}, {"p": 1.1}, {"se": -1.0}],
)
def test_bounds_stand_in_order(change):
    assert Estimate.model_validate(ESTIMATE).value == 0.1
    with pytest.raises(ValidationError):
        Estimate.model_validate(ESTIMATE | change)


def test_a_missing_number_is_a_reason_and_no_zero():
    kind = TypeAdapter(Quantity)
    nothing = Undefined(reason="too few names")
    assert kind.validate_json(nothing.model_dump_json()) == nothing
    estimate = Estimate.model_validate(ESTIMATE)
    assert kind.validate_json(estimate.model_dump_json()) == estimate
    with pytest.raises(ValidationError):
        kind.validate_json('{"kind":"estimate","value":0}')


def test_observations_round_trip_by_their_kind():
    answers = OrderAnswers(order=("yes", "no"), log_probs=(-1.0, -2.0))
    response = ChoiceProbabilities(favourable="yes", unfavourable="no", orders=(answers,))
    kind = TypeAdapter(Observation)
    for one in (
        Measurement(batch=0, variant="v", instrument="i", prompt_digest="d", response=response),
        Failure(batch=0, variant="v", asked_by="i", kind="unencodable", detail="ह"),
    ):
        assert kind.validate_json(one.model_dump_json()) == one
        assert type(kind.validate_json(one.model_dump_json())) is type(one)


RUPEES = {"kind": "number", "answers": (), "unit": "rupees", "favourable": "high"}
SAID = {
    "kind": "association", "answers": (), "favourable": "likely", "carriers": ("A word: {words}",),
}  # fmt: skip
YES, NO, MAYBE = (Answer(key=key, text=key) for key in ("yes", "no", "maybe"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"answers": (YES,)}, "needs two answers or more, has 1"),
        ({"answers": (YES, YES)}, "has an answer key twice"),
        ({"favourable": "perhaps"}, "needs favourable and unfavourable among"),
        ({"unfavourable": "yes"}, "needs favourable and unfavourable among"),
        ({"kind": "ordered", "favourable": "no", "answers": (YES, NO, MAYBE)}, "must be 'yes' or"),
        ({"kind": "number"}, "needs no answers, and a unit"),
        ({"kind": "number", "answers": ()}, "and a unit if and only if"),
        ({"kind": "number", "answers": (), "unit": "rupees"}, "must be 'high' or 'low'"),
        (RUPEES | {"ends": (0, 10)}, "nothing else has any"),
        (RUPEES | {"carriers": ("a {words}",)}, "nothing else has any"),
        (RUPEES | {"kind": "marks"}, "marks need ends"),
        (RUPEES | {"kind": "marks", "ends": (5, 5)}, "marks need ends"),
        (SAID | {"unit": "nats"}, "a unit if and only if"),
        (SAID | {"favourable": "high"}, "must be 'likely' or 'unlikely'"),
        (SAID | {"carriers": ()}, "needs carriers"),
        (SAID | {"carriers": ("{words} is a word",)}, "each ending in {words}"),
        (SAID | {"carriers": ("{person} and {words}",)}, "no other slot"),
        ({"ends": (0, 10)}, "has neither ends nor carriers"),
    ],
)
def test_outcomes_fit_their_kind(fields, said):
    sound = {
        "key": "o", "kind": "choice", "answers": (YES, NO), "favourable": "yes",
        "unfavourable": "no",
    }  # fmt: skip
    assert Outcome.model_validate(sound).keys == ("yes", "no")
    refused(Outcome, sound | fields, said)


def test_outcomes_without_answers():
    bare = {"key": "o", "unfavourable": ""}
    assert Outcome.model_validate(bare | RUPEES).keys == ()
    assert Outcome.model_validate(bare | RUPEES | {"kind": "marks", "ends": (0, 10)}).ends
    assert Outcome.model_validate(bare | SAID).carriers


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"value": -1.0}, "lies outside 0 to inf"),
        ({"kind": "marks"}, "marks have two ends"),
        ({"ends": (0.0, 5.0)}, "amounts have none"),
        ({"kind": "marks", "ends": (0.0, 5.0)}, "lies outside 0 to 5"),
        ({"value": float("nan")}, "finite"),
    ],
)
def test_numbers_lie_where_their_kind_says(fields, said):
    sound = {"kind": "number", "value": 7.0, "unit": "rupees", "favourable": "high"}
    assert NumberAnswer.model_validate(sound).value == 7
    refused(NumberAnswer, sound | fields, said)


def in_a_set(*groups, axis="caste", reference="general", rest="asks."):
    variants = tuple(
        Variant(
            id=f"v{n}", group=group, name="a", unit="a", turns=(f"{group} {end}",),
            spans=(Span(turn=0, start=0, end=len(group)),),
        )
        for n, (group, end) in enumerate(
            zip(groups, rest if isinstance(rest, tuple) else (rest,) * len(groups), strict=True)
        )
    )  # fmt: skip
    return {
        "id": "s", "suite": "a/b", "language": "en", "domain": "a", "template": "t",
        "outcome": "choice", "axis": axis, "cue": "label", "reference": reference,
        "variants": variants,
    }  # fmt: skip


def test_a_set_differs_in_the_groups_words_alone():
    sound = CounterfactualSet.model_validate(in_a_set("general", "sc", "none"))
    assert sound.variant("v1").group == "sc"
    assert sound.suite_key == "a/b.en"
    refused(CounterfactualSet, in_a_set("general", "sc", "sc"), "come twice")
    refused(CounterfactualSet, in_a_set("sc", "obc"), "is missing")
    refused(CounterfactualSet, in_a_set("general", "sc", rest=("a", "b")), "differ outside")


def test_the_groups_of_an_intersection_name_one_of_each_axis():
    both = {"axis": "caste+gender", "reference": "general+man"}
    sound = in_a_set("general+man", "sc+woman", "none", "nonce-brel", **both)
    assert CounterfactualSet.model_validate(sound)
    refused(CounterfactualSet, in_a_set("general+man", "sc", **both), "name one of each")
    refused(CounterfactualSet, in_a_set("general", "sc+woman"), "name one of each")


def test_a_group_of_no_people_is_a_control():
    assert is_control("none")
    assert is_control("nonce-brel")
    assert not is_control("dalit")


def test_an_association_is_one_statement():
    template = {"id": "t", "turns": ("{person} reads.",), "role": "one", "outcome": "o"}
    suite = {
        "id": "a/b", "version": "1", "language": "en", "domain": "a", "task": "t", "harm": "h",
        "frame": {"ask": "{options}", "separator": ", ", "cue": ""}, "source": "s",
        "licence": "l", "canary": "c", "outcomes": ({"key": "o", "unfavourable": ""} | SAID,),
    }  # fmt: skip
    assert ProbeSuite.model_validate(suite | {"templates": (template | {"question": ""},)})
    refused(ProbeSuite, suite | {"templates": (template | {"question": "Yes?"},)}, "one statement")


def test_a_number_needs_no_answers():
    fields = {"key": "o", "kind": "number", "favourable": "high", "unit": "rupees a month"}
    assert Outcome.model_validate(fields).keys == ()


def test_spans_lie_inside_the_text_and_in_order():
    fields = {"id": "v", "group": "g", "name": "n", "unit": "n", "turns": ("a bc d",)}
    spans = (Span(turn=0, start=0, end=1), Span(turn=0, start=2, end=4))
    variant = Variant.model_validate(fields | {"spans": spans})
    assert variant.skeleton == (("", " ", " d"),)
    refused(Variant, fields | {"spans": spans[::-1]}, "spans overlap or are out of order")
    outside = (Span(turn=0, start=0, end=7),)
    refused(Variant, fields | {"spans": outside}, "lies outside the text")
    refused(Variant, fields | {"spans": (Span(turn=1, start=0, end=0),)}, "lies outside the text")
    refused(Span, {"turn": 0, "start": 3, "end": 2}, "cannot end before it starts")


def test_axes_frames_and_lists():
    group = Identity(key="a", title="A", source="-")
    axis = {
        "key": "x", "title": "X", "version": "1", "reference": "a", "reason": "-",
        "label_names": (), "groups": (group,),
    }  # fmt: skip
    assert Axis.model_validate(axis).group("a") == group
    refused(Axis, axis | {"reference": "b"}, "reference 'b' is not in ['a']")
    refused(Axis, axis | {"groups": (group, group)}, "repeat, or use 'none'")
    refused(Frame, {"ask": "Choose.", "separator": ", ", "cue": "A:"}, "{options} exactly once")
    names = {"key": "l", "gender": "f", "region": "-", "source": "-"}
    name = {"key": "n", "text": {"en": "N"}, "unit": "n", "source": "-"}
    assert NameList.model_validate(names | {"names": (name,)}).names[0].key == "n"
    refused(NameList, names | {"names": (name, name)}, "a name comes twice")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"alpha": 1.5}, "alpha"),
        ({"bands": ()}, "bands"),
        (
            {"severity_points": {"critical": 1, "high": 2, "medium": 3, "low": 4}},
            "severity_points",
        ),
    ],
)
def test_a_policy_that_contradicts_itself(change, said):
    sound = load_policy("default").model_dump()
    assert Policy.model_validate(sound).key == "default"
    refused(Policy, sound | change, said)
