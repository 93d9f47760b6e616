"""Cases: one variant as the question that is to be explained, and the one number explained.

What is explained is the log-odds as it was measured: the mean over both orders of the
options of log p(favourable) - log p(unfavourable), or for ordered levels the mean over cuts
of the log-odds above the cut.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from audit.models.asking import listings
from audit.models.contract import Differentiable, NotScored
from audit.models.words import Word, words_of

if TYPE_CHECKING:
    from torch import Tensor

    from audit.models.contract import Encoded
    from audit.models.keeping import Beginning
    from audit.records.counterfactuals import Span
    from audit.records.probes import Frame, Outcome


@dataclass(frozen=True)
class Case:
    """One variant to explain, with everything that makes it a question."""

    variant: str
    turns: tuple[str, ...]
    spans: tuple[Span, ...]
    question: str
    frame: Frame
    outcome: Outcome


@dataclass(frozen=True)
class Opened:
    """One order of one case, ready to be looked into.

    Attributes:
        order: The answer keys as they are listed.
        embeddings: The prompt's own, (tokens, width); after the beginning, if one is kept.
        words: In reading order, with the tokens that each stands on.
        beginning: What is kept of the first places, which passes then leave out.
    """

    model: Differentiable
    outcome: Outcome
    order: tuple[str, ...]
    encoded: Encoded
    embeddings: Tensor
    words: tuple[Word, ...]
    beginning: Beginning | None = None

    @property
    def start(self) -> int:
        """The first place of a pass."""
        return 0 if self.beginning is None else self.beginning.places

    @property
    def answer_place(self) -> int:
        """The last place that all answers have in common: where the answer is read."""
        return len(self.encoded.ids) - 1

    def after(self, beginning: Beginning) -> Opened:
        """Return the case with its first places kept; it has none kept yet."""
        later = self.embeddings[beginning.places :]
        return replace(self, embeddings=later, beginning=beginning)

    def log_odds(self, embeddings: Tensor) -> Tensor:
        """Return the log-odds of changed prompts: (batch, tokens, width) -> (batch,), in nats."""
        log_probs = self.model.answer_log_probs(self.encoded, embeddings, self.beginning)
        return log_odds(self.outcome, self.order, log_probs)


def open_case(model: Differentiable, case: Case) -> tuple[Opened, ...] | NotScored:
    """Return the case's orders as tokens, words and embeddings, or why that fails."""
    opened = []
    for listing in listings(case, case.spans):
        encoded = model.encode(listing.ask)
        if isinstance(encoded, NotScored):
            return encoded
        opened.append(
            Opened(
                model=model,
                outcome=case.outcome,
                order=listing.order,
                encoded=encoded,
                embeddings=model.embed(encoded.ids).detach(),
                words=words_of(encoded, listing),
            )
        )
    return tuple(opened)


def log_odds(outcome: Outcome, order: tuple[str, ...], log_probs: Tensor) -> Tensor:
    """Return the log-odds in favour of the person: (batch, answers) -> (batch,), in nats."""
    import torch  # noqa: PLC0415 - records of cases are made where torch is not loaded

    if outcome.kind == "choice":
        favourable, unfavourable = outcome.favourable, outcome.unfavourable
        return log_probs[:, order.index(favourable)] - log_probs[:, order.index(unfavourable)]
    rising = outcome.keys if outcome.favourable == outcome.keys[-1] else outcome.keys[::-1]
    levels = log_probs[:, [order.index(level) for level in rising]]
    cuts = [
        torch.logsumexp(levels[:, cut:], dim=1) - torch.logsumexp(levels[:, :cut], dim=1)
        for cut in range(1, len(rising))
    ]
    return torch.stack(cuts).mean(dim=0)
