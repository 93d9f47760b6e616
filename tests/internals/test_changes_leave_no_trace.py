"""Ablation, erasure and steering: what they do, and that nothing of it stays."""

import numpy as np
import pytest
import torch

from audit.internals.ablation import ablated, held
from audit.internals.erasure import erased, fit_eraser
from audit.internals.steering import steered, steering_vector
from audit.models.architectures import architecture
from audit.models.sites import EMBEDDINGS, Site, captured
from audit.records.internals import Component

IDS = torch.tensor([[0, 40, 77, 120, 33, 98]])
COMPONENTS = (
    Component(kind="head", layer=1, index=2),
    Component(kind="neuron", layer=0, index=5),
    Component(kind="mlp", layer=0),
)


def logits(model):
    with torch.no_grad():
        return model.module(IDS).logits


def gradients(model):
    embeddings = model.embed(IDS[0].tolist())[None].detach().requires_grad_()
    score = model.module(inputs_embeds=embeddings).logits[0, -1, 7]
    (found,) = torch.autograd.grad(score, embeddings)
    return found


def hooks(model):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.module.modules())


def flow(model, site):
    parts = architecture(model.module)
    with torch.no_grad(), captured(parts, [site]) as kept:
        model.module(IDS)
    return kept[site][0][0]


def means(model):
    sites = [Site(1, "heads"), Site(0, "neurons"), Site(0, "mlp")]
    return {site: np.full(flow(model, site).shape[1], 0.5) for site in sites}


def eraser(model):
    x = flow(model, Site(0, "residual"))[1:].double().numpy()
    return fit_eraser(x, np.arange(len(x))[:, None] % 2)


CHANGES = {
    "ablation": lambda model: ablated(model, COMPONENTS, means(model)),
    "erasure": lambda model: erased(model, Site(0, "residual"), eraser(model)),
    "steering": lambda model: steered(model, Site(EMBEDDINGS, "residual"), np.linspace(-1, 2, 32)),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("family", ["llama", "gpt2", "gemma"])
def test_a_change_changes_and_leaves_no_trace(tiny_models, family, name):
    model, other = tiny_models[family], tiny_models["qwen2"]
    before, slope, count = logits(model), gradients(model), hooks(model)
    elsewhere, elsewhere_slope = logits(other), gradients(other)
    with CHANGES[name](model):
        assert not torch.allclose(logits(model), before, atol=1e-3)
        assert torch.equal(logits(other), elsewhere)
        assert torch.equal(gradients(other), elsewhere_slope)
        assert hooks(model) > count
    assert torch.equal(logits(model), before)
    assert torch.equal(gradients(model), slope)
    assert hooks(model) == count


@pytest.mark.parametrize("name", CHANGES)
def test_no_hook_stays_after_an_error(tiny_models, name):
    model = tiny_models["llama"]
    before, count = logits(model), hooks(model)
    during = []

    def fail():
        during.append(hooks(model))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), CHANGES[name](model):
        fail()
    assert during[0] > count
    assert hooks(model) == count
    assert torch.equal(logits(model), before)


def test_ablated_parts_carry_their_mean_and_all_else_what_it_did(tiny_models):
    model = tiny_models["llama"]
    heads, neurons = Site(1, "heads"), Site(0, "neurons")
    plain = flow(model, neurons)
    chosen = COMPONENTS[:2]
    with ablated(model, chosen, means(model)):
        found, units = flow(model, heads), flow(model, neurons)
    assert torch.equal(found[1:, 16:24], torch.full((5, 8), 0.5))  # heads are 8 wide
    assert not (found[1:, :16] == 0.5).any()
    assert torch.equal(units[1:, 5], torch.full((5,), 0.5))
    others = [n for n in range(64) if n != 5]
    assert torch.equal(units[:, others], plain[:, others])
    assert torch.equal(units[0], plain[0])  # the first place is left alone


def test_holding_a_part_at_its_own_value_changes_nothing(tiny_models):
    model = tiny_models["llama"]
    site = Site(0, "neurons")
    before = logits(model)
    with held(model, {site: []}, {site: np.zeros(64)}):
        assert torch.equal(logits(model), before)


def test_erasure_in_the_network_is_the_erasers_own_map(tiny_models):
    model = tiny_models["llama"]
    site, fitted = Site(0, "residual"), eraser(model)
    plain = flow(model, site).double().numpy()
    with erased(model, site, fitted):
        found = flow(model, site)
    # what is captured comes before the edit or after it, by the order of the hooks
    with erased(model, site, fitted), torch.no_grad():
        after = captured_after(model, site)
    assert np.allclose(after[1:], fitted(plain)[1:], atol=1e-4)
    assert np.allclose(after[0], plain[0], atol=1e-6)
    assert found.shape == plain.shape
    assert not np.allclose(after[1:], plain[1:], atol=1e-3)


def captured_after(model, site):
    """What the next layer is given: the input of the block after the site."""
    seen = []
    block = architecture(model.module).blocks[site.layer + 1].whole
    handle = block.register_forward_pre_hook(
        lambda _m, args, kwargs: seen.append(args[0] if args else kwargs["hidden_states"]),
        with_kwargs=True,
    )
    try:
        model.module(IDS)
    finally:
        handle.remove()
    return seen[0][0].double().numpy()


def test_steering_adds_its_vector_and_the_vector_is_the_mean_difference(tiny_models):
    model = tiny_models["llama"]
    states = np.arange(12.0).reshape(4, 3)
    vector = steering_vector(states, np.array([True, False, True, False]))
    assert vector.tolist() == [-3.0, -3.0, -3.0]
    site = Site(0, "residual")
    plain = captured_after(model, site)
    with steered(model, site, np.full(32, 0.25)), torch.no_grad():
        after = captured_after(model, site)
    assert np.allclose(after[1:], plain[1:] + 0.25, atol=1e-5)
    assert np.array_equal(after[0], plain[0])
