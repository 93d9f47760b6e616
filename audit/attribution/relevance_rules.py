"""Relevance rules: the same value forwards, another slope backwards.

Relevance of a tensor is R = x * g, with g an ordinary gradient whose local slopes are altered
where a layer is not linear, so that R is handed on whole. The forward value is passed through
bit by bit: only the slope is ours. Every slope is a formula of its own, never a division by a
small number; the one exception is the norm without mean, whose slope y / x is exact for every
way of writing its weight, w or 1 + w.

Source: Achtibat et al. 2024, arXiv:2402.05602, section 3; as gradients, Arras et al. 2025,
        arXiv:2502.15886.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    Slope = Callable[[Tensor], Tensor]

_MOST = 60.0  # exp stays finite in float32; softcaps never get there


class _Passed(torch.autograd.Function):
    """Gives `y` forwards and `back(gradient)` backwards, to `x`."""

    @staticmethod
    def forward(ctx: Any, _x: Tensor, y: Tensor, back: Slope) -> Tensor:
        ctx.back = back
        return y.view_as(y)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return ctx.back(gradient), None, None


def passed(x: Tensor, y: Tensor, back: Slope) -> Tensor:
    """Return `y`, bit by bit, as if it were made of `x` with the slope `back`.

    Args:
        x: What the gradient goes to.
        y: The value; its own history is cut.
        back: From the gradient of `y` to the gradient of `x`.
    """
    found: Tensor = _Passed.apply(x, y.detach(), lambda g: back(g).to(x.dtype))  # type: ignore[no-untyped-call]
    return found


def weighted(x: Tensor, share: float) -> Tensor:
    """Return `x` with its gradient times `share`: one factor's part of a product."""
    return passed(x, x, lambda g: g * share)


def scaled_norm(x: Tensor, y: Tensor) -> Tensor:
    """RMS norm: the scale is a constant, so each entry has the slope y / x.

    An entry that is exactly zero has no relevance, and gets no slope.
    """
    zero = x == 0
    slope = (y / x.masked_fill(zero, 1)).masked_fill(zero, 0).detach()
    return passed(x, y, lambda g: g * slope)


def centred_norm(x: Tensor, y: Tensor, module: Any) -> Tensor:
    """Layer norm: the deviation is a constant; taking out the mean keeps its slope."""
    wide = x.detach().to(torch.promote_types(x.dtype, torch.float32))
    eps: Any = getattr(module, "eps", None) or getattr(module, "variance_epsilon", 0.0)
    slope = torch.rsqrt(wide.var(dim=-1, unbiased=False, keepdim=True) + eps)
    if (weight := getattr(module, "weight", None)) is not None:
        slope = slope * weight

    def back(gradient: Tensor) -> Tensor:
        scaled = gradient * slope
        return scaled - scaled.mean(dim=-1, keepdim=True)

    made = passed(x, y, back)
    if getattr(module, "bias", None) is not None and module.bias.requires_grad:
        made = made + (module.bias - module.bias.detach())  # zero, with a slope for the ledger
    return made


def activated(x: Tensor, y: Tensor, module: Any) -> Tensor:
    """Activation f: the slope is f(x) / x."""
    slope = ACTIVATIONS[type(module).__name__](module, x.detach())
    return passed(x, y, lambda g: g * slope)


def capped(x: Tensor) -> Tensor:
    """Return tanh(x) with the slope tanh(x) / x."""
    slope = _tanh_over(x.detach())
    return passed(x, torch.tanh(x.detach()), lambda g: g * slope)


def ahead_of_cap(x: Tensor, cap: float) -> Tensor:
    """Return `x`, with a slope that makes up for a cap * tanh(x / cap) that follows.

    The cap's own slope is 1 - tanh(u)^2, u = x / cap; wanted is tanh(u) / u; their ratio is
    sinh(2u) / 2u.
    """
    twice = (2 * x.detach() / cap).clamp(-_MOST, _MOST)
    zero = twice == 0
    ratio = (torch.sinh(twice) / twice.masked_fill(zero, 1)).masked_fill(zero, 1)
    return passed(x, x, lambda g: g * ratio)


def _tanh_over(x: Tensor) -> Tensor:
    """Return tanh(x) / x, one at zero."""
    zero = x == 0
    return (torch.tanh(x) / x.masked_fill(zero, 1)).masked_fill(zero, 1)


def _gelu(module: Any, x: Tensor) -> Tensor:
    if getattr(module, "approximate", "none") == "tanh":
        return _gelu_tanh(module, x)
    normal: Tensor = torch.special.ndtr(x)
    return normal


def _gelu_tanh(_: Any, x: Tensor) -> Tensor:
    return 0.5 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


ACTIVATIONS: Mapping[str, Callable[[Any, Tensor], Tensor]] = {
    "FastGELUActivation": _gelu_tanh,
    "GELU": _gelu,
    "GELUActivation": _gelu,
    "GELUTanh": _gelu_tanh,
    "MishActivation": lambda _, x: torch.tanh(torch.nn.functional.softplus(x)),
    "NewGELUActivation": _gelu_tanh,
    "QuickGELUActivation": lambda _, x: torch.sigmoid(1.702 * x),
    "ReLU": lambda _, x: (x > 0).to(x.dtype),
    "ReLUSquaredActivation": lambda _, x: torch.relu(x),
    "SiLU": lambda _, x: torch.sigmoid(x),
    "SiLUActivation": lambda _, x: torch.sigmoid(x),
    "Tanh": lambda _, x: _tanh_over(x),
}
"""For each activation, by the name of its class, f(x) / x."""
