"""Eager: attention maps, from a pass of their own.

Fused attention never makes the map that is looked at, and answers an empty tuple when asked
for it. The model is set to plain attention for this pass and back again, after an error too.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import torch

from audit.errors import CapabilityError
from audit.models.architectures import architecture
from audit.models.memory import memory_errors
from audit.models.tracing import decoder_inputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from audit.models.architectures import Architecture
    from audit.models.contract import Intervenes


Head = tuple[int, int]
"""Layer and place of a head in it."""


def attention_maps(model: Intervenes, tokens: tuple[int, ...], heads: Sequence[Head]) -> Tensor:
    """Return the maps of chosen heads: (heads, places looking, places looked at), float32.

    Raises:
        CapabilityError: If an attention module hands out no map for one of these heads.
        MemoryError: If the sequence exceeds memory.
    """
    module = model.module
    device = module.get_input_embeddings().weight.device
    found: dict[Head, Tensor] = {}
    keeping = _kept(architecture(module), heads, found)
    with eager(module), keeping, memory_errors(), torch.no_grad():
        module.base_model(**decoder_inputs([tokens], device))
    if missing := [head for head in heads if head not in found]:
        raise CapabilityError(f"layer {missing[0][0]} hands out no map of head {missing[0][1]}")
    return torch.stack([found[head] for head in heads])


@contextmanager
def eager(module: Any) -> Iterator[None]:
    """Let the model use plain attention, and what it used before again afterwards."""
    before = module.config._attn_implementation  # noqa: SLF001 - the library has no public name
    module.set_attn_implementation("eager")
    try:
        yield
    finally:
        module.set_attn_implementation(before)


@contextmanager
def _kept(parts: Architecture, heads: Sequence[Head], found: dict[Head, Tensor]) -> Iterator[None]:
    """Keep the maps of the heads while they are made: the second thing that attention returns.

    The library's own way of asking for maps leaves its hooks on the model for good.
    """
    with ExitStack() as hooks:
        for layer in sorted({layer for layer, _ in heads}):
            attention = parts.blocks[layer].attention
            act = _keeping(layer, heads, found)
            hooks.callback(attention.register_forward_hook(act).remove)
        yield


def _keeping(layer: int, heads: Sequence[Head], found: dict[Head, Tensor]) -> Any:
    def keep(_module: Any, _args: Any, output: Any) -> None:
        maps = output[1] if isinstance(output, tuple) and len(output) > 1 else None
        if isinstance(maps, torch.Tensor):
            wanted = (head for head in heads if head[0] == layer and head[1] < maps.shape[1])
            found.update({head: maps[0, head[1]].float() for head in wanted})

    return keep
