"""Network spike: shift an answer by a vector in the residual stream, as a real cause might.

The vector stands at the tokens of the group's words, after one block. It begins as the mean
direction in which the log-odds move, and is turned uphill a few times, for a network with
norms soon saturates along a straight line. Blocks whose gradient there is negligible are
never drawn: the last one's always is, for nothing later looks back at those tokens. What a
vector of some length does to the log-odds is no straight line, so its length is sought by
bisection on some prompts and its effect measured on others, by plain forward passes.

The patching curve puts the stream of the spiked prompt, at those tokens, into the prompt
without a spike, one block at a time, and asks how much of the effect comes back: nothing
before the block where the spike was planted, all of it there, so there the curve has to step.

Source: activation patching, Vig et al. 2020, arXiv:2004.12265, and Meng et al. 2022,
        arXiv:2202.05262 (causal tracing); steering by added vectors, Turner et al. 2023,
        arXiv:2308.10248.
"""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from audit.controls.stream import added, captured, edited, replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from audit.controls.prompts import Order, Prompt

_NEGLIGIBLE = 0.1  # of the largest block's pull
_CLOSE = 0.05  # of the wanted shift
_SCALE = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)  # lengths of the stream
_HALVINGS = 10
_HALF = 0.5
_TURNS = 6
_TURNED_AT = 0.5  # lengths of the stream


class Pull(NamedTuple):
    """What the stream after one block does to the log-odds, at the group's words.

    Attributes:
        direction: Mean gradient over prompts and tokens, made one long, (width,).
        size: Mean length of the gradient times that of the stream: relative sensitivity.
        length: Mean length of the stream.
    """

    direction: Tensor
    size: float
    length: float


@dataclass(frozen=True)
class Spike:
    """A vector after one block; its length is `strength` lengths of the stream there."""

    stack: Sequence[Any]
    layer: int
    pull: Pull
    strength: float

    def on(self, order: Order, rows: Sequence[int]) -> AbstractContextManager[None]:
        """Plant the spike in some rows while a prompt is asked."""
        if not self.strength:
            return nullcontext()
        vector = self.pull.direction * (self.strength * self.pull.length)
        return edited(self.stack[self.layer], added(vector, order.places, rows))


def pulls(stack: Sequence[Any], prompts: Sequence[Prompt]) -> tuple[Pull, ...]:
    """Return the pull of every block, mean over prompts and both orders."""
    directions: list[list[Tensor]] = [[] for _ in stack]
    lengths: list[list[float]] = [[] for _ in stack]
    for prompt in prompts:
        for order in prompt.orders:
            for block, (gradient, stream) in enumerate(_gradients(stack, prompt, order)):
                directions[block].append(gradient)
                lengths[block].append(float(stream.norm(dim=-1).mean()))
    return tuple(_pull(torch.cat(d), n) for d, n in zip(directions, lengths, strict=True))


def eligible(found: Sequence[Pull]) -> tuple[int, ...]:
    """Return the blocks whose gradient is not negligible."""
    least = _NEGLIGIBLE * max(pull.size for pull in found)
    return tuple(n for n, pull in enumerate(found) if pull.size > 0 and pull.size >= least)


def sought(spike: Spike, prompts: Sequence[Prompt], target: float) -> tuple[Spike, float] | None:
    """Return the spike with the strength that shifts the mean log-odds by `target`.

    The shift rises with the strength at first only, so the least strength of a scale that
    shifts far enough is taken, and bisected with the one before it.

    Args:
        spike: Of any strength.
        prompts: On which the strength is sought.
        target: In nats; its sign turns the vector round.

    Returns:
        The spike and the shift that it reached; None if no strength of the scale is enough.
    """
    sign = math.copysign(1.0, target)
    clean = sum(_without(prompt) for prompt in prompts) / len(prompts)

    def tried(strength: float) -> tuple[Spike, float]:
        one = replace(spike, strength=sign * strength)
        shifted = sum(float(_asked(one, prompt, rows=1)) for prompt in prompts) / len(prompts)
        return one, shifted - clean

    low, best = 0.0, None
    for high in _SCALE:
        best = tried(high)
        if best[1] / target >= 1 - _CLOSE:
            return _bisected(tried, (low, high), best, target)
        low = high
    return None


def turned(spike: Spike, prompts: Sequence[Prompt], target: float) -> Spike:
    """Return the spike with its direction turned uphill, so that it shifts by its length most.

    Args:
        spike: Its strength is kept, and made one half where it is zero.
        prompts: On which the direction is sought.
        target: Its sign says which way is up.
    """
    sign = math.copysign(1.0, target)
    one = replace(spike, strength=sign * (abs(spike.strength) or _TURNED_AT))
    for _ in range(_TURNS):
        rise = [
            _gradients(one.stack, prompt, order, one)[one.layer][0]
            for prompt in prompts
            for order in prompt.orders
        ]
        uphill = torch.cat(rise).mean(dim=0)
        norm = float(uphill.norm())
        if not norm:
            break
        direction = one.pull.direction + uphill / norm
        one = replace(one, pull=one.pull._replace(direction=direction / direction.norm()))
    return one


def effect(spike: Spike, prompt: Prompt) -> tuple[float, float]:
    """Return a prompt's log-odds without and with the spike, mean over both orders, in nats."""
    clean, spiked = _asked(spike, prompt, rows=2).tolist()
    return clean, spiked


def patching_curve(spike: Spike, prompts: Sequence[Prompt]) -> tuple[float, ...]:
    """Return for each block the share of the effect that its stream alone brings back."""
    brought = torch.zeros(len(spike.stack), dtype=torch.float64)
    whole = 0.0
    for prompt in prompts:
        for order in prompt.orders:
            clean, spiked, streams = _both(spike, prompt, order)
            whole += spiked - clean
            brought += torch.tensor(
                [value - clean for value in _patched(spike, prompt, order, streams)],
                dtype=torch.float64,
            )
    return tuple((brought / whole).tolist()) if whole else (0.0,) * len(spike.stack)


def step(curve: Sequence[float]) -> int | None:
    """Return the first block whose stream brings back half of the effect, or None."""
    return next((block for block, share in enumerate(curve) if share >= _HALF), None)


def _gradients(
    stack: Sequence[Any], prompt: Prompt, order: Order, spike: Spike | None = None
) -> list[tuple[Tensor, Tensor]]:
    """Return for each block gradient and stream at the group's words, (tokens, width)."""
    planted = spike.on(order, [0]) if spike is not None else nullcontext()
    moved = replace(order, embeddings=order.embeddings.clone().requires_grad_())
    with torch.enable_grad(), planted, captured(stack) as kept:
        total: Any = prompt.log_odds(moved).sum()
        streams = [stream for each in kept for stream in each]
        found: Any = torch.autograd.grad(total, streams, allow_unused=True)
    passes = len(streams) // len(stack)
    gathered = []
    for block in range(len(stack)):
        mine = slice(block * passes, (block + 1) * passes)
        gradient = sum(_at(g, order) for g in found[mine] if g is not None)
        stream = _at(streams[mine][0], order)
        gathered.append((torch.zeros_like(stream) + gradient, stream))
    return gathered


def _at(stream: Tensor, order: Order) -> Tensor:
    """Return the first row's stream at the group's words, as float32."""
    return stream[0, list(order.places)].detach().float()


def _pull(gradients: Tensor, lengths: Sequence[float]) -> Pull:
    mean, length = gradients.mean(dim=0), sum(lengths) / len(lengths)
    norm = float(mean.norm())
    size = float(gradients.norm(dim=-1).mean()) * length
    return Pull(mean / norm if norm else mean, size if norm else 0.0, length)


def _bisected(
    tried: Callable[[float], tuple[Spike, float]],
    ends: tuple[float, float],
    best: tuple[Spike, float],
    target: float,
) -> tuple[Spike, float]:
    """Return the spike between two strengths whose shift is close to the target."""
    low, high = ends
    for _ in range(_HALVINGS):
        if abs(best[1] / target - 1) <= _CLOSE:
            break
        middle = (low + high) / 2
        best = tried(middle)
        low, high = (middle, high) if best[1] / target < 1 else (low, middle)
    return best


def _without(prompt: Prompt) -> float:
    with torch.no_grad():
        return sum(float(prompt.log_odds(o)[0]) for o in prompt.orders) / len(prompt.orders)


def _asked(spike: Spike, prompt: Prompt, *, rows: int) -> Tensor:
    """Return the mean log-odds over orders, (rows,), the spike in the last row alone."""
    found = []
    with torch.no_grad():
        for order in prompt.orders:
            with spike.on(order, [rows - 1]):
                found.append(prompt.log_odds(order, rows).double())
    return torch.stack(found).mean(dim=0)


def _both(spike: Spike, prompt: Prompt, order: Order) -> tuple[float, float, list[Tensor]]:
    """Return log-odds without and with the spike, and the spiked stream after each block."""
    with torch.no_grad():
        clean = float(prompt.log_odds(order)[0])
        with spike.on(order, [0]), captured(spike.stack) as kept:
            spiked = float(prompt.log_odds(order)[0])
    return clean, spiked, [each[0][0, list(order.places)] for each in kept]


def _patched(spike: Spike, prompt: Prompt, order: Order, streams: Sequence[Tensor]) -> list[float]:
    """Return the log-odds with the spiked stream put in after each block in turn."""
    found = []
    with torch.no_grad():
        for block, stream in zip(spike.stack, streams, strict=True):
            with edited(block, replaced(stream, order.places)):
                found.append(float(prompt.log_odds(order)[0]))
    return found
