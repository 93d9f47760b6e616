"""What every metric promises, tested of every metric that exists or will."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import metrics, plugins
from audit.analyses.tables import read_tables
from audit.metrics.contract import Metric
from audit.records.observations import (
    ChoiceProbabilities,
    Measurement,
    OrderAnswers,
    OrderedProbabilities,
)

METRICS = plugins.load_all(metrics, Metric)
LEVELS = ("home", "week", "today", "now")


def log_probs(draw, count):
    """Log-probabilities that sum to less than one, some of them nearly certain."""
    logits = [draw(st.floats(-30, 30)) for _ in range(count + 1)]
    top = max(logits)
    total = top + math.log(sum(math.exp(x - top) for x in logits))
    return tuple(logit - total for logit in logits[:count])


@st.composite
def choices(draw):
    keys = ("yes", "no", "maybe")
    orders = tuple(
        OrderAnswers(order=order, log_probs=log_probs(draw, 3)) for order in (keys, keys[::-1])
    )
    return ChoiceProbabilities(favourable="yes", unfavourable="no", orders=orders)


@st.composite
def ordereds(draw):
    orders = tuple(
        OrderAnswers(order=order, log_probs=log_probs(draw, 4)) for order in (LEVELS, LEVELS[::-1])
    )
    return OrderedProbabilities(levels=LEVELS, orders=orders)


ANSWERS = {"choice": choices(), "ordered": ordereds()}
CASES = [(metric, kind) for metric in METRICS for kind in sorted(metric.reads)]
EVERY = pytest.mark.parametrize(
    ("metric", "kind"), CASES, ids=[f"{metric.name}-{kind}" for metric, kind in CASES]
)


def mirrored(answer):
    """The same answer with the favourable direction turned round."""
    if isinstance(answer, ChoiceProbabilities):
        turned = {"favourable": answer.unfavourable, "unfavourable": answer.favourable}
    else:
        turned = {"levels": answer.levels[::-1]}
    return answer.model_copy(update=turned)


def relisted(answer):
    """The same answer with its options and its orders listed the other way round."""
    orders = tuple(
        OrderAnswers(order=one.order[::-1], log_probs=one.log_probs[::-1])
        for one in answer.orders[::-1]
    )
    return answer.model_copy(update={"orders": orders})


@EVERY
@given(data=st.data())
def test_bounds_and_order_of_options(metric, kind, data):
    answer = data.draw(ANSWERS[kind])
    got = metric.measure(answer)
    assert got
    assert all(metric.bounds[0] <= value <= metric.bounds[1] for value in got.values())
    assert metric.measure(relisted(answer)) == pytest.approx(got, abs=1e-9)


@EVERY
@given(data=st.data())
def test_turning_the_direction_mirrors_a_difference_or_keeps_it(metric, kind, data):
    """A metric that carries verdicts must mirror: neither direction may weigh more."""
    a, b = data.draw(ANSWERS[kind]), data.draw(ANSWERS[kind])

    def differences(one, two):
        mine, theirs = metric.measure(one), metric.measure(two)
        assert mine.keys() == theirs.keys()
        return [mine[facet] - theirs[facet] for facet in mine]

    forth = differences(a, b)
    turned = sorted(differences(mirrored(a), mirrored(b)))
    negated = turned == pytest.approx(sorted(-d for d in forth), abs=1e-6)
    kept = turned == pytest.approx(sorted(forth), abs=1e-6)
    assert negated or (kept and kind not in metric.primary)


@EVERY
def test_an_answer_that_favours_more_gives_more(metric, kind):
    """The control of the laws above: a constant would keep them all."""
    keys, favourable = (("no", "yes"), "yes") if kind == "choice" else (LEVELS, "now")
    values = []
    for good in (0.2, 0.6):
        probs = [0.1 * good] * (len(keys) - 1) + [good]
        orders = (OrderAnswers(order=keys, log_probs=tuple(math.log(p) for p in probs)),)
        answer = (
            ChoiceProbabilities(favourable=favourable, unfavourable="no", orders=orders)
            if kind == "choice"
            else OrderedProbabilities(levels=LEVELS, orders=orders)
        )
        values.append(metric.measure(answer))
    assert all(values[1][facet] >= values[0][facet] - 1e-12 for facet in values[0])


@pytest.mark.parametrize("kind", ["choice", "ordered"])
@given(data=st.data())
def test_a_stack_of_answers_gives_what_each_gives(kind, data):
    """To the last bit: what is derived may not hang on how many are read at once."""
    answers = data.draw(st.lists(ANSWERS[kind], min_size=1, max_size=4))
    index = {str(place): place for place in range(len(answers))}
    (table,), _ = read_tables(
        (
            Measurement(
                batch=0, variant=key, instrument="test", prompt_digest="", response=answers[place]
            )
            for key, place in index.items()
        ),
        index,
    )
    for metric in METRICS:
        if kind not in metric.reads:
            continue
        found = table.measure(metric)
        one_by_one = table.measure(replace(metric, stacks=False))
        for place, answer in enumerate(answers):
            row = metric.measure(answer)
            assert row == {facet: numbers[place] for facet, numbers in found.items()}
            assert row == {facet: numbers[place] for facet, numbers in one_by_one.items()}
    assert table.stack.mass.tolist() == pytest.approx([answer.mass for answer in answers])


def test_the_verdict_has_exactly_one_metric_a_kind():
    for kind in ("choice", "ordered"):
        assert [m.name for m in METRICS if kind in m.primary] == ["log_odds"]
        assert all(m.primary <= m.reads for m in METRICS)
