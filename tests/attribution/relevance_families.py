"""Random float64 networks of every proven family, wide enough that each rule matters."""

import torch
from transformers import BertConfig, BertForSequenceClassification

from tests.conftest import random_network

_FEW = {"num_key_value_heads": 2}
FAMILIES = {
    "llama": _FEW,
    "mistral": _FEW | {"sliding_window": 4},
    "qwen2": _FEW,
    "qwen3": _FEW | {"head_dim": 8},
    "gemma2": _FEW | {"head_dim": 8, "attn_logit_softcapping": 4.0, "final_logit_softcapping": 5.0,
                      "query_pre_attn_scalar": 8},
    "gemma3_text": _FEW | {"head_dim": 8, "query_pre_attn_scalar": 8},
    "gpt2": {},
    "gpt_neox": {},
    "bert": {},
}  # fmt: skip
NO_ADDED_NUMBERS = ("llama", "mistral", "qwen3", "gemma2", "gemma3_text")
VOCABULARY, LENGTH, WIDTH = 120, 9, 32


def network(family, seed=0, dtype=torch.float64):
    """A network whose biases and norm weights are no ones and zeros either."""
    model = _bert(seed) if family == "bert" else _causal(family, seed)
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    return model.to(dtype).requires_grad_(False).eval()


def _causal(family, seed):
    return random_network(family, VOCABULARY, seed, **FAMILIES.get(family, {}))


def _bert(seed):
    config = BertConfig(
        vocab_size=VOCABULARY, hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=64,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = BertForSequenceClassification(config)
        for parameter in model.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.25)
    return model


def prompt(model, seed=0, rows=1, length=LENGTH):
    """Embeddings of random tokens, (rows, length, width)."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(3, VOCABULARY, (rows, length), generator=generator)
    with torch.no_grad():
        return model.get_input_embeddings()(ids)


def logits(model, points, **given):
    """The last place's logits, or the classes', (rows, ...)."""
    found = model(inputs_embeds=points, **given).logits
    return found[:, -1] if found.dim() == 3 else found


def score(model, this=0, other=1):
    """The difference of two logits, of one prompt."""
    return lambda points: (found := logits(model, points)[0])[this] - found[other]


def relevance(model, through, points, scored):
    """Each token's relevance by the model's own attention, (rows, tokens)."""
    from audit.attribution.relevance_flow import relevance_flow

    points = points.detach().clone().requires_grad_()
    with relevance_flow(model, through):
        (gradient,) = torch.autograd.grad(scored(points), points)
    return (points * gradient).sum(-1).detach()
