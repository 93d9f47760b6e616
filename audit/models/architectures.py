"""Architectures: where each model family keeps its parts, as data, found by name.

A decoder is a stack of blocks. Each block adds two outputs to the residual stream, one of
attention and one of the MLP; a head's output is its slice of the input of the attention's
output projection, a neuron's activation is an entry of the input of the MLP's. Families
differ in names only, so the names stand in the tables below; what is not found is None,
and whoever needs it refuses by name. Whether the parts are what their names say is for
`audit.models.checking` to try: names alone prove nothing.

Source: the naming tables follow `transformers` 5; the idea of architectures as data,
        nnterp (Butanium 2025).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from audit.errors import CapabilityError

_BLOCKS = (
    "model.layers",
    "transformer.h",
    "gpt_neox.layers",
    "model.decoder.layers",
    "model.language_model.layers",
    "transformer.blocks",
)
_FINAL_NORM = (
    "model.norm",
    "transformer.ln_f",
    "gpt_neox.final_layer_norm",
    "model.decoder.final_layer_norm",
    "model.language_model.norm",
    "model.final_layernorm",
    "transformer.norm_f",
)
_ATTENTION = ("self_attn", "attn", "attention", "self_attention")
_ATTENTION_OUT = ("o_proj", "c_proj", "dense", "out_proj", "wo")
_MLP = ("mlp", "feed_forward", "ffn")
_MLP_OUT = ("down_proj", "c_proj", "dense_4h_to_h", "fc2", "fc_out", "w2")
_MLP_IN = ("gate_proj", "c_fc", "dense_h_to_4h", "fc1", "fc_in", "w1")
_ACTIVATION = ("act_fn", "act", "activation_fn", "activation_function")
_POST_MLP_NORM = "post_feedforward_layernorm"  # its presence tells post-norm families
_POST_ATTENTION_NORM = "post_attention_layernorm"


@dataclass(frozen=True)
class Block:
    """One layer of the stack; each part is a torch module.

    Attributes:
        whole: Its output is the residual stream after the block.
        attention: The attention module itself.
        attention_adds: Its output is what attention adds to the stream (after a post-norm).
        attention_out: Its input holds the heads' outputs side by side; None if not found.
        mlp_adds: Its output is what the MLP adds to the stream.
        mlp_in: Its output goes through the activation function; None if not found.
        activation: The activation function; None if not found.
        mlp_out: Its input holds the neurons' activations; None if not found.
    """

    whole: Any
    attention: Any
    attention_adds: Any
    attention_out: Any | None
    mlp_adds: Any
    mlp_in: Any | None
    activation: Any | None
    mlp_out: Any | None


@dataclass(frozen=True)
class Architecture:
    """A decoder's parts.

    Attributes:
        family: `config.model_type`.
        blocks: From the embeddings up.
        final_norm: What stands between the last block and the unembedding; None if not found.
        unembedding: From residual stream to logits.
        heads: Query heads of a layer.
        head_width: Width of one head's output.
    """

    family: str
    blocks: tuple[Block, ...]
    final_norm: Any | None
    unembedding: Any
    heads: int
    head_width: int


def architecture(module: Any) -> Architecture:
    """Return the parts of a causal language model.

    Args:
        module: A Hugging Face causal language model.

    Raises:
        CapabilityError: If it has no stack of blocks with attention and MLP under known names.
    """
    family = str(module.config.model_type)
    stack = _first(module, _BLOCKS)
    if stack is None or not len(stack):
        raise CapabilityError(
            f"the family {family!r} keeps its blocks under no known name; it cannot be looked into"
        )
    config = module.config.get_text_config()
    heads = int(config.num_attention_heads)
    return Architecture(
        family=family,
        blocks=tuple(_block(block, family) for block in stack),
        final_norm=_first(module, _FINAL_NORM),
        unembedding=module.get_output_embeddings(),
        heads=heads,
        head_width=int(getattr(config, "head_dim", None) or config.hidden_size // heads),
    )


def _block(block: Any, family: str) -> Block:
    attention = _first(block, _ATTENTION)
    mlp = _first(block, _MLP)
    inside = mlp if mlp is not None else block  # some families keep the MLP's parts in the block
    mlp_out = _first(inside, _MLP_OUT)
    if attention is None or (mlp is None and mlp_out is None):
        raise CapabilityError(
            f"a block of the family {family!r} shows no attention or no MLP under a known name"
        )
    post_normed = hasattr(block, _POST_MLP_NORM)
    return Block(
        whole=block,
        attention=attention,
        attention_adds=getattr(block, _POST_ATTENTION_NORM) if post_normed else attention,
        attention_out=_first(attention, _ATTENTION_OUT),
        mlp_adds=getattr(block, _POST_MLP_NORM) if post_normed else (mlp or mlp_out),
        mlp_in=_first(inside, _MLP_IN),
        activation=_first(inside, _ACTIVATION),
        mlp_out=mlp_out,
    )


def _first(module: Any, paths: tuple[str, ...]) -> Any | None:
    """Return the first part that is there under one of the dotted names, or None."""
    for path in paths:
        found = module
        for name in path.split("."):
            found = getattr(found, name, None)
            if found is None:
                break
        else:
            return found
    return None
