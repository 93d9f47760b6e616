"""Resuming: a forward pass that begins at a later block, from a stream computed before.

Patching a part of layer 20 leaves layers 0 to 19 as they were, so their result is kept once
(`recorded`) and handed to every patched pass (`resumed`): skipped blocks do nothing, and the
last of them hands on what it gave when it was recorded. Everything around the blocks, masks
and positions included, is computed by the model itself, so nothing of a family's own needs
to be known. Blocks are given a forward function of their own for the time of the context,
and lose it afterwards, after an error too.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from audit.models.architectures import Architecture

Outputs = list[list[Any]]
"""For each block, what it gave in each forward pass: a tensor, or a tuple that begins with one."""


@contextmanager
def recorded(architecture: Architecture) -> Iterator[Outputs]:
    """Keep what every block gives, one entry a forward pass, graph included."""
    kept: Outputs = [[] for _ in architecture.blocks]
    with ExitStack() as hooks:
        for block, outputs in zip(architecture.blocks, kept, strict=True):
            hooks.callback(block.whole.register_forward_hook(_keeper(outputs)).remove)
        yield kept


@contextmanager
def resumed(
    architecture: Architecture, outputs: Sequence[Sequence[Any]], layer: int, batch: int
) -> Iterator[None]:
    """Let forward passes begin at a block.

    Args:
        outputs: What `recorded` kept of the same prompt, with a batch of one.
        layer: The first block that is computed.
        batch: Rows of the passes to come, in which the recorded row stands each time.
    """
    with ExitStack() as undone:
        for block in architecture.blocks[:layer]:
            undone.callback(_restore, block.whole, vars(block.whole).get("forward"))
            block.whole.forward = _handing_on(outputs[layer - 1], batch)
        yield


def _keeper(outputs: list[Any]) -> Callable[..., None]:
    def hook(_module: Any, _args: Any, output: Any) -> None:
        outputs.append(output)

    return hook


def _handing_on(outputs: Sequence[Any], batch: int) -> Callable[..., Any]:
    """Return a forward function that gives what was recorded, pass by pass, in every row."""
    passes = count()

    def forward(*_args: Any, **_kwargs: Any) -> Any:
        output = outputs[next(passes) % len(outputs)]
        if isinstance(output, tuple):
            return (output[0].expand(batch, -1, -1), *output[1:])
        return output.expand(batch, -1, -1)

    return forward


def _restore(module: Any, forward: Callable[..., Any] | None) -> None:
    """Give a module back the forward function that it had, its class's own if it had none."""
    if forward is None:
        del module.forward
    else:
        module.forward = forward
