"""Relevance ledger: does relevance add up on this model, and where does it go?

With gradients altered as in `relevance_flow`, a score f is exactly

    f = sum over tokens <e, g>  +  sum over added numbers <b, g>
        + 1/2 sum over attention [ sum A g_A - sum s g_s ]

(A the weights, s the scores before the mask, g_A the gradient before it was halved). It holds
for biases, shifts of norms and positions as added numbers; it fails by orders of magnitude
where a part of a family has a rule that we do not know. So it decides whether the method may
be used on a model: once, on a few tokens, in float64 where a copy of the model is small.

The prompt is a fixed spread of the vocabulary's tokens and the score the difference of the
likeliest and the unlikeliest next token: the outcome must not hang on which case comes first.
Checked too: that attention computed step by step, which the ledger needs, gives the same
score and the same relevance as the model's own.

Source: derived for this project; the terms are those of Achtibat et al. 2024,
        arXiv:2402.05602, propositions 3.1 to 3.4.
"""

from __future__ import annotations

import copy
import math
import weakref
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch

from audit.attribution.contract import Refused
from audit.attribution.relevance_flow import relevance_flow
from audit.errors import CapabilityError
from audit.records.ledgers import RelevanceLedger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from audit.attribution.relevance_attention import Through

    Score = Callable[[Tensor], Tensor]

_SMALL = 64_000_000  # parameters of a model that is copied to float64: half a gigabyte
_LIMITS = {torch.float64: 1e-6, torch.float32: 1e-3}  # some norms compute in float32 anyway
_LIMIT_HALF = 5e-2  # sixteen-bit numbers
_TOKENS = 9
_FAULTS = (
    AttributeError, CapabilityError, IndexError, KeyError, NotImplementedError, RuntimeError,
    TypeError, ValueError,
)  # fmt: skip


@dataclass(frozen=True)
class Closure:
    """Where the relevance of a score goes.

    Attributes:
        score: What was shared out.
        tokens: Each token's relevance, (tokens,).
        added: Relevance of biases, shifts and positions.
        softmax: What the softmax of attention makes or takes.
        entered: How many attentions relevance flowed through.
    """

    score: float
    tokens: Tensor
    added: float
    softmax: float
    entered: int

    @property
    def gap(self) -> float:
        """What is not accounted for, in parts of the score (of one, if that is more)."""
        total = float(self.tokens.sum()) + self.added + self.softmax
        return abs(self.score - total) / max(1.0, abs(self.score))


def ledger_of(module: Any, method: str, through: Through) -> RelevanceLedger | Refused:
    """Return the model's ledger, or why the method is refused on it; computed once a model.

    Args:
        module: A Hugging Face causal language model.
        method: The method's name.
        through: See `Through`.
    """
    return _remembered(weakref.ref(module), method, through)


def close(module: Any, score: Score, embeddings: Tensor, through: Through) -> Closure:
    """Share out a score of one prompt.

    Args:
        module: The model; its parameters are left as they were.
        score: From (1, tokens, width) to a number.
        embeddings: (1, tokens, width).
        through: See `Through`.
    """
    made: list[Tensor] = []
    entered: list[int] = []

    def watch(scores: Any, weights: Any) -> None:
        entered.append(scores.shape[1])
        if weights.requires_grad:
            weights.register_hook(lambda g: made.append((weights.detach() * g).sum() / 2))
            scores.register_hook(lambda g: made.append((scores.detach() * g).sum() / -2))

    point = embeddings.detach().clone().requires_grad_()
    with torch.enable_grad(), relevance_flow(module, through, watch), _added(module) as added:
        f = score(point)
        g, *slopes = _gradients(f, (point, *added))
    shares = [(b * s).sum() for b, s in zip(added, slopes, strict=True) if s is not None]
    return Closure(
        score=float(f.detach()),
        tokens=(point * g).sum(dim=-1)[0].detach(),
        added=float(sum(shares)),
        softmax=float(sum(made)),
        entered=len(entered),
    )


def _gradients(f: Tensor, points: tuple[Tensor, ...]) -> list[Any]:
    """Return f's gradient at each of the points; None where f does not depend on one."""
    return list(torch.autograd.grad(f, points, allow_unused=True))


@lru_cache(maxsize=8)
def _remembered(
    reference: weakref.ref[Any], method: str, through: Through
) -> RelevanceLedger | Refused:
    """Compute the ledger; only a weak reference to the model is kept."""
    module = reference()
    said = ""
    for candidate in _candidates(module):
        try:
            return _computed(candidate, method, through)
        except _FAULTS as fault:
            said = (str(fault) or type(fault).__name__).splitlines()[0]
    return Refused(f"{method} cannot be computed on {type(module).__name__}: {said}")


def _candidates(module: Any) -> Iterator[Any]:
    """Yield the model in float64, as a copy, where it is small, and as it is."""
    if module.num_parameters() <= _SMALL:
        yield copy.deepcopy(module).double().requires_grad_(requires_grad=False).eval()
    yield module


def _computed(module: Any, method: str, through: Through) -> RelevanceLedger | Refused:
    family, kind = type(module).__name__, next(module.parameters()).dtype
    limit = _LIMITS.get(kind, _LIMIT_HALF)
    trial = _trial(module)
    found = close(module, *trial, through)
    fault = _fault(found, _own(module, *trial, through), limit)
    if fault:
        return Refused(f"{method} is refused on {family}: {fault}")
    return RelevanceLedger(
        method=method,
        family=family,
        dtype=str(kind).removeprefix("torch."),
        score=found.score,
        tokens=float(found.tokens.sum()),
        added=found.added,
        softmax=found.softmax,
        gap=found.gap,
        limit=limit,
    )


def _fault(found: Closure, own: tuple[float, Tensor], limit: float) -> str:
    """Return what does not add up, in words; empty if all does."""
    if not math.isfinite(found.score):
        return "logits are not finite"
    if not found.entered:
        return "its attention does not use the library's attention interface"
    if not found.gap <= limit:
        return f"relevance does not add up, {found.gap:.1e} of the score is not accounted for"
    score, tokens = own
    if not abs(score - found.score) <= limit * max(1.0, abs(score)):
        return "its attention is not computed as its ledger computes it"
    off = float((tokens - found.tokens).abs().max())
    if not off <= limit * max(1.0, float(tokens.abs().max())):
        return f"its attention hands relevance on otherwise than its ledger, by {off:.1e}"
    return ""


def _own(module: Any, score: Score, embeddings: Tensor, through: Through) -> tuple[float, Tensor]:
    """Return the plain score, and each token's relevance by the model's own attention."""
    with torch.no_grad():
        plain = float(score(embeddings))
    point = embeddings.detach().clone().requires_grad_()
    with torch.enable_grad(), relevance_flow(module, through):
        (g,) = torch.autograd.grad(score(point), point)
    return plain, (point * g).sum(dim=-1)[0].detach()


def _trial(module: Any) -> tuple[Score, Tensor]:
    """Return the score, and the embeddings of the prompt that it is asked of."""
    table = module.get_input_embeddings()
    count = table.weight.shape[0]
    ids = torch.tensor([count * (n + 1) // (_TOKENS + 1) for n in range(_TOKENS)])

    def logits(embeddings: Tensor) -> Tensor:
        found: Tensor = module(inputs_embeds=embeddings, use_cache=False).logits[0, -1]
        return found.to(torch.promote_types(found.dtype, torch.float32))

    with torch.no_grad():
        embeddings = table(ids.to(table.weight.device))[None]
        seen = logits(embeddings)
    best, worst = int(seen.argmax()), int(seen.argmin())
    return lambda points: (found := logits(points))[best] - found[worst], embeddings


@contextmanager
def _added(module: Any) -> Iterator[list[Any]]:
    """Let gradients reach the numbers that a model adds, and yield these."""
    own = module.get_input_embeddings()
    tables = (part for part in module.modules() if isinstance(part, torch.nn.Embedding))
    found = {id(t.weight): t.weight for t in tables if t is not own}
    found |= {id(p): p for name, p in module.named_parameters() if name.endswith("bias")}
    numbers = [p for p in found.values() if p is not own.weight]
    before = [p.requires_grad for p in numbers]
    try:
        for number in numbers:
            number.requires_grad = True
        yield numbers
    finally:
        for number, wanted in zip(numbers, before, strict=True):
            number.requires_grad = wanted
