"""Readout: from the residual stream to the logits, and the same with the final norm frozen.

A final norm divides by a number that depends on the whole stream, so what one layer adds
cannot be told apart from what the others do to that number. Frozen at its observed value
the norm is affine, y = w * (h - c) / s + b (c the stream's mean where the norm takes it out,
else 0), and a sum in the stream is a sum in y.

Weight, bias and whether the mean is taken out are read off the norm's own answers to three
chosen vectors, not off its name: a family's special rule (Gemma's 1 + w) needs no table.

Source: frozen normalisers as in Elhage et al. 2021, A Mathematical Framework for
        Transformer Circuits; nostalgebraist 2020, interpreting GPT: the logit lens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from audit.errors import CapabilityError

if TYPE_CHECKING:
    from torch import Tensor

    from audit.models.architectures import Architecture

_LARGE = 1024.0  # a stream this large drowns the small number that norms add to a square
_AGREES = {torch.float32: 1e-4, torch.float64: 1e-5}  # many norms compute in float32 always
_AGREES_HALF = 3e-2  # sixteen-bit numbers


@dataclass(frozen=True)
class Readout:
    """The way from the stream after the last block to the logits.

    Attributes:
        cap: What the family squeezes its logits into, by c * tanh(z / c); 0 for nothing.
        factor: What it multiplies its logits by.
        weight: The norm's, (width,).
        bias: The norm's, (width,).
        centred: Whether the norm takes the stream's mean out.
    """

    norm: Any
    unembedding: Any
    cap: float
    factor: float
    weight: Tensor
    bias: Tensor
    centred: bool

    def logits(self, stream: Tensor) -> Tensor:
        """Return the logits read off a stream: (..., width) -> (..., vocabulary), float32."""
        return self.head(self.norm(stream.to(self.weight.dtype)))

    def head(self, normed: Tensor) -> Tensor:
        """Return the logits of a normed stream."""
        found: Tensor = self.unembedding(normed.to(self.weight.dtype))
        exact = found.to(torch.promote_types(found.dtype, torch.float32)) * self.factor
        return self.cap * torch.tanh(exact / self.cap) if self.cap else exact

    def normaliser(self, stream: Tensor) -> Tensor:
        """Return what the norm divides one stream by: (width,) -> ().

        Raises:
            CapabilityError: If the norm is of no form y = w * (h - c) / s + b.
        """
        with torch.no_grad():
            scaled = self._scaled(stream)
            normed = (self.norm(stream.to(self.weight.dtype)) - self.bias).to(scaled.dtype)
            inverse = (scaled * normed).sum() / (scaled * scaled).sum()
            tolerance = _AGREES.get(self.weight.dtype, _AGREES_HALF)
            apart = (inverse * scaled - normed).abs().max()
            if apart > tolerance * normed.abs().max().clamp(min=1.0):  # not finite: seen later
                raise CapabilityError(
                    f"the final norm is off by {float(apart):.1e} from dividing by one number, "
                    "so it cannot be frozen"
                )
            found: Tensor = 1 / inverse
            return found

    def frozen(self, stream: Tensor, normaliser: Tensor) -> Tensor:
        """Return the normed stream with the normaliser given: (width,) -> (width,)."""
        return self._scaled(stream) / normaliser + self.bias

    def _scaled(self, stream: Tensor) -> Tensor:
        moved = stream - stream.mean(dim=-1, keepdim=True) if self.centred else stream
        return self.weight.to(stream.dtype) * moved


def readout(architecture: Architecture, config: Any) -> Readout:
    """Return a decoder's readout.

    Raises:
        CapabilityError: If it keeps its final norm under no known name.
    """
    norm = architecture.final_norm
    if norm is None:
        raise CapabilityError(
            f"the family {architecture.family!r} keeps its final norm under no known name"
        )
    weight, bias, centred = _constants(norm, architecture.unembedding.weight)
    text = config.get_text_config()
    return Readout(
        norm=norm,
        unembedding=architecture.unembedding,
        cap=float(getattr(text, "final_logit_softcapping", None) or 0.0),
        factor=_factor(text),
        weight=weight,
        bias=bias,
        centred=centred,
    )


def _constants(norm: Any, like: Tensor) -> tuple[Tensor, Tensor, bool]:
    """Return weight, bias and whether the mean is taken out, by three trials."""
    signs = torch.ones(like.shape[-1], dtype=like.dtype, device=like.device)
    signs[1::2] = -1.0
    with torch.no_grad():
        one, other = norm(_LARGE * signs), norm(-_LARGE * signs)
        level = norm(_LARGE * torch.ones_like(signs))
    bias = (one + other) / 2
    flat = (level - bias).abs().max() <= _AGREES_HALF * (one - bias).abs().max()
    return (one - other) / 2 * signs, bias, bool(flat)


def _factor(config: Any) -> float:
    """Return what a family multiplies its logits by; Granite names what it divides by."""
    divided = float(getattr(config, "logits_scaling", None) or 1.0)
    return float(getattr(config, "logit_scale", None) or 1.0) / divided
