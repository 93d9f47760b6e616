"""Relevance through attention: a model's own attention, with other slopes at its entrance.

Attention mixes values by weights, and makes the weights from queries and keys. Each product
hands half of its relevance to each factor, the softmax keeps its true slope; in all that is
one quarter for queries and keys and one half for values, whatever kernel computes it. Where
the weights are held constant, the values get all.

A soft cap on the scores lies inside the kernel and has a rule of its own, so there, and for
the ledger, attention is computed step by step.

Source: Achtibat et al. 2024, arXiv:2402.05602, section 3.3; constant weights, Ali et al.
        2022, arXiv:2202.07304.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, Protocol

import torch

from audit.attribution.relevance_rules import capped, weighted
from audit.errors import CapabilityError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

Through = Literal["weights and values", "values"]
"""Whether relevance flows through attention's weights too (AttnLRP), or not (CP-LRP)."""

EAGER = "eager"
_PREFIX = "samata_relevance_"


class Watch(Protocol):
    """Is shown the scores and the weights of each attention, (batch, heads, query, key)."""

    def __call__(self, scores: Tensor, weights: Tensor) -> None: ...


@contextmanager
def relevance_attention(module: Any, through: Through, watch: Watch | None) -> Iterator[None]:
    """Let relevance flow through the model's attention.

    The library is given one attention function and its mask under a name that is used once,
    and the model's configs that name; both are taken back.

    Args:
        module: A Hugging Face model.
        watch: If given, attention is computed step by step and shown.

    Raises:
        CapabilityError: If parts of the model differ in their attention.
    """
    from transformers import AttentionInterface, AttentionMaskInterface  # noqa: PLC0415
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS  # noqa: PLC0415

    configs = _configs(module)
    own = _implementation(configs)
    name = f"{_PREFIX}{id(configs)}"
    mask = ALL_MASK_ATTENTION_FUNCTIONS[EAGER if watch else own]
    try:
        AttentionInterface.register(name, _attend(own, through, watch))
        AttentionMaskInterface.register(name, mask)
        for config in configs:
            config._attn_implementation_internal = name  # noqa: SLF001 - no public way is silent
        yield
    finally:
        for config in configs:
            config._attn_implementation_internal = own  # noqa: SLF001
        for interface in (AttentionInterface, AttentionMaskInterface):
            interface._global_mapping.pop(name, None)  # noqa: SLF001 - nothing else takes back


def step_by_step(
    _module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **given: Any
) -> tuple[Tensor, Tensor]:
    """Return attention as the library's eager way computes it, a soft cap by its own rule.

    Args:
        query: (batch, heads, query, width); `key` and `value` may have fewer heads.
        mask: Added to the scores.
        given: The library's own arguments; `watch` and `precise` are ours.

    Returns:
        Output (batch, query, heads, width) and weights (batch, heads, query, key).
    """
    groups = query.shape[1] // key.shape[1]
    key, value = (part.repeat_interleave(groups, dim=1) for part in (key, value))
    scaling = given.get("scaling") or query.shape[-1] ** -0.5
    scores = torch.matmul(query, key.transpose(2, 3)) * scaling
    if (cap := given.get("softcap")) is not None:
        scores = capped(scores / cap) * cap
    masked = scores if mask is None else scores + mask[..., : key.shape[2]]
    kind = query.dtype if given.get("precise") else torch.float32
    weights = torch.softmax(masked, dim=-1, dtype=kind).to(query.dtype)
    if watch := given.get("watch"):
        watch(scores, weights)
    return torch.matmul(weights, value).transpose(1, 2).contiguous(), weights


def _configs(module: Any) -> list[Any]:
    """Return the model's configs that name an attention, each once."""
    found = {
        id(config): config
        for part in module.modules()
        if hasattr(config := getattr(part, "config", None), "_attn_implementation_internal")
    }
    return list(found.values())


def _implementation(configs: list[Any]) -> str:
    names = {config._attn_implementation_internal for config in configs}  # noqa: SLF001
    if len(names) != 1:
        raise CapabilityError(f"parts of the model differ in their attention: {sorted(names)}")
    (name,) = names
    if str(name).startswith(_PREFIX):
        raise CapabilityError("relevance already flows through this model's attention")
    return str(name)


def _attend(own: str, through: Through, watch: Watch | None) -> Callable[..., Any]:
    """Return an attention function with the slopes of relevance."""

    def attend(
        module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Any, **given: Any
    ) -> Any:
        if through == "values":
            query, key = query.detach(), key.detach()
        else:
            query, key, value = weighted(query, 0.25), weighted(key, 0.25), weighted(value, 0.5)
        if watch:
            given |= {"watch": watch, "precise": True}
            return step_by_step(module, query, key, value, mask, **given)
        return _own_attention(own, module, given)(module, query, key, value, mask, **given)

    return attend


def _own_attention(own: str, module: Any, given: dict[str, Any]) -> Callable[..., Any]:
    """Return the attention that the model itself would use."""
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS  # noqa: PLC0415

    if given.get("softcap") is None:
        if own == EAGER:
            family = sys.modules[type(module).__module__]
            eager: Callable[..., Any] = family.eager_attention_forward
            return eager
        found: Callable[..., Any] = ALL_ATTENTION_FUNCTIONS[own]
        return found
    if own != EAGER:
        raise CapabilityError(f"attention {own!r} with a soft cap has no rule; 'eager' has one")
    return step_by_step
