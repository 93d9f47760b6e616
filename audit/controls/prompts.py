"""Prompts: one variant in both orders of its options, ready for a spike in the network.

Asked one encoded text at a time, unpacked and unbatched with any other, so that a token's
place in the stream is its place in the prompt and a number depends on no neighbour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from audit.models.asking import Listing, Question, listings
from audit.models.contract import Differentiable, Encoded, NotScored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from audit.records.counterfactuals import Span
    from audit.records.probes import Outcome


@dataclass(frozen=True)
class Order:
    """One order of the options.

    Attributes:
        keys: The answer keys as they are listed.
        embeddings: The prompt's own, (tokens, width).
        places: The tokens of the changed spans.
    """

    outcome: Outcome
    keys: tuple[str, ...]
    encoded: Encoded
    embeddings: Tensor
    places: tuple[int, ...]


@dataclass(frozen=True)
class Prompt:
    """A variant in both orders."""

    variant: str
    model: Differentiable
    orders: tuple[Order, ...]

    def log_odds(self, order: Order, rows: int = 1) -> Tensor:
        """Return one order's log-odds, (rows,), each row the same prompt, in nats."""
        batch = order.embeddings.expand(rows, -1, -1)
        found = self.model.answer_log_probs(order.encoded, batch)
        return log_odds(order.outcome, order.keys, found)


def prompt(
    model: Differentiable, variant: str, asked: Question, spans: Sequence[Span]
) -> Prompt | NotScored:
    """Return a variant ready to be asked, or why it cannot be.

    Args:
        variant: Its id.
        asked: The case with its question, frame and outcome.
        spans: Its changed spans.
    """
    orders = []
    for listing in listings(asked, spans):
        encoded = model.encode(listing.ask)
        if isinstance(encoded, NotScored):
            return encoded
        places = span_tokens(encoded, listing)
        if not places:
            return NotScored("error", "no token stands for the group's words")
        embeddings = model.embed(encoded.ids).detach()
        orders.append(Order(asked.outcome, listing.order, encoded, embeddings, places))
    return Prompt(variant, model, tuple(orders))


def span_tokens(encoded: Encoded, listing: Listing) -> tuple[int, ...]:
    """Return the tokens that stand for any character of a changed span, in order."""
    spans = [
        (encoded.turns[region.turn] + region.start, encoded.turns[region.turn] + region.end)
        for region in listing.regions
        if region.part == "changed"
    ]
    return tuple(
        place
        for place, (start, end) in enumerate(encoded.offsets)
        if any(start < past and first < end for first, past in spans)
    )


def log_odds(outcome: Outcome, keys: tuple[str, ...], log_probs: Tensor) -> Tensor:
    """Return the log-odds in favour of the person: (rows, answers) -> (rows,), in nats."""
    if outcome.kind == "choice":
        favourable, unfavourable = keys.index(outcome.favourable), keys.index(outcome.unfavourable)
        return log_probs[:, favourable] - log_probs[:, unfavourable]
    rising = outcome.keys if outcome.favourable == outcome.keys[-1] else outcome.keys[::-1]
    levels = log_probs[:, [keys.index(level) for level in rising]]
    cuts = [
        torch.logsumexp(levels[:, cut:], dim=1) - torch.logsumexp(levels[:, :cut], dim=1)
        for cut in range(1, len(rising))
    ]
    return torch.stack(cuts).mean(dim=0)
