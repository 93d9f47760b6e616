"""Stream: read or change the residual stream after a block, by hooks that come off again.

The blocks are the longest list of modules below the model; a block's output is the stream, as a
tensor or as the first part of a tuple. Nothing is left on the model, after an error either.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from audit.errors import CapabilityError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import Tensor


def blocks(module: Any) -> tuple[Any, ...]:
    """Return the decoder's blocks, from the embeddings up.

    Raises:
        CapabilityError: If there is no list of modules.
    """
    lists = [part for part in module.modules() if isinstance(part, torch.nn.ModuleList)]
    longest = max(lists, key=len, default=None)
    if longest is None or not len(longest):
        raise CapabilityError("the model shows no stack of blocks")
    return tuple(longest)


@contextmanager
def edited(block: Any, edit: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """Put the edit of the stream after a block in its place, (batch, tokens, width)."""

    def hook(_module: Any, _inputs: Any, output: Any) -> Any:
        if isinstance(output, tuple):
            return (edit(output[0]), *output[1:])
        return edit(output)

    handle = block.register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def captured(stack: Sequence[Any]) -> Iterator[list[list[Tensor]]]:
    """Keep the stream after each block: for each block one tensor a forward pass."""
    kept: list[list[Tensor]] = [[] for _ in stack]
    handles: list[Any] = []
    try:
        for block, found in zip(stack, kept, strict=True):
            handles.append(block.register_forward_hook(_keep(found)))
        yield kept
    finally:
        for handle in handles:
            handle.remove()


def _keep(found: list[Tensor]) -> Callable[..., None]:
    def hook(_module: Any, _inputs: Any, output: Any) -> None:
        found.append(output[0] if isinstance(output, tuple) else output)

    return hook


def added(
    vector: Tensor, places: Sequence[int], rows: Sequence[int]
) -> Callable[[Tensor], Tensor]:
    """Return the edit that adds a vector, (width,), at some places of some rows."""

    def edit(stream: Tensor) -> Tensor:
        changed = stream.clone()
        for row in rows:
            changed[row, list(places)] += vector.to(stream)
        return changed

    return edit


def replaced(values: Tensor, places: Sequence[int]) -> Callable[[Tensor], Tensor]:
    """Return the edit that puts values, (places, width), in every row."""

    def edit(stream: Tensor) -> Tensor:
        changed = stream.clone()
        changed[:, list(places)] = values.to(stream)
        return changed

    return edit
