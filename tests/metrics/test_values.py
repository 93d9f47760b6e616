"""The metrics by hand: probabilities in, the textbook's number out."""

import math

import pytest

from audit import metrics, plugins
from audit.metrics.answer_mass import answer_mass
from audit.metrics.contract import Metric
from audit.metrics.expected_level import expected_level
from audit.metrics.favourable_probability import favourable_probability
from audit.metrics.log_odds import log_odds
from audit.metrics.log_odds_above_cut import log_odds_above_cut
from audit.records.observations import ChoiceProbabilities, OrderAnswers, OrderedProbabilities


def asked(keys, *probabilities):
    return OrderAnswers(order=keys, log_probs=tuple(math.log(p) for p in probabilities))


CHOICE = ChoiceProbabilities(
    favourable="yes",
    unfavourable="no",
    orders=(asked(("yes", "no"), 0.6, 0.2), asked(("no", "yes"), 0.4, 0.4)),
)
LEVELS = ("home", "week", "today")
ORDERED = OrderedProbabilities(levels=LEVELS, orders=(asked(LEVELS, 0.1, 0.3, 0.4),))
TWICE = OrderedProbabilities(
    levels=LEVELS,
    orders=(asked(LEVELS, 0.1, 0.3, 0.4), asked(LEVELS[::-1], 0.2, 0.2, 0.2)),
)


def test_log_odds_of_a_choice_average_as_log_odds():
    assert log_odds(CHOICE)[""] == pytest.approx(math.log(3) / 2)


def test_probability_is_that_of_the_mean_log_odds_and_not_the_mean_probability():
    got = favourable_probability(CHOICE)[""]
    assert got == pytest.approx(1 / (1 + 3**-0.5))
    assert got != pytest.approx((0.75 + 0.5) / 2, abs=1e-3)


@pytest.mark.parametrize("odds", [-800.0, 800.0])
def test_certain_answers_do_not_overflow(odds):
    orders = (OrderAnswers(order=("yes", "no"), log_probs=(min(0, odds), min(0, -odds))),)
    certain = ChoiceProbabilities(favourable="yes", unfavourable="no", orders=orders)
    assert favourable_probability(certain)[""] == (odds > 0)


def test_cuts():
    got = log_odds_above_cut(ORDERED)
    assert got == pytest.approx({"above home": math.log(7), "above week": math.log(1)})
    assert log_odds(ORDERED)[""] == pytest.approx(math.log(7) / 2)


def test_expected_level():
    assert expected_level(ORDERED)[""] == pytest.approx((0.3 + 2 * 0.4) / 0.8)
    weights = [(0.1 * 0.2) ** 0.5, (0.3 * 0.2) ** 0.5, (0.4 * 0.2) ** 0.5]
    assert expected_level(TWICE)[""] == pytest.approx((weights[1] + 2 * weights[2]) / sum(weights))


def test_mass():
    assert answer_mass(CHOICE)[""] == pytest.approx(0.8)
    assert answer_mass(TWICE)[""] == pytest.approx(0.7)


def test_amounts_by_ratio_and_marks_by_share_of_their_scale():
    from audit.records.observations import NumberAnswer

    def amount(value, way):
        told = NumberAnswer(kind="number", value=value, unit="rupees", favourable=way)
        return plugins.load(metrics, "log_amount", Metric).measure(told)[""]

    assert amount(52_500, "high") - amount(50_000, "high") == pytest.approx(math.log(1.05))
    assert amount(10.5, "low") - amount(10, "low") == pytest.approx(-math.log(1.05))
    assert math.isnan(amount(0, "high"))

    def mark(value, way, ends):
        told = NumberAnswer(kind="marks", value=value, unit="m", favourable=way, ends=ends)
        return plugins.load(metrics, "share_of_scale", Metric).measure(told)[""]

    assert mark(65, "high", (0, 100)) - mark(60, "high", (0, 100)) == pytest.approx(0.05)
    assert mark(13, "high", (0, 20)) - mark(12, "high", (0, 20)) == pytest.approx(0.05)
    assert mark(4, "low", (1, 5)) == pytest.approx(0.25)


def test_an_association_is_the_statement_less_its_words_alone():
    from audit.records.observations import SequenceLikelihood, SequenceScore

    def likelihood(name, way, text, *alone):
        scores = [SequenceScore(log_likelihood=one, tokens=3) for one in (text, *alone)]
        answer = SequenceLikelihood(favourable=way, text=scores[0], carriers=tuple(scores[1:]))
        return plugins.load(metrics, name, Metric).measure(answer)[""]

    frequent = likelihood("association", "unlikely", -20.0, -6.0, -8.0)
    rare = likelihood("association", "unlikely", -25.0, -11.0, -13.0)
    assert frequent == rare == pytest.approx(13.0)  # five nats of frequency, no association
    assert likelihood("association", "unlikely", -23.0, -11.0, -13.0) == pytest.approx(11.0)
    assert likelihood("statement_likelihood", "likely", -20.0, -6.0) == -20.0
