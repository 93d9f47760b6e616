"""Randomised weights: a model whose numbers are drawn by chance, for as long as one looks.

A map that is the same whatever the weights are shows the text and not the model. So each
map is made a second time with every parameter drawn anew, from a normal distribution with
that tensor's own mean and standard deviation: numbers of the usual size, with nothing
learned in them. All parameters at once, embeddings included, is what a run asks; one layer
at a time tells at which layer a map starts to differ.

The parameters' own tensors are set aside and put back, not copied, so they come back bit
for bit, after an error too. Buffers stay: they are no weights.

Source: Adebayo et al. 2018, arXiv:1810.03292 (sanity checks for saliency maps).
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from audit.records.digests import content_seed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

_LAYER = re.compile(r"\.(\d+)\.")


@contextmanager
def randomised(module: Any, seed: str, layer: int | None = None) -> Iterator[tuple[str, ...]]:
    """Draw parameters anew; yield the names of those drawn.

    Args:
        module: A torch module.
        seed: With a tensor's name it decides the tensor's numbers, so that a tensor is the
            same whether it is drawn with its layer or with all.
        layer: Which layer's parameters, counted from 0; None for every parameter.

    Raises:
        ValueError: If the module has no such layer.
    """
    drawn = [
        (name, parameter)
        for name, parameter in module.named_parameters()
        if layer is None or _layer_of(name) == layer
    ]
    if not drawn:
        raise ValueError(f"no parameter belongs to layer {layer}")
    own = [parameter.data for _, parameter in drawn]
    try:
        for name, parameter in drawn:
            parameter.data = _anew(parameter.data, content_seed("randomised", seed, name))
        yield tuple(name for name, _ in drawn)
    finally:
        for (_, parameter), tensor in zip(drawn, own, strict=True):
            parameter.data = tensor


def layers(module: Any) -> tuple[int, ...]:
    """Return the numbers of the module's layers, rising."""
    found = {_layer_of(name) for name, _ in module.named_parameters()}
    return tuple(sorted(number for number in found if number is not None))


def _layer_of(name: str) -> int | None:
    """Return the layer that a parameter's name tells, the outermost number in it."""
    found = _LAYER.search(name)
    return int(found[1]) if found else None


def _anew(own: Tensor, seed: int) -> Tensor:
    """Return a tensor of the same kind, normal with the same mean and deviation."""
    generator = torch.Generator().manual_seed(seed % 2**63)
    known = own.float()
    noise = torch.randn(own.shape, generator=generator).to(own.device)
    return (known.mean() + known.std(correction=0) * noise).to(own.dtype)
