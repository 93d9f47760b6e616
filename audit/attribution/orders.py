"""Orders: explain a case in both orders of its options, and average the two.

What is explained is the log-odds as it was measured: the mean over both orders of
log p(favourable) - log p(unfavourable), or for ordered levels the mean over cuts of the
log-odds above the cut. A word of the case stands in the same place in both orders; the
listed options move, so words are matched by their part and their place in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from audit.attribution.contract import Refused, WordShares
from audit.models.asking import Listing, listings
from audit.models.cases import Case, log_odds
from audit.models.contract import Differentiable, NotScored
from audit.models.words import Word, words_of
from audit.records.observations import AttributedWord

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from audit.models.contract import Encoded
    from audit.records.probes import Outcome

BASELINE = "mean embedding of the vocabulary in place of every word; markup kept"
_PASS = 4096  # tokens in one forward pass


@dataclass(frozen=True)
class Explained:
    """One order of one case, ready for a method.

    Attributes:
        embeddings: The prompt's own, (tokens, width).
        baseline: The same with the mean embedding in place of every token of a word.
        words: In reading order.
        rows: How many changed prompts make one forward pass.
    """

    model: Differentiable
    outcome: Outcome
    order: tuple[str, ...]
    encoded: Encoded
    embeddings: Tensor
    baseline: Tensor
    words: tuple[Word, ...]
    rows: int

    @property
    def in_words(self) -> list[int]:
        """The tokens that stand in a word; the others are markup."""
        return sorted({token for word in self.words for token, _ in word.tokens})

    def log_odds(self, embeddings: Tensor) -> Tensor:
        """Return the log-odds of changed prompts: (batch, tokens, width) -> (batch,)."""
        log_probs = self.model.answer_log_probs(self.encoded, embeddings)
        return log_odds(self.outcome, self.order, log_probs)


@dataclass(frozen=True)
class Shares:
    """One order's answer, in nats: a value a word, and the scores at both ends."""

    values: tuple[float, ...]
    score: float
    baseline_score: float
    baseline: str = BASELINE


def explain_with(
    share: Callable[[Explained], Shares], model: Differentiable, cases: Sequence[Case]
) -> list[WordShares | Refused]:
    """Explain each case by a method that explains one order; one result a case, in order."""
    return [_explain(share, model, case) for case in cases]


def _explain(
    share: Callable[[Explained], Shares], model: Differentiable, case: Case
) -> WordShares | Refused:
    explained = []
    for listing in listings(case, case.spans):
        ready = prepare(model, case, listing)
        if isinstance(ready, NotScored):
            return Refused(ready.detail)
        shares = _in_memory(share, ready)
        if isinstance(shares, Refused):
            return shares
        explained.append((ready.words, shares))
    return _mean(explained)


def _in_memory(share: Callable[[Explained], Shares], ready: Explained) -> Shares | Refused:
    """Explain one order; with half as many prompts at a time while memory does not suffice."""
    while True:
        try:
            return share(ready)
        except MemoryError:
            if ready.rows == 1:
                return Refused("out of memory with one prompt at a time")
            ready = replace(ready, rows=ready.rows // 2)


def prepare(model: Differentiable, case: Case, listing: Listing) -> Explained | NotScored:
    """Return one order of a case, ready for a method, or why it cannot be encoded."""
    encoded = model.encode(listing.ask)
    if isinstance(encoded, NotScored):
        return encoded
    words = words_of(encoded, listing)
    embeddings = model.embed(encoded.ids).detach()
    explained = Explained(
        model=model,
        outcome=case.outcome,
        order=listing.order,
        encoded=encoded,
        embeddings=embeddings,
        baseline=embeddings.clone(),
        words=words,
        rows=max(1, _PASS // len(encoded.ids)),
    )
    explained.baseline[explained.in_words] = model.mean_embedding().detach()
    return explained


def _mean(orders: list[tuple[tuple[Word, ...], Shares]]) -> WordShares | Refused:
    """Return the mean over orders, laid out like the first."""
    number = len(orders)
    numbers = [x for _, s in orders for x in (s.score, s.baseline_score, *s.values)]
    if not torch.isfinite(torch.tensor(numbers)).all():
        return Refused("logits are not finite")
    by_key = [{w.key: v for w, v in zip(ws, s.values, strict=True)} for ws, s in orders]
    words = tuple(
        AttributedWord(
            start=word.start,
            end=word.end,
            text=word.text,
            part=word.part,
            unit=word.unit,
            value=sum(values[word.key] for values in by_key) / number,
        )
        for word in orders[0][0]
    )
    score = sum(shares.score for _, shares in orders) / number
    baseline_score = sum(shares.baseline_score for _, shares in orders) / number
    residual = score - baseline_score - sum(word.value for word in words)
    return WordShares(orders[0][1].baseline, score, baseline_score, residual, words)
