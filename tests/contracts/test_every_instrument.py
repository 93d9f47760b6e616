"""What every way of asking must keep."""

import pytest

from audit import measurement, plugins
from audit.measurement.contract import Answered, Instrument, Request
from audit.records.probes import Answer, Frame, Outcome

INSTRUMENTS = [plugins.load(measurement, name, Instrument) for name in plugins.names(measurement)]
FRAME = Frame(ask="Answer {options}.", separator=" or ", cue="Answer:")
ANSWERS = (Answer(key="yes", text="yes"), Answer(key="no", text="no"))
OUTCOMES = {
    "choice": Outcome(
        key="c", kind="choice", answers=ANSWERS, favourable="yes", unfavourable="no"
    ),
    "ordered": Outcome(key="o", kind="ordered", answers=ANSWERS, favourable="no"),
    "association": Outcome(
        key="a",
        kind="association",
        favourable="unlikely",
        carriers=("Here are {words}", "The word is {words}", "Next: {words}"),
    ),
}


def asked(instrument):
    return [
        Request(f"v{kind}{n}", (f"Case {n}.",), "Shortlist?", FRAME, OUTCOMES[kind], f"Case {n}")
        for kind in sorted(instrument.asks)
        for n in range(3)
    ]


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: one.name)
def test_one_lawful_answer_a_request(instrument, tiny_models):
    model = tiny_models["llama"]
    assert isinstance(model, instrument.needs)
    requests = asked(instrument)
    found = instrument.ask(model, requests)
    assert len(found) == len(requests)
    for request, answer in zip(requests, found, strict=True):
        assert isinstance(answer, Answered)
        assert answer.response.kind == request.outcome.kind
        assert instrument.cost(model, request) > 0


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: one.name)
def test_different_prompts_have_different_digests(instrument, tiny_models):
    found = instrument.ask(tiny_models["llama"], asked(instrument))
    by_kind = {}
    for request, answer in zip(asked(instrument), found, strict=True):
        by_kind.setdefault(request.outcome.kind, set()).add(answer.prompt_digest)
    assert all(len(digests) == 3 for digests in by_kind.values())


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: one.name)
def test_an_instrument_says_what_it_is(instrument):
    assert instrument.question.endswith("?")
    assert instrument.source
