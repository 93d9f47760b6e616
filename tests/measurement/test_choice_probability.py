"""Choice probability: both orders are asked, every answer is counted, failures say why."""

import pytest

from audit.measurement import choice_probability
from audit.measurement.contract import Answered, Request, Unanswered
from audit.models.asking import listings
from audit.models.contract import NotScored, Scored
from audit.records.counterfactuals import Span
from audit.records.digests import digest
from audit.records.observations import ChoiceProbabilities, OrderedProbabilities
from audit.records.probes import Answer, Frame, Outcome

FRAME = Frame(ask="Answer with {options} only.", separator=" or ", cue="Answer:")
SHORTLIST = Outcome(
    key="shortlist",
    kind="choice",
    answers=(Answer(key="yes", text="yes", forms=("Yes",)), Answer(key="no", text="no")),
    favourable="yes",
    unfavourable="no",
)
TRIAGE = Outcome(
    key="triage",
    kind="ordered",
    answers=tuple(
        Answer(key=key, text=text)
        for key, text in (("now", "emergency"), ("day", "today"), ("self", "self-care"))
    ),
    favourable="now",
)


def request(outcome=SHORTLIST, case="Meena applied."):
    return Request("v1", ("Hello.", "Noted.", case), "Shortlist her?", FRAME, outcome)


def test_the_question_follows_the_case_with_options_in_both_orders():
    forward, reversed_ = listings(request())
    start = "Meena applied.\n\nShortlist her?\nAnswer with "
    assert forward.ask.turns == ("Hello.", "Noted.", f"{start}yes or no only.")
    assert reversed_.ask.turns == ("Hello.", "Noted.", f"{start}no or yes only.")
    assert (forward.order, reversed_.order) == (("yes", "no"), ("no", "yes"))
    assert forward.ask.answers == (("yes", "Yes"), ("no",))
    assert reversed_.ask.answers == (("no",), ("yes", "Yes"))
    assert forward.ask.cue == "Answer:"


def test_regions_cover_all_but_white_space():
    spans = (Span(turn=0, start=0, end=5), Span(turn=2, start=0, end=5))
    for listing in listings(request(), spans):
        texts = (*listing.ask.turns, listing.ask.cue)
        left = [list(text) for text in texts]
        for region in listing.regions:
            for place in range(region.start, region.end):
                assert left[region.turn][place] is not None  # no two regions overlap
                left[region.turn][place] = None
        assert {letter for text in left for letter in text} <= {None, "\n"}
        changed = [r for r in listing.regions if r.part == "changed"]
        assert [texts[r.turn][r.start : r.end] for r in changed] == ["Hello", "Meena"]
        assert [r.unit for r in changed] == [0, 1]


def test_regions_have_the_same_keys_in_both_orders():
    forward, reversed_ = ({r.key: r for r in o.regions} for o in listings(request(TRIAGE)))
    assert forward.keys() == reversed_.keys()
    assert forward["option now"].start != reversed_["option now"].start  # the options did move
    assert forward["question"] == reversed_["question"]


def test_answers_hold_what_the_model_said(tiny_models):
    model = tiny_models["llama"]
    (found,) = choice_probability.ask(model, [request()])
    assert isinstance(found.response, ChoiceProbabilities)
    asks = [listing.ask for listing in listings(request())]
    for order, ask in zip(found.response.orders, asks, strict=True):
        (alone,) = model.score([ask])
        assert order.log_probs == pytest.approx(alone.log_probs, abs=1e-4)
    assert [order.order for order in found.response.orders] == [("yes", "no"), ("no", "yes")]
    first, second = found.response.log_odds_by_order()
    assert abs(first - second) > 1e-3  # the orders do differ, so both are needed


def test_levels_run_from_least_to_most_favourable(tiny_models):
    (found,) = choice_probability.ask(tiny_models["llama"], [request(TRIAGE)])
    assert isinstance(found.response, OrderedProbabilities)
    assert found.response.levels == ("self", "day", "now")
    other = TRIAGE.model_copy(update={"favourable": "self"})
    (mirrored,) = choice_probability.ask(tiny_models["llama"], [request(other)])
    assert mirrored.response.levels == ("now", "day", "self")
    ours, theirs = (r.response.log_odds_by_order() for r in (found, mirrored))
    assert ours == pytest.approx([-value for value in theirs], abs=1e-5)


def test_one_result_a_request_in_order(tiny_models):
    cases = [f"Meena applied {number} times." for number in range(7)]
    together = choice_probability.ask(tiny_models["gpt2"], [request(case=case) for case in cases])
    for case, found in zip(cases, together, strict=True):
        (alone,) = choice_probability.ask(tiny_models["gpt2"], [request(case=case)])
        assert found.prompt_digest == alone.prompt_digest
        for one, two in zip(found.response.orders, alone.response.orders, strict=True):
            assert one.log_probs == pytest.approx(two.log_probs, abs=1e-4)
    assert len({found.prompt_digest for found in together}) == len(cases)


def test_the_digest_is_that_of_both_prompts(tiny_models):
    model = tiny_models["llama"]
    (found,) = choice_probability.ask(model, [request()])
    prompts = [model.prompt_text(listing.ask) for listing in listings(request())]
    assert found.prompt_digest == digest(*prompts)


def test_cost_is_that_of_both_orders(tiny_models):
    model = tiny_models["llama"]
    costs = [model.cost(listing.ask) for listing in listings(request())]
    assert choice_probability.cost(model, request()) == sum(costs)


class SecondOrderFails:
    """A scripted model that cannot score what lists "no" first."""

    def prompt_text(self, ask):
        return ask.turns[-1]

    def score(self, asks):
        bad = NotScored("unencodable", "the tokenizer cannot encode 'x'")
        return [bad if "no or yes" in a.turns[-1] else Scored((-1.0, -1.0)) for a in asks]


def test_one_failed_order_fails_the_request():
    found, good = choice_probability.ask(
        SecondOrderFails(), [request(), request(SHORTLIST.model_copy(update={"answers": (
            Answer(key="yes", text="aye"), Answer(key="no", text="nay"),
        )}))],
    )  # fmt: skip
    assert found == Unanswered("unencodable", "the tokenizer cannot encode 'x'")
    assert isinstance(good, Answered)
