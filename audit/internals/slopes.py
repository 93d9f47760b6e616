"""Slopes: in which stretch of its activation function a unit works.

The stretches are told by the slope of the model's own function, taken by automatic
differentiation, so that no formula of ours stands between: *off* where the slope is nearly
zero on the left, *valley* where it falls (SiLU and GELU dip below zero there), *on* where it
is nearly one on the right, *transition* between. Near the valley's floor the slope is nearly
zero too, and near its steepest rise it passes one; the ends are told from these by where the
slope is least and greatest.

Source: definitions by slope; off below -5.38 and on above 5.38 for SiLU, -2.79 and 2.79 for
        GELU follow from them and are tested against closed forms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import Tensor

STRETCHES = ("off", "valley", "transition", "on")

_FLAT = 0.02  # a slope this near to zero, or to one, is taken for it
_REACH, _STEP = 20.0, 0.005
_EXACT = 1e-9


@dataclass(frozen=True)
class Shape:
    """What is peculiar to an activation function.

    Attributes:
        name: Of the function's class.
        steepest_fall: Where the slope is least; infinite if it never falls below zero.
        steepest_rise: Where the slope is greatest; minus infinite if it never exceeds one.
        hard: Whether it is exactly zero for everything below zero.
    """

    name: str
    steepest_fall: float
    steepest_rise: float
    hard: bool


def shape_of(function: Any) -> Shape:
    """Return what is peculiar to an elementwise activation function."""
    points = torch.arange(-_REACH, _REACH + _STEP / 2, _STEP, dtype=torch.float64)
    values, slopes = outputs_and_slopes(function, points)
    falls, rises = slopes.min().item() < -_FLAT, slopes.max().item() > 1 + _FLAT
    return Shape(
        name=type(function).__name__,
        steepest_fall=points[slopes.argmin()].item() if falls else math.inf,
        steepest_rise=points[slopes.argmax()].item() if rises else -math.inf,
        hard=bool((values[points < -_EXACT] == 0).all()),
    )


def outputs_and_slopes(function: Any, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Return the function's values and slopes, both of the inputs' shape."""
    with torch.enable_grad():
        places = inputs.detach().requires_grad_()
        values = function(places)
        (slopes,) = torch.autograd.grad(values.sum(), places)
    return values.detach(), slopes


def stretches(shape: Shape, inputs: Tensor, slopes: Tensor) -> Tensor:
    """Return how many inputs lie in each of `STRETCHES`, (4,)."""
    off = (slopes.abs() < _FLAT) & (inputs < shape.steepest_fall)
    on = ((slopes - 1).abs() < _FLAT) & (inputs > shape.steepest_rise) & ~off
    valley = (slopes < 0) & ~off & ~on
    counts = torch.stack([off.sum(), valley.sum(), on.sum()])
    transition = inputs.numel() - counts.sum()
    return torch.stack([counts[0], counts[1], transition, counts[2]])
