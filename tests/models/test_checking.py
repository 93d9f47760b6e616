"""Checking: sound families pass; each broken part is refused, by name, and nothing else is."""

from types import SimpleNamespace

import pytest
import torch

from audit.models.checking import checked, refusal
from audit.models.contract import NotScored

FAMILIES = ("llama", "gpt2", "qwen2", "gpt_neox", "gemma")


def hooks(module):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in module.modules())


@pytest.mark.parametrize("family", FAMILIES)
def test_sound_families_pass_every_check_and_are_left_as_they_were(tiny_models, family):
    model = tiny_models[family]
    before = hooks(model.module)
    assert set(checked(model).values()) == {""}
    assert hooks(model.module) == before


def test_other_families_pass_or_are_refused_by_name(make_folder, load_model):
    granite = load_model(make_folder("granite", residual_multiplier=0.4, num_key_value_heads=2))
    failures = checked(granite)
    assert "'granite'" in failures["stream"]
    assert "does not sum" in failures["stream"]
    assert failures["readout"] == failures["patch"] == ""
    plain = load_model(make_folder("granite", logits_scaling=4.0, num_key_value_heads=2))
    assert set(checked(plain).values()) == {""}


def broken(model, **attributes):
    """The model with some of its parts replaced; everything else as it is."""
    return SimpleNamespace(
        module=model.module, encode=model.encode, embed=model.embed,
        answer_log_probs=model.answer_log_probs, **attributes,
    )  # fmt: skip


def test_a_head_that_does_more_than_it_seems_fails_the_readout_alone(make_folder, load_model):
    model = load_model(make_folder("llama"))
    bare = broken(model)
    plain = model.answer_log_probs
    bare.answer_log_probs = lambda encoded, embeddings: plain(encoded, embeddings) - 1.0
    failures = checked(bare)
    assert "lens at the last layer" in failures["readout"]
    assert [name for name, said in failures.items() if said] == ["readout"]


def test_a_model_that_ignores_what_is_patched_fails_the_patch_alone(tiny_models):
    model = tiny_models["llama"]
    bare = broken(model)

    def by_token(prompt, embeddings):
        """Answers from the embeddings alone, past all layers."""
        model.answer_log_probs(prompt, embeddings)  # hooks are fed all the same
        return embeddings.sum(dim=(1, 2))[:, None].expand(-1, len(prompt.answers))

    bare.answer_log_probs = by_token
    failures = checked(bare)
    assert "do not give its answer" in failures["patch"]
    assert failures["stream"] == failures["attention"] == ""


def test_attention_without_maps_fails_that_check_alone(make_folder, load_model):
    model = load_model(make_folder("llama"))
    attention = model.module.model.layers[1].self_attn
    attention.register_forward_hook(lambda _m, _i, output: (output[0], None))
    failures = checked(model)
    assert "hands out no map" in failures["attention"]
    assert [name for name, said in failures.items() if said] == ["attention"]


def test_a_norm_of_another_form_is_refused(make_folder, load_model):
    model = load_model(make_folder("llama"))
    norm = model.module.model.norm
    norm.forward = lambda stream: torch.tanh(stream / 50) * 3
    failures = checked(model)
    assert "cannot be frozen" in failures["readout"]
    assert failures["stream"] == ""


def test_refusals_name_what_a_question_needs_and_no_more():
    failures = {"stream": "", "readout": "no readout", "patch": "no patch", "attention": ""}
    assert refusal(("stream",), failures) == ""
    assert refusal(("stream", "readout"), failures) == "no readout"
    assert refusal(("readout", "patch"), failures) == "no readout; no patch"


def test_a_trial_that_cannot_be_encoded_fails_everything_with_the_reason(tiny_models):
    bare = broken(tiny_models["llama"])
    bare.encode = lambda _ask: NotScored("unencodable", "too long")
    assert all("too long" in said for said in checked(bare).values())
