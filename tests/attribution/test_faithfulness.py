"""Faithfulness on a model: equal to taking words out by hand, one prompt at a time."""

import numpy as np
import pytest
import torch

from audit.attribution import occlusion
from audit.attribution.contract import Refused
from audit.attribution.faithfulness import try_words
from audit.models.asking import listings
from audit.models.cases import Case
from audit.models.words import words_of
from audit.records.counterfactuals import Span
from audit.records.faithfulness import RANDOM
from audit.records.probes import Answer, Frame, Outcome

FRAME = Frame(ask="Answer {options}.", separator=" or ", cue="Answer:")
OUTCOME = Outcome(
    key="c", kind="choice", favourable="yes", unfavourable="no",
    answers=(Answer(key="yes", text="yes"), Answer(key="no", text="no")),
)  # fmt: skip
TEXT = "Meena, a Dalit woman, has had fever for six days. मरीज़ को बुखार है।"


def case(text=TEXT, **changes):
    start = text.find("a Dalit woman")
    spans = (Span(turn=0, start=start, end=start + 13),) if start >= 0 else ()
    given = {"variant": "v", "turns": (text,), "spans": spans, "question": "See her?"}
    return Case(**given | {"frame": FRAME, "outcome": OUTCOME} | changes)


def by_hand(model, one, kept):
    """The log-odds with these words of the case alone, one forward pass an order."""
    found = []
    for listing in listings(one, one.spans):
        encoded = model.encode(listing.ask)
        prompt = model.embed(encoded.ids)
        inside = [w for w in words_of(encoded, listing) if w.part in ("changed", "fact")]
        for number, word in enumerate(inside):
            if number not in kept:
                for token, _ in word.tokens:
                    prompt[token] = model.mean_embedding()
        with torch.no_grad():
            answers = model.answer_log_probs(encoded, prompt[None])[0].double()
        yes, no = (answers[listing.order.index(key)] for key in ("yes", "no"))
        found.append(float(yes - no))
    return sum(found) / len(found)


def shares(model, one):
    (found,) = occlusion.explain(model, [one])
    return [word.value for word in found.words if word.part in ("changed", "fact")], found.score


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_equals_taking_words_out_by_hand(tiny_models, family):
    model, one = tiny_models[family], case()
    values, score = shares(model, one)
    trial = try_words(model, one, {"occlusion": values})
    assert trial.words == len(values)
    assert trial.score == pytest.approx(score, abs=1e-4)
    assert trial.empty == pytest.approx(by_hand(model, one, ()), abs=1e-4)
    order = np.argsort(-trial.direction * np.array(values), kind="stable").tolist()
    (found,) = [each for each in trial.orders if each.by == "occlusion"]
    for place, size in enumerate(trial.sizes):
        without = by_hand(model, one, order[size:])
        assert found.without[place] == pytest.approx(without, abs=1e-4)
        assert found.only[place] == pytest.approx(by_hand(model, one, order[:size]), abs=1e-4)
    assert abs(trial.score - trial.empty) > 1e-2  # control: the words do matter


def test_the_question_and_the_options_stay(tiny_models):
    """Of an empty case something is left to ask: it differs from question to question."""
    model = tiny_models["llama"]
    values, _ = shares(model, case())
    one, other = (
        try_words(model, case(question=question), {"occlusion": values}).empty
        for question in ("See her?", "Should the clinic send her home?")
    )
    assert one != pytest.approx(other, abs=1e-3)


def test_together_or_in_small_passes_the_same(tiny_models, monkeypatch):
    model = tiny_models["llama"]
    values, _ = shares(model, case())
    whole = try_words(model, case(), {"occlusion": values})
    monkeypatch.setattr("audit.attribution.orders._PASS", 1)
    small = try_words(model, case(), {"occlusion": values})
    assert small.lowest == pytest.approx(whole.lowest, abs=1e-4)
    assert [o.by for o in whole.orders] == ["occlusion", *[RANDOM] * 5]


class Crowded:
    """A model that has memory for so many prompts at a time."""

    def __init__(self, inner, room):
        self.inner, self.room = inner, room
        self.encode, self.embed = inner.encode, inner.embed
        self.mean_embedding = inner.mean_embedding

    def answer_log_probs(self, encoded, embeddings):
        if len(embeddings) > self.room:
            raise MemoryError
        return self.inner.answer_log_probs(encoded, embeddings)


def test_short_memory_means_smaller_passes(tiny_models):
    model = tiny_models["llama"]
    values, _ = shares(model, case())
    whole = try_words(model, case(), {"occlusion": values})
    small = try_words(Crowded(model, 3), case(), {"occlusion": values})
    assert small.highest == pytest.approx(whole.highest, abs=1e-4)
    none = try_words(Crowded(model, 0), case(), {"occlusion": values})
    assert none == Refused("out of memory with one prompt at a time")


def test_what_cannot_be_tried_is_refused_with_its_reason(tiny_models, make_folder, load_model):
    model = tiny_models["llama"]
    assert "fewer than two words" in try_words(model, case("Fever"), {"a": [1.0]}).detail
    with pytest.raises(ValueError, match="no share for each"):
        try_words(model, case(), {"a": [1.0]})
    broken = load_model(make_folder("llama"))
    with torch.no_grad():
        broken.network.model.lm_head.weight[5] = float("nan")
    values, _ = shares(model, case())
    assert try_words(broken, case(), {"a": values}) == Refused("logits are not finite")
