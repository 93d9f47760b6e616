"""Answers: cuts, shifts and base targets against the formulas written out a second time."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.controls.recipe import answers
from audit.records.probes import Answer, Outcome

FIXED = settings(derandomize=True, deadline=None, max_examples=50)
WORDS = ["Yes", "yes", "No", "no", "Wait", "Low", "Mid", "High", "high"]
VOCABULARY = 2 * len(WORDS) + 5


def token(form):
    return WORDS.index(form.strip()) * 2 + form.startswith(" ")


def choice(**changes):
    fields = {
        "key": "grant",
        "kind": "choice",
        "favourable": "yes",
        "unfavourable": "no",
        "answers": (
            Answer(key="yes", text="Yes", forms=("yes",)),
            Answer(key="no", text="No", forms=("no",)),
        ),
    }
    return Outcome(**{**fields, **changes})


def levels(favourable="high"):
    return Outcome(
        key="urgency",
        kind="ordered",
        favourable=favourable,
        answers=(
            Answer(key="low", text="Low"),
            Answer(key="mid", text="Mid"),
            Answer(key="high", text="High", forms=("high",)),
        ),
    )


THREE = choice(answers=(*choice().answers, Answer(key="wait", text="Wait")))
OUTCOMES = [choice(), THREE, levels(), levels("low")]


def slow_log_odds(log_probs, outcome):
    """The cuts' log-odds, one answer and form at a time."""
    total = {
        answer.key: sum(
            math.exp(log_probs[token(space + form)])
            for form in answer.surface_forms
            for space in ("", " ")
        )
        for answer in outcome.answers
    }
    if outcome.kind == "choice":
        return [math.log(total[outcome.favourable] / total[outcome.unfavourable])]
    keys = list(outcome.keys if outcome.favourable == outcome.keys[-1] else outcome.keys[::-1])
    return [
        math.log(sum(total[k] for k in keys[cut:]) / sum(total[k] for k in keys[:cut]))
        for cut in range(1, len(keys))
    ]


def fast_log_odds(log_probs, outcome):
    sheet = answers.sheet(outcome, token)
    return answers.cut_log_odds(answers.answer_log_probs(log_probs, sheet), sheet)


@pytest.mark.parametrize("outcome", OUTCOMES, ids=["choice", "three", "up", "down"])
@FIXED
@given(seed=st.integers(0, 10_000))
def test_cuts_are_the_formula(outcome, seed):
    scores = torch.from_numpy(np.random.default_rng(seed).normal(0, 2, (3, VOCABULARY)))
    log_probs = scores.log_softmax(-1)
    found = fast_log_odds(log_probs, outcome)
    for row in range(3):
        assert found[row].tolist() == pytest.approx(slow_log_odds(log_probs[row], outcome))
    assert found[0].tolist() != pytest.approx(slow_log_odds(log_probs[1], outcome))


@pytest.mark.parametrize("outcome", OUTCOMES, ids=["choice", "three", "up", "down"])
@FIXED
@given(seed=st.integers(0, 10_000), shift=st.floats(-1.5, 1.5))
def test_a_shift_moves_every_cut_by_itself_and_keeps_the_mass(outcome, seed, shift):
    scores = torch.from_numpy(np.random.default_rng(seed).normal(0, 1, (2, VOCABULARY)))
    sheet = answers.sheet(outcome, token)
    before = answers.answer_log_probs(scores.log_softmax(-1), sheet)
    after = answers.shifted(before, sheet, torch.tensor([shift, 0.0], dtype=torch.float64))
    moved = answers.cut_log_odds(after, sheet) - answers.cut_log_odds(before, sheet)
    assert moved[0].tolist() == pytest.approx([shift] * moved.shape[1], abs=1e-6)
    assert moved[1].abs().max().item() < 1e-6
    assert after.logsumexp(-1).tolist() == pytest.approx(before.logsumexp(-1).tolist())


@pytest.mark.parametrize("outcome", OUTCOMES, ids=["choice", "three", "up", "down"])
def test_base_targets_are_moderate_and_nearly_all_on_the_listed_form(outcome):
    sheet = answers.sheet(outcome, token)
    located = []
    for number in range(40):
        item = ("domain/suite.en", f"case-{number}")
        target = answers.base_target(item, sheet, VOCABULARY)
        assert target.sum() == pytest.approx(1, abs=1e-5)
        by_answer = answers.answer_log_probs(torch.from_numpy(target).log()[None], sheet)
        assert by_answer.exp().sum().item() > 0.97
        listed = target[[token(f" {answer.text}") for answer in outcome.answers]].sum()
        assert listed > 0.94
        located.append(answers.cut_log_odds(by_answer, sheet).mean().item())
    assert max(map(abs, located)) < 1.3
    assert np.std(located) > 0.4


def test_base_targets_know_the_template_and_no_language():
    sheet = answers.sheet(choice(), token)
    one, same, other = (
        answers.base_target(item, sheet, VOCABULARY)
        for item in (("d/s.en", "a"), ("d/s.hi", "a"), ("d/s.en", "b"))
    )
    assert (one == same).all()
    assert (one != other).any()
