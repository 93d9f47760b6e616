"""Occlusion: equal to taking out one word at a time by hand, in both orders."""

import pytest
import torch

from audit.attribution import occlusion
from audit.models.asking import listings
from audit.models.cases import Case
from audit.models.words import words_of
from audit.records.counterfactuals import Span
from audit.records.probes import Answer, Frame, Outcome

FRAME = Frame(ask="Answer {options}.", separator=" or ", cue="Answer:")
ANSWERS = (Answer(key="low", text="today"), Answer(key="mid", text="this week"),
           Answer(key="high", text="self-care"))  # fmt: skip
OUTCOMES = {
    "choice": Outcome(
        key="c", kind="choice", answers=ANSWERS, favourable="low", unfavourable="high"
    ),
    "ordered": Outcome(key="o", kind="ordered", answers=ANSWERS, favourable="low"),
}
TEXT = "Meena, a Dalit woman, has fever. मरीज़ को बुखार है।"


def case(kind):
    start = TEXT.index("a Dalit woman")
    spans = (Span(turn=0, start=start, end=start + len("a Dalit woman")),)
    return Case("v", (TEXT,), spans, "When?", FRAME, OUTCOMES[kind])


def log_odds(kind, order, log_probs):
    """The formula a second time, in probabilities."""
    p = dict(zip(order, log_probs.double().exp().tolist(), strict=True))
    if kind == "choice":
        return torch.tensor(p["low"] / p["high"]).log().item()
    odds = [p["low"] / (p["mid"] + p["high"]), (p["low"] + p["mid"]) / p["high"]]
    return torch.tensor(odds).log().mean().item()


def by_hand(model, one, kind):
    """One word at a time, one forward pass each; the mean over orders by the word's key."""
    values, scores = {}, []
    with torch.no_grad():
        for listing in listings(one, one.spans):
            encoded = model.encode(listing.ask)
            whole = model.embed(encoded.ids)
            score = log_odds(kind, listing.order, model.answer_log_probs(encoded, whole[None])[0])
            scores.append(score)
            for word in words_of(encoded, listing):
                gone = whole.clone()
                for token, _ in word.tokens:
                    gone[token] = model.mean_embedding()
                without = model.answer_log_probs(encoded, gone[None])[0]
                share = score - log_odds(kind, listing.order, without)
                values.setdefault(word.key, []).append(share)
    return sum(scores) / 2, [sum(both) / 2 for both in values.values()]


@pytest.mark.parametrize("kind", OUTCOMES)
@pytest.mark.parametrize("family", ["llama", "gpt2", "gemma"])
def test_equals_one_word_at_a_time(tiny_models, family, kind):
    model = tiny_models[family]
    (found,) = occlusion.explain(model, [case(kind)])
    score, values = by_hand(model, case(kind), kind)
    assert found.score == pytest.approx(score, abs=1e-4)
    assert [word.value for word in found.words] == pytest.approx(values, abs=2e-4)
    assert max(abs(value) for value in values) > 1e-2  # control: words do matter


def test_values_and_residual_give_the_change(tiny_models):
    (found,) = occlusion.explain(tiny_models["llama"], [case("choice")])
    total = sum(word.value for word in found.words) + found.residual
    assert total == pytest.approx(found.score - found.baseline_score, abs=1e-9)


def test_the_mean_embedding_is_that_of_the_whole_vocabulary(tiny_models):
    model = tiny_models["llama"]
    weight = model.network.model.get_input_embeddings().weight
    assert torch.allclose(model.mean_embedding(), weight.mean(dim=0), atol=1e-6)


def test_a_changed_span_goes_as_a_whole(tiny_models):
    (found,) = occlusion.explain(tiny_models["llama"], [case("choice")])
    changed = [word for word in found.words if word.part == "changed"]
    assert [word.text for word in changed] == ["a Dalit woman"]
