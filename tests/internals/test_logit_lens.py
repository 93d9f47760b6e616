"""Logit lens: the last layer is the model's own answer, earlier ones what hands would read."""

import numpy as np
import pytest
import torch

from audit.internals.logit_lens import PLUGIN
from audit.models.architectures import architecture
from audit.models.cases import log_odds
from audit.models.sites import Site, captured

FAMILIES = ("llama", "gpt2", "qwen2", "gpt_neox", "gemma")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("outcome", ["choice", "ordered"])
def test_the_last_layer_is_the_answer_itself(tiny_models, make_pair, outcomes, family, outcome):
    model = tiny_models[family]
    pair = make_pair(model, outcome=outcomes[outcome])
    arrays = PLUGIN.observe(model, pair, ()).arrays
    measured = [
        np.mean([float(side.log_odds(side.embeddings[None])) for side in sides])
        for sides in zip(*pair.sides, strict=True)
    ]
    assert arrays["log_odds"][:, -1] == pytest.approx(measured, abs=1e-4)
    assert np.abs(arrays["log_odds"][:, 0] - measured).max() > 1e-3  # earlier layers are not it


@pytest.mark.parametrize("family", FAMILIES)
def test_an_earlier_layer_is_read_through_the_final_norm(tiny_models, make_pair, family):
    model = tiny_models[family]
    parts = architecture(model.module)
    pair = make_pair(model)
    by_hand, without_norm = [], []
    for opened, _ in pair.sides:
        with torch.no_grad(), captured(parts, [Site(0, "residual")]) as kept:
            model.module(torch.tensor([opened.encoded.ids]))
            stream = kept[Site(0, "residual")][0][0, -1]
            by_hand.append(odds(opened, parts.unembedding(parts.final_norm(stream))))
            without_norm.append(odds(opened, parts.unembedding(stream)))
    found = PLUGIN.observe(model, pair, ()).arrays["log_odds"][0, 0]
    assert found == pytest.approx(np.mean(by_hand), abs=1e-4)
    assert abs(found - np.mean(without_norm)) > 1e-3  # the trap: a stream that was not normed


def odds(opened, logits):
    known = torch.log_softmax(logits, dim=-1)
    answers = [
        torch.logsumexp(torch.stack([known[form[0]] for form in answer]), dim=0)
        for answer in opened.encoded.answers
    ]
    return float(log_odds(opened.outcome, opened.order, torch.stack(answers)[None]))
