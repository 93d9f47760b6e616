"""Pairs of prompts for tiny models: labels of unequal length, and a second name."""

import pytest

from audit.internals.pairs import open_pair
from audit.models.cases import Case
from audit.records.counterfactuals import Span
from audit.records.probes import Answer, Frame, Outcome

FRAME = Frame(ask="Answer {options}.", separator=" or ", cue="Answer:")
# With a space before it and without, each answer is one token of the tiny tokenizer; those of
# the levels are several.
CHOICE = Outcome(
    key="c",
    kind="choice",
    answers=(Answer(key="yes", text="an"), Answer(key="no", text="no")),
    favourable="yes",
    unfavourable="no",
)
LEVELS = Outcome(
    key="o",
    kind="ordered",
    answers=tuple(Answer(key=k, text=k) for k in ("self-care", "this week", "today")),
    favourable="today",
    unfavourable="self-care",
)
BEFORE, AFTER = "The applicant ", " has fever since Monday."


@pytest.fixture(scope="session")
def make_case():
    """A case about a person described by some words."""

    def make(words, outcome=CHOICE):
        span = Span(turn=0, start=len(BEFORE), end=len(BEFORE) + len(words))
        return Case(words, (BEFORE + words + AFTER,), (span,), "See her?", FRAME, outcome)

    return make


@pytest.fixture(scope="session")
def make_pair(make_case):
    """An opened pair; the third words are the reference under another name."""

    def make(
        model,
        one="Meena who is Sikh",
        two="Meena, a Hindu",
        other="Ramesh, a Hindu",
        outcome=CHOICE,
    ):
        cases = [make_case(words, outcome) for words in (one, two, other)]
        return open_pair(model, cases[0], cases[1], set_id="s", template="t", other=cases[2])

    return make


@pytest.fixture(scope="session")
def exact_model(make_folder, load_model):
    """A loaded model of a family in double precision."""

    def make(family):
        model = load_model(make_folder(family))
        model.module.double()
        return model

    return make


@pytest.fixture(scope="session")
def outcomes():
    """A choice, and ordered levels whose answers take several tokens."""
    return {"choice": CHOICE, "ordered": LEVELS}
