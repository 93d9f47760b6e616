"""Trust in methods: pooled trials, residuals, and maps under random weights."""

import numpy as np
import pytest

from audit.analyses.faithfulness import ALIKE, Found, measures_of, trust
from audit.records.counterfactuals import CounterfactualSet, Span, Variant
from audit.records.faithfulness import RANDOM, Emptying, WordTrial
from audit.records.observations import AttributedWord, Attribution, EvidenceUnit, WordEvidence
from audit.records.quantities import Estimate, Undefined

KINDS = {"occlusion": True, "gradients": False}
WORDS = 10


def sets(pairs):
    made = {}
    for n in range(pairs):
        variants = tuple(
            Variant(
                id=f"s{n}-{side}", group=side, name="kiran", unit="kiran", turns=("x came.",),
                spans=(Span(turn=0, start=0, end=1),),
            )
            for side in "ab"
        )  # fmt: skip
        made[f"s{n}"] = CounterfactualSet(
            id=f"s{n}", suite="employment/shortlist", language="en", domain="employment",
            template=f"t{n}", outcome="choice", axis="caste", cue="label", reference="b",
            variants=variants,
        )  # fmt: skip
    return made


def evidence(values, pair, method="occlusion", residual=0.0):
    units = tuple(
        EvidenceUnit(
            text=f"w{n}", reference_text=f"w{n}", part="fact" if n else "changed", value=float(v),
            reference_value=0, difference=float(v),
        )
        for n, v in enumerate(values)
    )  # fmt: skip
    sizes = np.abs(values)
    return WordEvidence(
        set_id=f"s{pair}", variant=f"s{pair}-a", reference_variant=f"s{pair}-b", method=method,
        difference=float(np.sum(values)) + residual, residual=residual, units=units,
        rank=1 + int((sizes[1:] >= sizes[0]).sum()), ranked_among=len(units),
    )  # fmt: skip


def trial(pair, orders, *, score=2.0, lowest=-1.0, highest=3.0):
    """A prompt of ten words; `orders` are (by, what is left, what is kept), flat over sizes."""
    sizes = (1, 2, 5, 8, 9)
    return WordTrial(
        batch=pair, set_id=f"s{pair}", variant=f"s{pair}-a", words=WORDS, sizes=sizes,
        direction=1 if score >= 0 else -1, bins=(1, 1, 1, 2, 5), score=score, empty=0.0,
        lowest=lowest, highest=highest,
        orders=tuple(
            Emptying(by=by, draw=draw, without=(left,) * 5, only=(kept,) * 5)
            for by, draw, left, kept in orders
        ),
    )  # fmt: skip


def attribution(pair, residual):
    words = (AttributedWord(start=0, end=1, text="x", part="changed", unit=0, value=1.0),)
    return Attribution(
        batch=0, set_id=f"s{pair}", variant=f"s{pair}-a", method="occlusion", target="log_odds",
        baseline="mean", score=1 + residual, baseline_score=0, residual=residual, words=words,
    )  # fmt: skip


@pytest.mark.parametrize("score", [2.0, -2.0])
def test_measures_by_the_formula(score):
    """Deletion and insertion as a share of the way between the bounds; the others in nats."""
    one = trial(0, [("occlusion", 0, 0.0, 1.0)], score=score)
    found = measures_of(one, one.orders[0])
    up = 1 if score > 0 else -1
    best, worst = (-1.0, 3.0) if up > 0 else (3.0, -1.0)
    assert found["deletion"] == pytest.approx((worst - 0.0) / (worst - best))
    assert found["insertion"] == pytest.approx((1.0 - best) / (worst - best))
    assert found["comprehensiveness"] == pytest.approx(up * (score - 0.0))
    assert found["sufficiency"] == pytest.approx(up * (score - 1.0))


def test_bins_count_as_often_as_they_come():
    one = trial(0, [("occlusion", 0, 0.0, 0.0)])
    uneven = one.orders[0].model_copy(update={"without": (1.0, 0.5, -0.5, -1.0, 0.0)})
    lost = [2.0 - left for left in (1.0, 1.0, 1.0, 0.5, -0.5)]
    assert measures_of(one, uneven)["comprehensiveness"] == pytest.approx(np.mean(lost))


def test_a_prompt_that_nothing_moves_has_no_deletion():
    one = trial(0, [("occlusion", 0, 2.0, 2.0)], lowest=2.0, highest=2.0)
    assert set(measures_of(one, one.orders[0])) == {"comprehensiveness", "sufficiency"}


def orders(rng, better):
    """A method that is so much better than five random orders, on one prompt."""
    chance = [(RANDOM, draw, 1 + 0.2 * rng.normal(), 1 + 0.2 * rng.normal()) for draw in range(5)]
    own = ("occlusion", 0, 1 - better + 0.2 * rng.normal(), 1 + better + 0.2 * rng.normal())
    return [own, *chance]


@pytest.mark.parametrize(("better", "found"), [(0.8, True), (0.0, False)])
def test_gains_are_over_random_orders_and_over_templates(better, found):
    rng = np.random.default_rng(2)
    pairs = [evidence(rng.normal(0, 1, WORDS), n) for n in range(12)]
    trials = [trial(n, orders(rng, better)) for n in range(12)]
    (one,) = trust(Found(pairs, [], trials, []), sets(12), KINDS)
    assert [m.measure for m in one.measures] == [
        "deletion", "insertion", "comprehensiveness", "sufficiency",
    ]  # fmt: skip
    for measure in one.measures:
        sign = -1 if measure.measure == "sufficiency" else 1
        assert measure.gain.value == pytest.approx(sign * (measure.value - measure.random))
        assert (measure.gain.low > 0) is found
        assert (measure.gain.templates, measure.prompts, measure.orders) == (12, 12, 5)


def test_a_method_without_trials_has_no_measures():
    pairs = [evidence(np.arange(WORDS), n, "gradients") for n in range(3)]
    rng = np.random.default_rng(2)
    (one,) = trust(Found(pairs, [], [trial(0, orders(rng, 1))], []), sets(3), KINDS)
    assert one.measures == ()
    assert (one.interventional, one.change) == (False, "not checked")
    assert isinstance(one.randomised, Undefined)


def test_residuals_are_shares_of_what_was_to_be_explained():
    pairs = [evidence((2, *[0] * 9), 0, residual=1.0), evidence((-5, *[0] * 9), 1, residual=1.0)]
    sides = [attribution(0, 0.5), attribution(1, -0.5)]
    (one,) = trust(Found(pairs, sides, [], []), sets(2), KINDS)
    assert one.pair_residual == pytest.approx((1 + 1) / (3 + 4))
    assert one.prompt_residual == pytest.approx((0.5 + 0.5) / (1.5 + 0.5))
    assert one.first == 1.0
    assert one.low < 1


def test_a_map_of_the_text_stays_and_a_map_of_the_model_changes():
    """Sizes alone are compared: a map that keeps its sizes and flips its signs stays."""
    rng = np.random.default_rng(5)
    known = sets(20)
    own = [evidence(rng.normal(0, 1, WORDS), n) for n in range(20)]
    flipped = [evidence([-u.difference for u in one.units], n) for n, one in enumerate(own)]
    other = [evidence(rng.normal(0, 1, WORDS), n) for n in range(20)]
    (stays,) = trust(Found(own, [], [], flipped), known, KINDS)
    (changes,) = trust(Found(own, [], [], other), known, KINDS)
    (few,) = trust(Found(own, [], [], other[:2]), known, KINDS)
    assert (stays.change, stays.randomised.value) == ("stays", pytest.approx(1))
    assert changes.change == "changes"
    assert isinstance(changes.randomised, Estimate)
    assert changes.randomised.high < ALIKE
    assert (few.change, few.randomised_pairs) == ("open", 2)


def test_nothing_gives_nothing():
    assert trust(Found([], [], [], []), {}, KINDS) == ()
