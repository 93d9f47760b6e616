"""Sites: what is captured is what flows there, edits change the answer, and no hook stays."""

import pytest
import torch

from audit.errors import CapabilityError
from audit.models.architectures import architecture
from audit.models.sites import EMBEDDINGS, Site, captured, edited

FAMILIES = ("llama", "gpt2", "qwen2", "gpt_neox", "gemma")
IDS = torch.tensor([[0, 40, 77, 120, 33, 98]])


def hooks(module):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in module.modules())


def ramp(tensor):
    return torch.linspace(0, 1, tensor.shape[-1])


def everything(parts):
    kinds = ("residual", "attention", "mlp", "heads", "pre_activation", "neurons")
    sites = [Site(layer, kind) for layer in range(len(parts.blocks)) for kind in kinds]
    return [Site(EMBEDDINGS, "residual"), *sites]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_stream_is_what_the_library_says_and_the_sum_of_what_was_added(
    folders, load_model, family
):
    module = load_model(folders[family]).module  # its own: asking for states leaves hooks
    parts = architecture(module)
    with torch.no_grad(), captured(parts, everything(parts)) as kept:
        told = module(IDS, output_hidden_states=True)
    stream = kept[Site(EMBEDDINGS, "residual")][0]
    for layer in range(len(parts.blocks)):
        stream = stream + kept[Site(layer, "attention")][0] + kept[Site(layer, "mlp")][0]
        found = kept[Site(layer, "residual")][0]
        torch.testing.assert_close(found, stream, atol=1e-4, rtol=1e-4)
        if layer + 1 < len(parts.blocks):
            assert torch.equal(found, told.hidden_states[layer + 1])
    logits = parts.unembedding(parts.final_norm(stream))
    torch.testing.assert_close(logits, told.logits, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_block_computes_its_outputs_from_heads_and_neurons(tiny_models, family):
    module = tiny_models[family].module
    parts = architecture(module)
    with torch.no_grad(), captured(parts, everything(parts)) as kept:
        module(IDS)
    for layer, block in enumerate(parts.blocks):
        heads = kept[Site(layer, "heads")][0]
        assert heads.shape[-1] == parts.heads * parts.head_width
        attention = block.attention_out(heads)
        torch.testing.assert_close(attention, kept[Site(layer, "attention")][0])
        neurons = kept[Site(layer, "neurons")][0]
        torch.testing.assert_close(block.mlp_out(neurons), kept[Site(layer, "mlp")][0])


@pytest.mark.parametrize("family", FAMILIES)
def test_an_edit_moves_the_answer_and_the_same_value_does_not(tiny_models, family):
    module = tiny_models[family].module
    parts, before = architecture(module), hooks(module)
    with torch.no_grad():
        plain = module(IDS).logits
        for site in everything(parts):
            with edited(parts, {site: lambda tensor: tensor.clone()}):
                assert torch.equal(module(IDS).logits, plain)
            with edited(parts, {site: lambda tensor: tensor + ramp(tensor)}):
                assert not torch.allclose(module(IDS).logits, plain, atol=1e-3)
        assert torch.equal(module(IDS).logits, plain)
    assert hooks(module) == before


def test_no_hook_stays_after_an_error(tiny_models):
    module = tiny_models["llama"].module
    parts, before = architecture(module), hooks(module)
    during = []

    def fail(_tensor):
        during.append(hooks(module))
        raise ZeroDivisionError

    with (
        pytest.raises(ZeroDivisionError),
        captured(parts, everything(parts)),
        edited(parts, {Site(0, "mlp"): fail}),
    ):
        module(IDS)
    assert during[0] > before
    assert hooks(module) == before


def test_a_family_without_known_names_is_refused_by_name():
    class Odd(torch.nn.Module):
        class config:  # noqa: N801
            model_type = "odd_one"

    with pytest.raises(CapabilityError, match="odd_one"):
        architecture(Odd())
