"""Randomising: the same network with random weights, for the time of a context.

Every weight matrix, embeddings included, is drawn anew from a normal distribution with the
mean and deviation that it has; biases and norms stay, so activations keep their scale. What
such a network shows between two prompts is what a shape shows that has learnt nothing.

Source: randomised weights as a control, after Adebayo et al. 2018, arXiv:1810.03292.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

_MATRIX = 2


@contextmanager
def randomised(module: Any, seed: int) -> Iterator[None]:
    """Give a network random weights, and its own again after an error too.

    It needs memory for a second copy of the weights.

    Args:
        module: A torch module with frozen parameters.
        seed: Of the draw; the same on every machine and device.
    """
    generator = torch.Generator().manual_seed(seed % 2**63)
    matrices = [one for one in module.parameters() if one.dim() >= _MATRIX]
    kept = [one.data for one in matrices]
    try:
        for one in matrices:
            one.data = _drawn(one.data, generator)
        yield
    finally:
        for one, own in zip(matrices, kept, strict=True):
            one.data = own


def _drawn(weights: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    std, mean = torch.std_mean(weights.float())
    noise = torch.randn(weights.shape, generator=generator)
    return (noise * std.cpu() + mean.cpu()).to(device=weights.device, dtype=weights.dtype)
