"""Tracing: run token sequences, and keep weighted sums of what flows through chosen sites.

What is wanted of a stream is seldom all of it: the mean of a word's tokens, the place where
the answer is read. Each passage says so by a matrix of weights over its places, and only
that is kept while the forward pass goes on, so memory grows with what is wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from audit.models.architectures import architecture
from audit.models.memory import in_halves, memory_errors
from audit.models.sites import watched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from audit.models.contract import Intervenes
    from audit.models.sites import Site


@dataclass(frozen=True)
class Passage:
    """One token sequence, and what is kept of it.

    Attributes:
        weights: (kept, tokens); a row that has one 1 keeps a place, one that sums to 1 a mean.
    """

    tokens: tuple[int, ...]
    weights: Tensor


Kept = dict["Site", "Tensor"]
"""Site -> (kept, width), in float32 or better, without a graph."""


def trace(
    model: Intervenes, passages: Sequence[Passage], sites: Sequence[Site]
) -> tuple[list[Kept], int]:
    """Run the passages through the network below its output head.

    Returns:
        What was kept of each passage, and how often the batch was split for want of memory.

    Raises:
        CapabilityError: If the family has no such part under a known name.
        MemoryError: If one passage alone exceeds memory.
    """
    return in_halves(lambda some: _traced(model, some, sites), passages)


def decoder_inputs(sequences: Sequence[tuple[int, ...]], device: Any) -> dict[str, Any]:
    """Return what a decoder is called with: padded on the right, with explicit positions."""
    longest = max(map(len, sequences))
    ids = torch.zeros(len(sequences), longest, dtype=torch.long)
    seen = torch.zeros_like(ids)
    for row, tokens in enumerate(sequences):
        ids[row, : len(tokens)] = torch.tensor(tokens, dtype=torch.long)
        seen[row, : len(tokens)] = 1
    places = torch.arange(longest).expand(len(sequences), -1)
    inputs = {"input_ids": ids, "attention_mask": seen, "position_ids": places}
    return {key: tensor.to(device) for key, tensor in inputs.items()} | {"use_cache": False}


def _traced(model: Intervenes, passages: Sequence[Passage], sites: Sequence[Site]) -> list[Kept]:
    module = model.module
    device = module.get_input_embeddings().weight.device
    weights = _padded([passage.weights for passage in passages])
    found: dict[Site, Tensor] = {}
    acts = {site: _keeping(found, site, weights) for site in sites}
    with memory_errors(), torch.no_grad(), watched(architecture(module), acts):
        module.base_model(**decoder_inputs([p.tokens for p in passages], device))
    counts = [len(passage.weights) for passage in passages]
    return [
        {site: kept[row, :count] for site, kept in found.items()}
        for row, count in enumerate(counts)
    ]


def _keeping(found: dict[Site, Tensor], site: Site, weights: Tensor) -> Callable[[Tensor], None]:
    """Return an act that keeps the weighted sums of a site's stream."""

    def keep(stream: Tensor) -> None:
        exact = torch.promote_types(stream.dtype, torch.float32)
        found[site] = weights.to(stream.device, exact) @ stream.to(exact)

    return keep


def _padded(weights: Sequence[Tensor]) -> Tensor:
    """Return matrices as one tensor, filled with zeros, (passages, most kept, longest)."""
    size = [max(one.shape[axis] for one in weights) for axis in (0, 1)]
    whole = torch.zeros(len(weights), *size, dtype=torch.float64)
    for row, one in enumerate(weights):
        whole[row, : one.shape[0], : one.shape[1]] = one
    return whole


def at(places: Sequence[int], length: int) -> Tensor:
    """Return weights that keep the given places, (places, length)."""
    rows = torch.zeros(len(places), length, dtype=torch.float64)
    rows[torch.arange(len(places)), torch.tensor(places, dtype=torch.long)] = 1.0
    return rows


def mean_of(shares: Sequence[tuple[int, float]], length: int) -> Tensor:
    """Return weights that keep the mean over places, each by its share, (1, length)."""
    row = torch.zeros(1, length, dtype=torch.float64)
    total = sum(share for _, share in shares)
    for place, share in shares:
        row[0, place] = share / total
    return row
