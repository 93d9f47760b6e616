"""Attention maps: shares that sum to one, of the heads that write most, leaving no trace."""

import numpy as np
import pytest
import torch

from audit.internals.attention_map import PLUGIN
from audit.internals.writers import PLUGIN as WRITERS
from audit.models.architectures import architecture
from audit.models.eager import attention_maps, eager
from audit.records.internals import Component

FAMILIES = ("llama", "gpt2", "qwen2", "gpt_neox", "gemma")
IDS = (0, 40, 77, 120, 33, 98)


def hooks(module):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in module.modules())


@pytest.mark.parametrize("family", FAMILIES)
def test_maps_are_those_of_the_library(folders, load_model, family):
    """Asked for in the library's own way, which leaves its hooks on a model of its own."""
    module = load_model(folders[family]).module
    parts = architecture(module)
    every = [(layer, head) for layer in range(len(parts.blocks)) for head in range(parts.heads)]
    found = attention_maps(load_model(folders[family]), IDS, every)
    module.set_attn_implementation("eager")
    with torch.no_grad():
        told = module(torch.tensor([IDS]), output_attentions=True).attentions
    assert torch.allclose(found, torch.cat(told, dim=1)[0], atol=1e-6)
    assert found.triu(diagonal=1).abs().max() == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_the_model_is_as_it_was(tiny_models, family):
    module = tiny_models[family].module
    before, kind = hooks(module), module.config._attn_implementation
    with torch.no_grad():
        plain = module(torch.tensor([IDS])).logits
        attention_maps(tiny_models[family], IDS, [(0, 0)])
        assert torch.equal(module(torch.tensor([IDS])).logits, plain)
    assert module.config._attn_implementation == kind != "eager"
    assert hooks(module) == before


def test_the_model_is_as_it_was_after_an_error(tiny_models):
    module = tiny_models["llama"].module
    kind, during = module.config._attn_implementation, []

    def fail():
        with eager(module):
            during.append(module.config._attn_implementation)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert during == ["eager"]
    assert module.config._attn_implementation == kind
    before = hooks(module)
    with pytest.raises(IndexError):
        attention_maps(tiny_models["llama"], (0, 10**6), [(1, 0)])  # no such token
    assert hooks(module) == before
    assert module.config._attn_implementation == kind


@pytest.mark.parametrize("family", FAMILIES)
def test_heads_share_what_their_attention_contributes(tiny_models, make_pair, family):
    """With every head shown, the heads' contributions sum to the layers' (no norm follows)."""
    model = tiny_models[family]
    parts = architecture(model.module)
    pair = make_pair(model)
    every = tuple(
        Component(kind="head", layer=layer, index=head)
        for layer in range(len(parts.blocks))
        for head in range(parts.heads)
    )
    contribution = WRITERS.observe(model, pair, ()).arrays["contribution"][:, 0]
    shares = np.zeros(len(parts.blocks))
    for start in range(0, len(every), 4):
        arrays = PLUGIN.observe(model, pair, every[start : start + 4]).arrays
        for (layer, _), share in zip(arrays["head"], arrays["contribution"], strict=True):
            shares[layer] += share
    assert shares == pytest.approx(contribution, abs=float(1e-4 * np.abs(contribution).max()))


def test_the_largest_writers_are_shown_and_their_rows_sum_to_one(tiny_models, make_pair):
    model = tiny_models["llama"]
    pair = make_pair(model)
    seen = PLUGIN.observe(model, pair, ())
    sizes = np.abs(seen.arrays["contribution"])
    assert list(sizes) == sorted(sizes, reverse=True)
    assert len(sizes) == 4
    attention = seen.arrays["attention"]
    assert attention.sum(axis=-1) == pytest.approx(np.ones(attention.shape[:-1]), abs=1e-4)
    changed = seen.labels["part"].index("changed")
    assert np.abs(attention[:, 0, :changed] - attention[:, 1, :changed]).max() < 1e-5
    assert np.abs(attention[:, 0, -1] - attention[:, 1, -1]).max() > 1e-3
    singled = PLUGIN.observe(model, pair, (Component(kind="head", layer=1, index=3),))
    assert singled.arrays["head"].tolist() == [[1, 3]]
