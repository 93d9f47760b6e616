"""Pairs: tokens that answer to each other are matched, whatever a span's length."""

import pytest

from audit.internals.pairs import open_pair
from audit.models.cases import Case
from audit.records.counterfactuals import Span
from audit.records.probes import Answer, Frame, Outcome

FRAME = Frame(ask="Answer {options}.", separator=" or ", cue="Answer:")
OUTCOME = Outcome(
    key="c",
    kind="choice",
    answers=(Answer(key="yes", text="yes"), Answer(key="no", text="no")),
    favourable="yes",
    unfavourable="no",
)


def case(words, *, before="The applicant ", after=" has fever since Monday."):
    span = Span(turn=0, start=len(before), end=len(before) + len(words))
    return Case(words, (before + words + after,), (span,), "See her?", FRAME, OUTCOME)


@pytest.mark.parametrize("words", ["who is Sikh", "who is Sikh and of a scheduled tribe", ""])
def test_every_token_outside_the_span_meets_its_like(tiny_models, words):
    model = tiny_models["llama"]
    pair = open_pair(model, case(words), case("who is Hindu"), set_id="s", template="t")
    for order in pair.orders:
        ids, others = order.group.encoded.ids, order.reference.encoded.ids
        places = [set(), set()]
        for side, changed in ((0, order.group), (1, order.reference)):
            for word in changed.words:
                if word.part == "changed":
                    places[side] |= {token for token, _ in word.tokens}
        outside = [
            (mine, theirs)
            for mine, theirs in order.matched
            if mine not in places[0] and theirs not in places[1]
        ]
        assert all(ids[mine] == others[theirs] for mine, theirs in outside)
        assert len(outside) >= min(len(ids), len(others)) - max(map(len, places)) - 2
        assert order.matched[-1] == (len(ids) - 1, len(others) - 1)
        assert order.matched[0] == (0, 0)
        assert list(order.matched) == sorted(order.matched)


def test_sides_are_alike_up_to_the_first_place_that_differs_or_is_matched_otherwise(tiny_models):
    model = tiny_models["llama"]

    def order(one, two):
        return open_pair(model, case(one), case(two), set_id="s", template="t").orders[0]

    def common(one):
        ids, others = one.group.encoded.ids, one.reference.encoded.ids
        return next(n for n, (a, b) in enumerate(zip(ids, others, strict=False)) if a != b)

    apart = order("who is Sikh", "K")
    assert apart.alike == common(apart) > 0
    begins = order("KK who is Hindu", "K")  # the shorter span is matched with the longer's end
    assert 0 < begins.alike < common(begins)
    same = order("K", "K")
    assert same.alike == len(same.group.encoded.ids) - 1


def test_the_ends_of_a_span_meet(tiny_models):
    pair = open_pair(
        tiny_models["llama"], case("who is Sikh by birth"), case("who is Hindu"),
        set_id="s", template="t",
    )  # fmt: skip
    order = pair.orders[0]
    ends = []
    for side in (order.group, order.reference):
        (word,) = [w for w in side.words if w.part == "changed"]
        ends.append(word.tokens[-1][0])
    assert tuple(ends) in order.matched
