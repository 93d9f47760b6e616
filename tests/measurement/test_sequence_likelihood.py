"""Sequence likelihood: against a plain forward pass, token by token; failures say why."""

import pytest
import torch

from audit.measurement import sequence_likelihood
from audit.measurement.contract import Answered, Request, Unanswered
from audit.models.contract import NotScored, ScoredText
from audit.records.observations import SequenceLikelihood
from audit.records.probes import Frame, Outcome

FRAME = Frame(ask="{options}", separator=", ", cue="")
SAID = Outcome(
    key="s",
    kind="association",
    favourable="unlikely",
    carriers=("Here is a word: {words}", "They wrote {words}", "{words}"),
)


def request(text="Dalits are reading.", words="Dalits"):
    return Request("v1", (text,), "", FRAME, SAID, words)


def plainly(model, text):
    """The sum of log-probabilities, from the library's own logits, one text at a time."""
    tokenizer, network = model.wording.tokenizer, model.module
    ids = [tokenizer.bos_token_id, *tokenizer(text, add_special_tokens=False)["input_ids"]]
    with torch.inference_mode():
        logits = network(torch.tensor([ids])).logits[0].double()
    logs = torch.log_softmax(logits, dim=-1)
    return sum(logs[n, token].item() for n, token in enumerate(ids[1:])), len(ids) - 1


@pytest.mark.parametrize("family", ["llama", "gpt2", "gemma"])
def test_against_a_plain_forward_pass(tiny_models, family):
    model = tiny_models[family]
    (found,) = sequence_likelihood.ask(model, [request()])
    assert isinstance(found, Answered)
    answer = found.response
    assert isinstance(answer, SequenceLikelihood)
    assert answer.favourable == "unlikely"
    texts = ("Dalits are reading.", "Here is a word: Dalits", "They wrote Dalits", "Dalits")
    for text, score in zip(texts, (answer.text, *answer.carriers), strict=True):
        total, tokens = plainly(model, text)
        assert score.log_likelihood == pytest.approx(total, abs=1e-3)
        assert score.tokens == tokens
    assert sequence_likelihood.cost(model, request()) == sum(
        plainly(model, text)[1] + 1 for text in texts
    )


def test_a_chat_template_and_a_system_prompt_stay_out(make_folder, load_model):
    template = "{% for m in messages %}<|user|>{{ m['content'] }}{% endfor %}<|assistant|>"
    folder = make_folder("llama", chat_template=template)
    chatty = load_model(folder, chat="on")
    plain = load_model(folder, chat="off")
    one, two = (sequence_likelihood.ask(model, [request()])[0] for model in (chatty, plain))
    assert one.response == two.response


def test_the_digest_is_of_all_that_was_scored(tiny_models):
    model = tiny_models["llama"]
    requests = [request(), request(words="Rajputs"), request(text="Dalits are asleep.")]
    assert len({one.prompt_digest for one in sequence_likelihood.ask(model, requests)}) == 3


class Silent:
    """A model that scores everything but what holds a given word."""

    def __init__(self, word, kind="unencodable"):
        self.fault = NotScored(kind, "said so")
        self.word = word

    def score_texts(self, texts):
        return [self.fault if self.word in text else ScoredText(-1.0, 2) for text in texts]


@pytest.mark.parametrize("word", ["reading", "wrote"])
def test_a_text_that_fails_fails_the_request_and_no_other(word):
    requests = [request(), request(text="They sleep.")]
    first, second = sequence_likelihood.ask(Silent(word), requests)
    assert first == Unanswered("unencodable", "said so")
    assert isinstance(second, Answered) == (word == "reading")
    strange = sequence_likelihood.ask(Silent(word, kind="odd"), requests)[0]
    assert strange.kind == "error"


def test_texts_that_cannot_be_scored(make_folder, load_model):
    model = load_model(make_folder("gpt2", n_positions=24))
    long, empty, short = model.score_texts(["word " * 40, "", "word"])
    assert "longer than context" in long.detail
    assert "no token" in empty.detail
    assert isinstance(short, ScoredText)
    assert [model.text_cost(text) for text in ("word " * 40, "")] == [1, 1]
