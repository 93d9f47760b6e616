"""Gaps of words beside made-up words: the formula, and false alarms where words mean nothing."""

import numpy as np
import pytest
from scipy import stats

from audit.records.quantities import Estimate, Undefined
from audit.stats.crossed import Floor, paired
from audit.stats.nonce import beside_nonce

FLOOR = Floor(templates=4, names=3)


def world(rng, *, words, word=1.0, gap=0.0, templates=20, names=5, made_up=8):
    """Statements about two groups and made-up ones; every word has a likelihood of its own."""
    level = 2 * rng.standard_normal((templates, 1, 1))
    own = word * rng.standard_normal((1, 1, words))
    noise = 0.7 * rng.standard_normal((templates, 1, words))
    answers = level + own + noise + 0.3 * rng.standard_normal((templates, names, words))
    answers[:, :, 0] += gap
    return answers[:, :, 0] - answers[:, :, 1], answers[:, :, 2:].mean(axis=1)


@pytest.mark.parametrize("seed", range(4))
def test_against_the_formula(seed):
    d, nonce = world(np.random.default_rng(seed), words=8)
    found = beside_nonce(d, nonce, floor=FLOOR)
    own = paired(d, floor=FLOOR)
    T, J = nonce.shape
    means = nonce.mean(axis=0)
    s2 = sum((m - means.mean()) ** 2 for m in means) / (J - 1)
    left = [
        nonce[t, j] - nonce[t].mean() - means[j] + nonce.mean() for t in range(T) for j in range(J)
    ]
    mse = sum(x * x for x in left) / ((T - 1) * (J - 1))
    square = max(own.se**2 + 2 * (s2 - mse / T), own.se**2, 2 * s2)
    parts = ((own.se**2, own.df), (2 * s2, J - 1), (2 * mse / T, (T - 1) * (J - 1)))
    df = max(square**2 / sum(v**2 / n for v, n in parts), min(own.df, J - 1))
    assert (found.value, found.se) == pytest.approx((own.value, square**0.5))
    assert found.df == pytest.approx(df)
    assert found.high - found.value == pytest.approx(stats.t.ppf(0.975, df) * found.se)


@pytest.mark.parametrize("made_up", [4, 8])
def test_false_alarms_where_no_word_means_anything(made_up):
    """By the words' own scatter few; by templates and names alone almost every pair."""
    rng = np.random.default_rng(made_up)
    beside, alone = [], []
    for _ in range(1500):
        d, nonce = world(rng, words=2 + made_up, made_up=made_up)
        beside.append(beside_nonce(d, nonce, floor=FLOOR).p < 0.05)
        alone.append(paired(d, floor=FLOOR).p < 0.05)
    assert np.mean(beside) <= 0.065
    assert np.mean(alone) > 0.5


def test_a_strong_association_is_found():
    rng = np.random.default_rng(3)
    found = [beside_nonce(*world(rng, words=10, gap=6.0), floor=FLOOR).p < 0.05 for _ in range(50)]
    assert np.mean(found) > 0.9


def test_too_few_made_up_words_or_templates():
    d, nonce = world(np.random.default_rng(0), words=10)
    few = beside_nonce(d, nonce[:, :2], floor=FLOOR)
    assert isinstance(few, Undefined)
    assert few.reason.startswith("2 made-up groups in 20 templates")
    none = beside_nonce(d, np.empty((20, 0)), floor=FLOOR)
    assert none.reason.startswith("0 made-up groups")
    torn = nonce.copy()
    torn[:18, 0] = np.nan
    torn[18:, 1] = np.nan
    assert isinstance(beside_nonce(d[:3], nonce, floor=FLOOR), Undefined)
    assert isinstance(beside_nonce(d, torn, floor=FLOOR), Estimate)  # two words are dropped


def test_where_nothing_varies():
    same = beside_nonce(np.zeros((6, 4)), np.full((6, 5), -3.0), floor=FLOOR)
    assert "tie" in same.reason
    rule = beside_nonce(np.ones((6, 4)), np.full((6, 5), -3.0), floor=FLOOR)
    assert (rule.value, rule.se, rule.p) == (1.0, 0.0, 2.0**-3)
    apart = beside_nonce(np.ones((6, 4)), np.arange(5.0) + np.zeros((6, 1)), floor=FLOOR)
    assert apart.se == pytest.approx((2 * 2.5) ** 0.5)  # five words a nat apart
