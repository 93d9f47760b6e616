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
    NumberAnswer,
    OrderAnswers,
    OrderedProbabilities,
    SequenceLikelihood,
    SequenceScore,
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


@st.composite
def amounts(draw):
    value = draw(st.floats(1e-3, 1e9))
    way = draw(st.sampled_from(("high", "low")))
    return NumberAnswer(kind="number", value=value, unit="rupees", favourable=way)


@st.composite
def marks(draw):
    low, high = draw(st.sampled_from(((0.0, 100.0), (1.0, 5.0), (-10.0, 10.0))))
    value = draw(st.floats(low, high))
    way = draw(st.sampled_from(("high", "low")))
    return NumberAnswer(kind="marks", value=value, unit="marks", favourable=way, ends=(low, high))


@st.composite
def statements(draw):
    texts = [
        SequenceScore(log_likelihood=draw(st.floats(-500, 0)), tokens=draw(st.integers(1, 90)))
        for _ in range(4)
    ]
    way = draw(st.sampled_from(("likely", "unlikely")))
    return SequenceLikelihood(favourable=way, text=texts[0], carriers=tuple(texts[1:]))


ANSWERS = {
    "choice": choices(),
    "ordered": ordereds(),
    "number": amounts(),
    "marks": marks(),
    "association": statements(),
}
OPPOSITE = {"high": "low", "low": "high", "likely": "unlikely", "unlikely": "likely"}
CASES = [(metric, kind) for metric in METRICS for kind in sorted(metric.reads)]
EVERY = pytest.mark.parametrize(
    ("metric", "kind"), CASES, ids=[f"{metric.name}-{kind}" for metric, kind in CASES]
)


def mirrored(answer):
    """The same answer with the favourable direction turned round."""
    if isinstance(answer, NumberAnswer | SequenceLikelihood):
        turned = {"favourable": OPPOSITE[answer.favourable]}
    elif isinstance(answer, ChoiceProbabilities):
        turned = {"favourable": answer.unfavourable, "unfavourable": answer.favourable}
    else:
        turned = {"levels": answer.levels[::-1]}
    return answer.model_copy(update=turned)


def relisted(answer):
    """The same answer with all that was listed the other way round."""
    if isinstance(answer, SequenceLikelihood):
        return answer.model_copy(update={"carriers": answer.carriers[::-1]})
    if isinstance(answer, NumberAnswer):
        return answer
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
    if not isinstance(a, OrderedProbabilities):
        b = b.model_copy(update={"favourable": a.favourable})
    if isinstance(a, NumberAnswer):
        b = b.model_copy(update={"ends": a.ends, "value": min(max(b.value, *_low(a)), *_high(a))})

    def differences(one, two):
        mine, theirs = metric.measure(one), metric.measure(two)
        assert mine.keys() == theirs.keys()
        return [mine[facet] - theirs[facet] for facet in mine]

    forth = differences(a, b)
    turned = sorted(differences(mirrored(a), mirrored(b)))
    negated = turned == pytest.approx(sorted(-d for d in forth), abs=1e-6)
    kept = turned == pytest.approx(sorted(forth), abs=1e-6)
    assert negated or (kept and kind not in metric.primary)


def _low(one):
    return (one.value, one.ends[0]) if one.ends else (1e-3, 1e-3)


def _high(one):
    return (one.ends[1], one.ends[1]) if one.ends else (1e9, 1e9)


WITHOUT_OPTIONS = [(m, k) for m, k in CASES if k in ("number", "marks", "association")]
WITH_OPTIONS = pytest.mark.parametrize(
    ("metric", "kind"),
    [case for case in CASES if case not in WITHOUT_OPTIONS],
    ids=lambda one: getattr(one, "name", one),
)


@pytest.mark.parametrize(
    ("metric", "kind"), WITHOUT_OPTIONS, ids=lambda one: getattr(one, "name", one)
)
@pytest.mark.parametrize("favourable", [True, False])
def test_more_of_what_favours_gives_more_where_nothing_is_offered(metric, kind, favourable):
    values = []
    for size in (20.0, 60.0):
        if kind == "association":
            texts = (SequenceScore(log_likelihood=size - 100, tokens=4),) * 2
            way = "likely" if favourable else "unlikely"
            alone = (SequenceScore(log_likelihood=-9.0, tokens=2),)
            answer = SequenceLikelihood(favourable=way, text=texts[0], carriers=alone)
        else:
            ends = (0.0, 100.0) if kind == "marks" else None
            way = "high" if favourable else "low"
            answer = NumberAnswer(kind=kind, value=size, unit="u", favourable=way, ends=ends)
        values.append(metric.measure(answer)[""])
    assert (values[1] > values[0]) == favourable
    assert values[1] != values[0]


@WITH_OPTIONS
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


@pytest.mark.parametrize("kind", sorted(ANSWERS))
@given(data=st.data())
def test_a_stack_of_answers_gives_what_each_gives(kind, data):
    """To the last bit: what is derived may not hang on how many are read at once."""
    answers = data.draw(st.lists(ANSWERS[kind], min_size=1, max_size=4))
    alike = {name: getattr(answers[0], name, None) for name in ("favourable", "ends")}
    if kind in ("number", "marks", "association"):  # one shape, one table
        kept = {name: value for name, value in alike.items() if hasattr(answers[0], name)}
        inside = [one for one in answers if getattr(one, "ends", None) == alike["ends"]]
        answers = [one.model_copy(update=kept) for one in inside]
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
    if kind in ("choice", "ordered"):
        assert table.mass.tolist() == pytest.approx([answer.mass for answer in answers])
    else:
        assert all(math.isnan(one) for one in (*table.mass, *table.order_effects))


def test_the_verdict_has_exactly_one_metric_a_kind():
    verdict = {
        "choice": "log_odds",
        "ordered": "log_odds",
        "number": "log_amount",
        "marks": "share_of_scale",
        "association": "association",
    }
    assert verdict.keys() == ANSWERS.keys()
    for kind, name in verdict.items():
        assert [m.name for m in METRICS if kind in m.primary] == [name]
        assert all(m.primary <= m.reads for m in METRICS)
