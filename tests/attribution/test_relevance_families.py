"""Relevance adds up in every proven family, and stops adding up without any one of its rules."""

import pytest
import torch

from audit.attribution import relevance_attention, relevance_flow, relevance_ledger
from audit.attribution.contract import Refused
from audit.attribution.relevance_ledger import close, ledger_of
from audit.records.ledgers import RelevanceLedger
from tests.attribution.relevance_families import (
    FAMILIES,
    NO_ADDED_NUMBERS,
    logits,
    network,
    prompt,
    relevance,
    score,
)

WAYS = ("weights and values", "values")
WEIGHTS, VALUES = WAYS

each_family = pytest.mark.parametrize("family", FAMILIES)
each_way = pytest.mark.parametrize("through", WAYS)


@pytest.fixture(scope="module")
def networks():
    return {family: network(family) for family in FAMILIES}


@each_way
@each_family
def test_everything_is_accounted_for(networks, family, through):
    model = networks[family]
    found = close(model, score(model), prompt(model), through)
    assert found.tokens.abs().max() > 0.1
    assert found.gap <= 1e-10
    assert found.entered == 2  # one attention a layer
    if through == WEIGHTS:
        assert abs(found.softmax) > 1e-3  # control: the term is needed


@pytest.mark.parametrize("family", NO_ADDED_NUMBERS)
def test_with_constant_weights_and_no_biases_tokens_get_all(networks, family):
    model = networks[family]
    found = close(model, score(model), prompt(model), VALUES)
    assert float(found.tokens.sum()) == pytest.approx(found.score, rel=1e-10)
    through_weights = close(model, score(model), prompt(model), WEIGHTS)
    assert abs(float(through_weights.tokens.sum()) - found.score) > 1e-3  # control


def unruled(*_):
    """Any rule, gone: the part keeps its own slope."""
    return


def same(x, *_):
    return x


# rule -> where it stands, what stands in its place, and the families that need it
RULES = {
    "half to each side of a gate": (
        relevance_flow, "_GATED", (),
        ("llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3_text"),
    ),
    "norm without mean": (
        relevance_flow, "scaled_norm", unruled,
        ("llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3_text"),
    ),
    "norm with mean": (relevance_flow, "centred_norm", unruled, ("gpt2", "gpt_neox", "bert")),
    "activation": (relevance_flow, "activated", unruled, tuple(FAMILIES)),
    "products of attention": (relevance_attention, "weighted", same, tuple(FAMILIES)),
    "soft cap of scores": (relevance_attention, "capped", torch.tanh, ("gemma2",)),
    "soft cap of logits": (relevance_flow, "ahead_of_cap", same, ("gemma2",)),
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "family"), [(rule, family) for rule, found in RULES.items() for family in found[3]]
)
def test_without_a_rule_it_does_not_add_up(networks, monkeypatch, rule, family):
    room, name, instead, _ = RULES[rule]
    model = networks[family]
    monkeypatch.setattr(room, name, instead)
    assert close(model, score(model), prompt(model), WEIGHTS).gap > 1e-3


@pytest.mark.parametrize(
    ("family", "names"),
    [
        ("qwen3", ("q_norm", "k_norm")),
        ("gemma3_text", ("q_norm", "k_norm")),
        ("gemma2", ("post_attention_layernorm", "post_feedforward_layernorm")),
        ("bert", ("activation",)),  # the pooler's tanh
    ],
)
def test_a_familys_own_parts_need_their_rule(networks, monkeypatch, family, names):
    model = networks[family]
    skipped = {part for name, part in model.named_modules() if name.rsplit(".", 1)[-1] in names}
    ruled = relevance_flow._ruled
    monkeypatch.setattr(
        relevance_flow,
        "_ruled",
        lambda *given: ((part, rule) for part, rule in ruled(*given) if part not in skipped),
    )
    assert skipped
    assert close(model, score(model), prompt(model), WEIGHTS).gap > 1e-3


@pytest.mark.parametrize("family", ["qwen2", "gpt2", "gpt_neox", "bert"])
def test_added_numbers_must_be_counted(networks, family):
    model = networks[family]
    found = close(model, score(model), prompt(model), WEIGHTS)
    assert abs(found.added) > 1e-3 * max(1.0, abs(found.score))


@each_way
@each_family
def test_step_by_step_is_the_models_own_attention(networks, family, through):
    """The ledger's attention and the model's: the same relevance (eager softmax is float32)."""
    model = networks[family]
    found = close(model, score(model), prompt(model), through)
    own = relevance(model, through, prompt(model), score(model))[0]
    assert torch.allclose(own, found.tokens, atol=1e-5, rtol=1e-5)


@each_way
@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "gemma2"])
def test_eager_equals_sdpa(networks, family, through):
    model = networks[family]
    assert model.config._attn_implementation == "sdpa"
    sdpa = relevance(model, through, prompt(model), score(model))
    try:
        model.set_attn_implementation("eager")
        eager = relevance(model, through, prompt(model), score(model))
    finally:
        model.set_attn_implementation("sdpa")
    assert torch.allclose(eager, sdpa, atol=1e-6)
    assert sdpa.abs().max() > 1e-2


@each_way
@each_family
def test_linear_in_the_score(networks, family, through):
    model, points = networks[family], prompt(networks[family])
    one, other = (
        relevance(model, through, points, lambda p, n=n: logits(model, p)[0, n]) for n in (0, 1)
    )
    both = relevance(model, through, points, score(model))
    assert torch.allclose(both, one - other, atol=1e-10)
    assert not torch.allclose(both, one, atol=1e-3)


@each_way
@each_family
def test_padding_changes_nothing(networks, family, through):
    """A short prompt beside a longer one, padded on the right, both in one backward pass."""
    model = networks[family]
    short, long = prompt(model, 1, length=6), prompt(model, 2, length=9)
    rows = torch.cat((torch.cat((short, long[:, 6:]), dim=1), long))
    mask = torch.tensor([[1] * 6 + [0] * 3, [1] * 9])

    def of_both(points):
        found = model(inputs_embeds=points, attention_mask=mask).logits
        if found.dim() == 3:
            found = found[torch.arange(2), torch.tensor([5, 8])]
        return (found[:, 0] - found[:, 1]).sum()

    together = relevance(model, through, rows, of_both)
    apart = [relevance(model, through, one, score(model)) for one in (short, long)]
    assert (together[0, 6:] == 0).all()
    assert torch.allclose(together[0, :6], apart[0][0], atol=1e-6)
    assert torch.allclose(together[1], apart[1][0], atol=1e-6)


@pytest.mark.parametrize("family", ["phi", "phi3", "olmo2", "granite", "starcoder2", "opt"])
def test_any_other_family_that_adds_up_is_accepted(family):
    found = ledger_of(network(family), "m", WEIGHTS)
    assert isinstance(found, RelevanceLedger)
    assert found.dtype == "float64"
    assert found.gap <= 1e-10
    assert found.family.lower().startswith(family)


@pytest.mark.parametrize(
    ("family", "given", "said"),
    [
        ("gptj", {"rotary_dim": 4}, "attention interface"),
        ("falcon", {}, "attention interface"),
        ("bloom", {}, "attention interface"),
        ("roberta", {"is_decoder": True, "pad_token_id": 1}, "does not add up"),
        ("mixtral", {"num_key_value_heads": 2}, "does not add up"),
    ],
)
def test_a_family_that_does_not_is_refused_by_name(monkeypatch, family, given, said):
    monkeypatch.setitem(FAMILIES, family, given)
    found = ledger_of(network(family, dtype=torch.float32), "relevance_propagation", WEIGHTS)
    assert isinstance(found, Refused)
    assert said in found.detail
    assert "relevance_propagation" in found.detail
    assert family in found.detail.lower()


def test_attention_of_another_kind_than_the_ledgers_is_refused(monkeypatch):
    """What is checked is what is used: another slope in the model's own attention is seen."""
    monkeypatch.setattr(relevance_attention, "_own_attention", twice)
    found = ledger_of(network("llama"), "m", WEIGHTS)
    assert isinstance(found, Refused)
    assert "ledger" in found.detail


def twice(own, module, given):
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    def attention(module, query, *rest, **given):
        return ALL_ATTENTION_FUNCTIONS["sdpa"](module, query * 2 - query.detach(), *rest, **given)

    return attention


def test_the_ledger_is_computed_once_a_model(monkeypatch):
    computed = []
    plain = relevance_ledger._computed
    monkeypatch.setattr(
        relevance_ledger, "_computed", lambda *given: computed.append(1) or plain(*given)
    )
    model, other = network("llama"), network("llama", seed=1)
    found = [ledger_of(one, "m", WEIGHTS) for one in (model, model, other)]
    assert found[0] is found[1]
    assert found[2] != found[0]
    assert len(computed) == 2


def test_a_ledger_that_does_not_add_up_is_no_record():
    given = {
        "method": "m", "family": "F", "dtype": "float64", "score": 2.0, "tokens": 1.0,
        "added": 0.5, "softmax": 0.5, "gap": 0.0, "limit": 1e-6,
    }  # fmt: skip
    assert RelevanceLedger(**given)
    with pytest.raises(ValueError, match="not accounted for"):
        RelevanceLedger(**given | {"added": 0.51})
