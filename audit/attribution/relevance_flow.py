"""Relevance flow: inside this context, gradients of one model are relevance over input.

Hooks on the model's own parts alter slopes: norms, activations, gated products, soft caps;
attention is entered through `relevance_attention`. Parts are known by what they are, not by
the family's name; whether that is right for a model, its ledger shows (`relevance_ledger`).
Nothing outside the model is changed, and hooks and names are taken back after an error too.

The backward pass belongs inside the context too, for a model that computes its layers again.

Source: Achtibat et al. 2024, arXiv:2402.05602; Ali et al. 2022, arXiv:2202.07304.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import torch

from audit.attribution.relevance_attention import Through, Watch, relevance_attention
from audit.attribution.relevance_rules import (
    ACTIVATIONS,
    activated,
    ahead_of_cap,
    centred_norm,
    scaled_norm,
    weighted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    Rule = Callable[[Any, Tensor, Tensor], Tensor]

_GATED = (("gate_proj", "down_proj"), ("gate_up_proj", "down_proj"), ("Wi", "Wo"))
"""What the halves of a gated product are made by, and what follows it."""


@contextmanager
def relevance_flow(module: Any, through: Through, watch: Watch | None = None) -> Iterator[None]:
    """Turn gradients of this model, and of no other, into relevance over input.

    Args:
        module: A Hugging Face model in evaluation mode.
        through: See `Through`.
        watch: If given, is shown every attention's scores and weights.

    Raises:
        CapabilityError: If the model's attention cannot be entered.
    """
    with ExitStack() as undo:
        undo.enter_context(relevance_attention(module, through, watch))
        for part, rule in _ruled(module, through):
            undo.callback(part.register_forward_hook(_altered(rule)).remove)
        if through == "weights and values":
            for product in _after_gates(module):
                undo.callback(product.register_forward_pre_hook(_halved).remove)
        yield


def _ruled(module: Any, through: Through) -> Iterator[tuple[Any, Rule]]:
    """Yield the parts of the model that bend what they pass, each with its rule."""
    gates = _gates(module) if through == "values" else set()
    for part in module.modules():
        name = type(part).__name__
        if name in ACTIVATIONS:
            held = part in gates
            yield part, _held if held else lambda part, x, y: activated(x, y, part)
        elif "RMSNorm" in name:
            yield part, lambda _, x, y: scaled_norm(x, y)
        elif "LayerNorm" in name:
            yield part, lambda part, x, y: centred_norm(x, y, part)
    cap: Any = getattr(module.config, "final_logit_softcapping", None)
    head = module.get_output_embeddings() if cap else None
    if head is not None:
        yield head, lambda _part, _x, y: ahead_of_cap(y, cap)


def _altered(rule: Rule) -> Callable[[Any, tuple[Any, ...], Tensor], Tensor | None]:
    """Return a forward hook that applies a rule where gradients are wanted."""

    def hook(part: Any, given: tuple[Any, ...], y: Tensor) -> Tensor | None:
        if not (torch.is_grad_enabled() and y.requires_grad):
            return None
        return rule(part, given[0], y)

    return hook


def _held(_part: Any, _x: Tensor, y: Tensor) -> Tensor:
    return y.detach()


def _halved(_part: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
    return (weighted(given[0], 0.5), *given[1:])


def _gated(module: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the parts of each gated product, and the name of what follows it."""
    for block in module.modules():
        parts = dict(block.named_children())
        for gate, after in _GATED:
            if gate in parts and after in parts:
                yield parts, after
                break


def _after_gates(module: Any) -> list[Any]:
    return [parts[after] for parts, after in _gated(module)]


def _gates(module: Any) -> set[Any]:
    """Return the activations that open or close a gate."""
    return {
        part
        for parts, _ in _gated(module)
        for part in parts.values()
        if type(part).__name__ in ACTIVATIONS
    }
