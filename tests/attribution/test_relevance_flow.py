"""Relevance flow leaves no trace: not in values, not in another model, not after an error."""

import pytest
import torch
from transformers import AttentionInterface, AttentionMaskInterface

from audit.attribution import conservative_propagation, relevance_propagation
from audit.attribution.contract import Refused
from audit.attribution.relevance_flow import relevance_flow
from audit.errors import CapabilityError
from tests.attribution.relevance_families import (
    FAMILIES,
    logits,
    network,
    prompt,
    relevance,
    score,
)
from tests.attribution.test_integrated_gradients import case

WAYS = ("weights and values", "values")
each_family = pytest.mark.parametrize("family", FAMILIES)


@pytest.fixture(scope="module")
def networks():
    return {family: network(family, dtype=torch.float32) for family in FAMILIES}


def gradient(model, points):
    points = points.detach().clone().requires_grad_()
    return torch.autograd.grad(score(model)(points), points)[0]


def traces(model):
    """All that a context could leave behind."""
    hooks = [len(p._forward_hooks) + len(p._forward_pre_hooks) for p in model.modules()]
    names = [*AttentionInterface(), *AttentionMaskInterface()]
    wanted = [p.requires_grad for p in model.parameters()]
    return hooks, sorted(names), model.config._attn_implementation, wanted


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("through", WAYS)
@each_family
def test_values_are_the_same_bit_by_bit(networks, family, through, attention):
    model, points = networks[family], prompt(networks[family], rows=2)
    own = model.config._attn_implementation
    if family != "gemma2":  # its soft cap has no other attention than eager
        model.set_attn_implementation(attention)
    mask = torch.tensor([[1] * 9, [1] * 6 + [0] * 3])
    try:
        plain = model(inputs_embeds=points, attention_mask=mask).logits
        with relevance_flow(model, through):
            inside = model(
                inputs_embeds=points.clone().requires_grad_(), attention_mask=mask
            ).logits
    finally:
        model.set_attn_implementation(own)
    assert torch.equal(inside, plain)
    assert inside.requires_grad


@pytest.mark.parametrize("through", WAYS)
@each_family
def test_gradients_are_the_same_after_and_in_another_model(networks, family, through):
    model, points = networks[family], prompt(networks[family])
    other = network(family, seed=7, dtype=torch.float32)
    before, beside = gradient(model, points), gradient(other, points)
    found = traces(model)
    with relevance_flow(model, through):
        assert torch.equal(gradient(other, points), beside)
        assert not torch.allclose(gradient(model, points), before, atol=1e-3)  # control
        assert traces(model) != found
    assert torch.equal(gradient(model, points), before)
    assert traces(model) == found


def test_two_models_at_once(networks):
    """Inner and outer context each change their own model, whichever is left first."""
    one, two = networks["llama"], networks["gpt2"]
    points = prompt(one), prompt(two)
    alone = [
        relevance(m, way, p, score(m)) for m, way, p in zip((one, two), WAYS, points, strict=True)
    ]
    with relevance_flow(one, WAYS[0]):
        assert torch.equal(relevance(two, WAYS[1], points[1], score(two)), alone[1])
        first = gradient(one, points[0])
    assert torch.equal((points[0] * first).sum(-1), alone[0])


@pytest.mark.parametrize("family", ["llama", "gemma2", "bert"])
def test_nothing_is_left_behind_after_an_error(networks, family):
    model = networks[family]
    found = traces(model)

    def broken(*_):
        raise RuntimeError("in the middle")

    hook = list(model.modules())[-1].register_forward_hook(broken)
    with pytest.raises(RuntimeError, match="in the middle"), relevance_flow(model, WAYS[0]):
        logits(model, prompt(model))
    hook.remove()
    assert traces(model) == found


def test_nothing_is_left_behind_where_the_context_cannot_be_entered(networks, monkeypatch):
    from audit.attribution import relevance_flow as flow

    model = networks["llama"]
    found = traces(model)
    part = model.model.layers[1].mlp.down_proj
    monkeypatch.setattr(part, "register_forward_pre_hook", None, raising=False)
    with pytest.raises(TypeError), flow.relevance_flow(model, WAYS[0]):
        pass
    assert traces(model) == found


def test_a_second_context_on_one_model_is_refused(networks):
    model = networks["llama"]
    found = traces(model)
    with relevance_flow(model, WAYS[0]):
        with pytest.raises(CapabilityError, match="already"), relevance_flow(model, WAYS[1]):
            pass
        assert traces(model) != found
    assert traces(model) == found


def test_a_model_that_computes_its_layers_again_gives_the_same():
    """Under activation checkpointing, with the backward pass inside the context."""
    model = network("llama")
    plain = relevance(model, WAYS[0], prompt(model), score(model))
    model.gradient_checkpointing_enable({"use_reentrant": False})
    model.train()
    again = relevance(model, WAYS[0], prompt(model), score(model))
    assert torch.allclose(again, plain, atol=1e-12)


@pytest.mark.parametrize("method", [relevance_propagation, conservative_propagation])
def test_a_method_leaves_the_model_as_it_was(tiny_models, method):
    model = tiny_models["qwen2"]
    found = traces(model.module)
    before = gradient(model.module, prompt(model.module))
    method.explain(model, [case()])
    assert traces(model.module) == found
    assert torch.equal(gradient(model.module, prompt(model.module)), before)


@pytest.mark.parametrize("family", ["llama", "gpt2", "qwen2", "gpt_neox", "gemma"])
def test_the_remainder_stands_in_the_ledger(tiny_models, family):
    """Values plus residual give the log-odds, from zero."""
    model = tiny_models[family]
    (found,) = conservative_propagation.explain(model, [case()])
    assert found.baseline_score == 0
    assert sum(w.value for w in found.words) + found.residual == pytest.approx(found.score)
    assert max(abs(w.value) for w in found.words) > 1e-2


def test_where_the_ledger_does_not_close_every_case_is_refused(make_folder, load_model):
    model = load_model(make_folder("bloom"))
    found = relevance_propagation.explain(model, [case(), case()])
    assert len(found) == 2
    assert all(isinstance(one, Refused) for one in found)
    assert "BloomForCausalLM" in found[0].detail
