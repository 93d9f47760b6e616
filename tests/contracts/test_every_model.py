"""What every model backend must keep, those included that nobody has written yet."""

import math

import pytest

from audit import models, plugins
from audit.models.contract import (
    Ask,
    Backend,
    Differentiable,
    Intervenes,
    Model,
    Scored,
    ScoredText,
    ScoresContinuations,
    ScoresSequences,
)
from audit.records.runs import ModelRequest

BACKENDS = [plugins.load(models, name, Backend) for name in plugins.names(models)]
FAMILIES = ("llama", "gpt2", "qwen2", "gpt_neox", "gemma")
CAPABILITIES = {
    kind.__name__: kind
    for kind in (ScoresContinuations, ScoresSequences, Differentiable, Intervenes)
}
TEXTS = ["Dalits read books.", "Dalits read books and Brahmins read books.", "वे किताबें पढ़ते हैं।"]
ASKS = [
    Ask((case,), "Answer:", (("yes", "Yes"), ("no",)))
    for case in ("See her?", "Shortlist the candidate? " * 6, "क्या उन्हें बुलाना चाहिए?")
]


@pytest.fixture(scope="module", params=FAMILIES)
def model(request, folders):
    """The backends of local folders, one model a family."""
    (backend,) = [b for b in BACKENDS if "path/to/folder" in b.references]
    asked = ModelRequest(reference=str(folders[request.param]))
    return backend.load(asked, date="2026-07-01", threads=1)


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.name)
def test_a_backend_says_what_it_is(backend):
    assert backend.question.endswith("?")
    assert backend.source
    assert backend.references


def test_capabilities_are_those_that_are_named(model):
    assert isinstance(model, Model)
    offered = {name for name, kind in CAPABILITIES.items() if isinstance(model, kind)}
    assert offered == set(model.identity.capabilities)


def test_probabilities_sum_to_at_most_one(model):
    for found in model.score(ASKS):
        assert isinstance(found, Scored)
        assert sum(math.exp(value) for value in found.log_probs) <= 1 + 1e-6


def test_texts_are_scored_alike_alone_and_together(model):
    """A longer text is never likelier, and the tokens counted are those that cost."""
    found = model.score_texts(TEXTS)
    assert all(isinstance(one, ScoredText) for one in found)
    for text, one in zip(TEXTS, found, strict=True):
        (alone,) = model.score_texts([text])
        assert one.log_likelihood == pytest.approx(alone.log_likelihood, abs=1e-3)
        assert one.tokens == alone.tokens
        assert model.text_cost(text) == one.tokens + 1
        assert one.log_likelihood < 0
    assert found[1].log_likelihood < found[0].log_likelihood
    assert found[1].tokens > found[0].tokens


def test_a_batch_of_one_equals_a_batch_of_many(model):
    for ask, found in zip(ASKS, model.score(ASKS), strict=True):
        (alone,) = model.score([ask])
        assert found.log_probs == pytest.approx(alone.log_probs, abs=1e-4)


def test_the_same_batch_gives_the_same_bits(model):
    assert model.score(ASKS) == model.score(ASKS)


def test_an_empty_batch_is_no_fault(model):
    assert model.score([]) == []


def test_costs_are_positive_and_grow_with_the_prompt(model):
    costs = [model.cost(ask) for ask in ASKS]
    assert min(costs) > 0
    assert costs[1] > costs[0]


def test_own_embeddings_give_the_score(model):
    for ask, found in zip(ASKS, model.score(ASKS), strict=True):
        encoded = model.encode(ask)
        log_probs = model.answer_log_probs(encoded, model.embed(encoded.ids)[None])
        assert log_probs[0].tolist() == pytest.approx(found.log_probs, abs=1e-4)
        moved = model.embed(encoded.ids)[None] * 1.5
        assert model.answer_log_probs(encoded, moved)[0].tolist() != pytest.approx(
            found.log_probs, abs=1e-4
        )  # control: embeddings are heard


def test_offsets_point_at_the_tokens_text(model):
    encoded = model.encode(ASKS[0])
    assert len(encoded.ids) == len(encoded.offsets)
    covered = {place for start, end in encoded.offsets for place in range(start, end)}
    letters = {n for n, letter in enumerate(encoded.text) if not letter.isspace()}
    assert letters <= covered
