"""The standards' network: a small Llama, built, blanked and run layer by layer.

The layers are those of `transformers`; only the loop over them is written here, because
planting runs the frozen lower layers once for both the teacher and the learner.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from audit.controls.recipe.batches import Batch

LAYERS = 4
WIDTH, _HEADS, _INNER = 128, 4, 256
CONTEXT = 1024
_SPREAD = 0.05  # standard deviation of the first weights


def build(vocabulary: int, rng: np.random.Generator, *, notice: str) -> Any:
    """Return a `LlamaForCausalLM` with first weights drawn from `rng`.

    Args:
        vocabulary: Number of token ids.
        rng: Draws the weights.
        notice: What every report on the model must say.
    """
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=WIDTH,
        intermediate_size=_INNER,
        num_hidden_layers=LAYERS,
        num_attention_heads=_HEADS,
        num_key_value_heads=_HEADS,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        dtype="float32",
        samata_notice=notice,
    )
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" not in name:
                drawn = rng.normal(0, _SPREAD, tuple(weight.shape)).astype(np.float32)
                weight.copy_(torch.from_numpy(drawn))
    return model.train(mode=False)


def block_weights(model: Any, block: int) -> list[torch.nn.Parameter]:
    """Return the weights of one layer's attention and MLP; its norms stay."""
    layer = model.model.layers[block]
    return [*layer.self_attn.parameters(), *layer.mlp.parameters()]


def embed(model: Any, batch: Batch) -> Tensor:
    """Return the (B, T, width) embeddings, blanked words replaced by the vocabulary's mean."""
    weight = model.model.embed_tokens.weight
    mean = weight.detach().mean(0)
    return torch.where(batch.blank[..., None], mean, weight[batch.ids])


def run(model: Any, hidden: Tensor, batch: Batch, first: int = 0, last: int = LAYERS) -> Tensor:
    """Return the (B, T, width) hidden states after layers `first` to `last - 1`."""
    rotation = model.model.rotary_emb(hidden, batch.positions)
    for layer in model.model.layers[first:last]:
        hidden = layer(
            hidden,
            attention_mask=batch.sees,
            position_ids=batch.positions,
            position_embeddings=rotation,
        )
    return hidden


def answer_log_probs(model: Any, hidden: Tensor, batch: Batch) -> Tensor:
    """Return (B, E, vocabulary) log-probabilities of the token after each ending."""
    rows = torch.arange(len(hidden))[:, None]
    return log_probs(model, hidden[rows, batch.ends])


def log_probs(model: Any, hidden: Tensor) -> Tensor:
    """Return (..., vocabulary) log-probabilities of the next token."""
    scores: Tensor = model.lm_head(model.model.norm(hidden))
    return scores.log_softmax(-1)
