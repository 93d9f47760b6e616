"""Batches are a pure function of the plan, and a batch that exceeds memory is split and said."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.measurement.contract import Answered, Instrument, Request, Unanswered
from audit.pipeline.batches import ask_whole, batches
from audit.records.observations import ChoiceProbabilities, OrderAnswers
from audit.records.probes import Answer, Frame, Outcome

OUTCOME = Outcome(
    key="o",
    kind="choice",
    answers=(Answer(key="yes", text="Yes"), Answer(key="no", text="No")),
    favourable="yes",
    unfavourable="no",
)
FRAME = Frame(ask="{options}", separator=", ", cue="A:")


def request(number):
    return Request(f"v{number:03}", ("text",), "Q?", FRAME, OUTCOME)


plans = st.lists(st.integers(min_value=1, max_value=60), min_size=1, max_size=40)


@given(plans, st.integers(min_value=1, max_value=200), st.randoms(use_true_random=False))
def test_batches_do_not_depend_on_the_order_of_the_requests(costs, budget, rng):
    pairs = [(request(number), cost) for number, cost in enumerate(costs)]
    mixed = rng.sample(pairs, len(pairs))
    straight = batches(*zip(*pairs, strict=True), budget)
    assert batches(*zip(*mixed, strict=True), budget) == straight


@given(plans, st.integers(min_value=1, max_value=200))
def test_every_request_is_asked_once_within_the_budget(costs, budget):
    made = batches([request(n) for n in range(len(costs))], costs, budget)
    asked = [one.variant for batch in made for one in batch.requests]
    assert sorted(asked) == [request(n).variant for n in range(len(costs))]
    by_id = {request(n).variant: cost for n, cost in enumerate(costs)}
    sizes = [[by_id[one.variant] for one in batch.requests] for batch in made]
    assert [cost for size in sizes for cost in size] == sorted(costs)
    for batch, size in zip(made, sizes, strict=True):
        assert batch.tokens == sum(size)
        assert max(size) * len(size) <= budget or len(size) == 1
    for one, two in pairwise(sizes):
        assert two[0] * (len(one) + 1) > budget  # no batch ends before it must


def test_no_request_is_no_batch():
    assert batches([], [], 10) == ()


def answer(one):
    log_prob = -float(int(one.variant[1:]) + 1)
    orders = (OrderAnswers(order=("yes", "no"), log_probs=(log_prob, -9.0)),)
    return Answered(one.variant, ChoiceProbabilities(
        favourable="yes", unfavourable="no", orders=orders
    ))  # fmt: skip


def with_room_for(largest):
    """An instrument that answers up to `largest` requests at once."""

    def ask(model, requests):
        if len(requests) > largest:
            raise MemoryError
        return [answer(one) for one in requests]

    return Instrument("small", "?", "-", frozenset({"choice"}), object, lambda m, r: 1, ask)


@pytest.mark.parametrize("largest", [1, 2, 3, 8])
def test_halves_are_asked_where_the_whole_does_not_fit(largest):
    asked, splits = [request(n) for n in range(8)], []
    results = ask_whole(with_room_for(largest), None, asked, splits.append)
    assert results == [answer(one) for one in asked]
    assert bool(splits) == (largest < 8)
    assert all(size > largest for size in splits)


def test_a_request_that_exceeds_memory_alone_is_a_failure():
    splits = []
    results = ask_whole(with_room_for(0), None, [request(0), request(1)], splits.append)
    assert results == [Unanswered("error", "out of memory even alone")] * 2
    assert splits == [2]


def test_the_order_of_answers_is_that_of_the_requests():
    asked = [request(n) for n in random.Random(1).sample(range(9), 9)]
    results = ask_whole(with_room_for(2), None, asked, lambda size: None)
    assert [one.prompt_digest for one in results] == [one.variant for one in asked]
