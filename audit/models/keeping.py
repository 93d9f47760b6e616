"""Keeping: what the layers keep of a prompt's beginning, so that a pass may go on after it.

A causal model looks back at earlier places through their keys and values alone. Prompts that
begin alike share them, whatever comes later, so they are made once, and a pass over the later
places gives there what a pass over all of them gives. The library's own cache holds them, and
cuts them where a layer looks through a sliding window. Whether a family goes on as it should
is tried when a model is loaded (`audit.models.network`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


@dataclass(frozen=True)
class Beginning:
    """A prompt's first places.

    Attributes:
        places: How many.
        layers: For each layer keys and values, both (1, heads, places, width of a head).
    """

    places: int
    layers: tuple[tuple[Tensor, Tensor], ...]


def keep(model: Any, ids: Sequence[int]) -> Beginning:
    """Return what the layers keep of the tokens that a prompt begins with."""
    from transformers import DynamicCache  # noqa: PLC0415 - slow to import

    cache = DynamicCache()  # told of no windows, so that it keeps every place
    device = model.get_input_embeddings().weight.device
    with torch.inference_mode():
        model.base_model(
            input_ids=torch.tensor([ids], device=device),
            position_ids=torch.arange(len(ids), device=device)[None],
            past_key_values=cache,
            use_cache=True,
        )
    return Beginning(len(ids), tuple((layer.keys, layer.values) for layer in cache.layers))


def going_on(model: Any, beginning: Beginning, batch: int) -> Any:
    """Return a cache from which the rows of one batch all go on; a pass adds to it."""
    from transformers import DynamicCache  # noqa: PLC0415 - slow to import

    kept = (
        (keys.expand(batch, -1, -1, -1), values.expand(batch, -1, -1, -1))
        for keys, values in beginning.layers
    )
    return DynamicCache(kept, config=model.config)
