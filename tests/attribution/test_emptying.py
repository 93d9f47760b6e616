"""Emptying: closed forms of an additive score, every order tried by hand, chance that is fixed."""

import itertools
from math import ceil

import numpy as np
import pytest

from audit.analyses.faithfulness import measures_of
from audit.attribution.emptying import RANDOM_ORDERS, empty_out
from audit.records.faithfulness import RANDOM, Emptying, WordTrial

PERCENT = (1, 5, 10, 20, 50)


def additive(weights, start=0.3):
    """A score to which each word that is there adds its weight."""
    return lambda gone: start + (~gone) @ np.asarray(weights, dtype=float)


def record(trial):
    orders = [
        Emptying(by=one.by, draw=one.draw, without=one.without, only=one.only)
        for one in trial.orders
    ]
    given = {name: getattr(trial, name) for name in ("words", "direction", "sizes", "bins",
             "score", "empty", "lowest", "highest")}  # fmt: skip
    return WordTrial(batch=0, set_id="s", variant="v", orders=tuple(orders), **given)


def measures(trial, by):
    made = record(trial)
    return [measures_of(made, one) for one in made.orders if one.by == by]


def weights(words, seed=0):
    return np.random.default_rng(seed).normal(0, 1, words)


@pytest.mark.parametrize("words", [2, 3, 7, 20, 74])
@pytest.mark.parametrize("sign", [1, -1])
def test_of_an_additive_score_the_true_map_is_best_and_its_reverse_worst(words, sign):
    """The bounds of an additive score are those of the sorted weights, either way."""
    w = weights(words) + sign
    trial = empty_out(additive(w), words, {"true": w, "reversed": -w}, "seed")
    bins = [ceil(words * p / 100) for p in PERCENT]
    sizes = sorted({d for one in bins for d in (one, words - one)})
    rising = np.sort(w)
    score = 0.3 + w.sum()
    lowest = np.mean([score - rising[::-1][:d].sum() for d in sizes])
    highest = np.mean([score - rising[:d].sum() for d in sizes])
    assert (trial.lowest, trial.highest) == pytest.approx((lowest, highest))
    assert trial.direction == np.sign(score)
    (best,), (worst,) = measures(trial, "true"), measures(trial, "reversed")
    assert (best["deletion"], best["insertion"]) == pytest.approx((1, 1))
    assert (worst["deletion"], worst["insertion"]) == pytest.approx((0, 0))
    falling = np.sort(np.sign(score) * w)[::-1]
    lost = np.mean([falling[:d].sum() for d in bins])
    kept = np.mean([falling[d:].sum() for d in bins])
    assert (best["comprehensiveness"], best["sufficiency"]) == pytest.approx((lost, kept))
    assert worst["comprehensiveness"] < best["comprehensiveness"]
    assert worst["sufficiency"] > best["sufficiency"]


def crossed(words, seed):
    """A score whose words work together, so that no order is best by their single effects."""
    rng = np.random.default_rng(seed)
    pairs = rng.normal(0, 1, (words, words))
    return lambda gone: np.array(
        [float(np.tanh(there @ pairs @ there / words)) for there in (~gone).astype(float)]
    )


@pytest.mark.parametrize("seed", range(4))
def test_against_every_order_by_hand(seed):
    """The bounds lie inside the true ones; one order at a time, one prompt at a time."""
    words = 5
    score = crossed(words, seed)
    shares = weights(words, seed)
    trial = empty_out(score, words, {"map": shares}, "seed")
    one = lambda kept: float(score(np.array([[n not in kept for n in range(words)]]))[0])  # noqa: E731
    up = 1 if one(set(range(words))) >= 0 else -1

    def curve(order):
        return np.mean([one(set(order[size:])) for size in trial.sizes])

    means = [curve(order) for order in itertools.permutations(range(words))]
    assert min(means) - 1e-12 <= trial.lowest <= trial.highest <= max(means) + 1e-12
    assert trial.highest - trial.lowest >= 0.5 * (max(means) - min(means))
    order = sorted(range(words), key=lambda n: -up * shares[n])
    left = (curve(order) - trial.lowest) / (trial.highest - trial.lowest)
    (found,) = measures(trial, "map")
    assert found["deletion"] == pytest.approx(1 - left if up > 0 else left)
    back = np.mean([one(set(order[:size])) for size in trial.sizes])
    kept = (back - trial.lowest) / (trial.highest - trial.lowest)
    assert found["insertion"] == pytest.approx(kept if up > 0 else 1 - kept)
    bins = [ceil(words * p / 100) for p in PERCENT]
    whole = one(set(range(words)))
    lost = np.mean([up * (whole - one(set(order[size:]))) for size in bins])
    short = np.mean([up * (whole - one(set(order[:size]))) for size in bins])
    assert (found["comprehensiveness"], found["sufficiency"]) == pytest.approx((lost, short))


def test_a_map_of_chance_is_no_better_than_random_orders():
    """Control: over many prompts noise gains nothing, and the true map does."""
    gains = {"true": [], "noise": []}
    for seed in range(60):
        w = weights(20, seed) + 0.2
        maps = {"true": w, "noise": weights(20, 1000 + seed)}
        trial = empty_out(additive(w), 20, maps, f"prompt {seed}")
        chance = np.mean([one["deletion"] for one in measures(trial, RANDOM)])
        for name, found in gains.items():
            found.append(measures(trial, name)[0]["deletion"] - chance)
    error = np.std(gains["noise"], ddof=1) / np.sqrt(60)
    assert abs(np.mean(gains["noise"])) < 3 * error
    assert np.mean(gains["true"]) > 10 * error


def test_chance_hangs_on_the_prompt_alone():
    w = weights(12)
    one, same, other = (
        [o.without for o in empty_out(additive(w), 12, maps, seed).orders if o.by == RANDOM]
        for maps, seed in (({"a": w}, "x"), ({"a": w, "b": -w}, "x"), ({"a": w}, "y"))
    )
    assert one == same
    assert one != other
    assert len(set(one)) == RANDOM_ORDERS == 5


def test_the_model_is_asked_for_no_prompt_twice():
    seen = []

    def counted(gone):
        seen.extend(row.tobytes() for row in gone)
        return additive(weights(9))(gone)

    empty_out(counted, 9, {"a": weights(9), "same": weights(9)}, "seed")
    assert len(seen) == len(set(seen))


def test_the_law_of_a_trial():
    made = record(empty_out(additive(weights(9)), 9, {"a": weights(9)}, "seed"))
    told = made.model_dump()
    assert WordTrial(**told) == made
    for change, said in (
        ({"lowest": made.highest}, "beyond the bounds"),
        ({"sizes": (*made.sizes[:-1], 9)}, "not symmetric"),
        ({"bins": (made.words,)}, "not among the sizes"),
    ):
        with pytest.raises(ValueError, match=said):
            WordTrial(**told | change)
