"""Gradients: the slope of a prompt's log-odds, and tokens' numbers gathered into words.

An answer's probability is a sum over its surface forms, and of a longer form a product over
its tokens. The slope of these sums is that of the logits with the observed weights of forms
and tokens held as constants; so a method that follows gradients shares out the logits, and
what the weights themselves contribute stands in its residual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from audit.attribution.orders import Explained


def slopes(explained: Explained, points: Tensor) -> tuple[Tensor, Tensor]:
    """Return the log-odds at each point, and their gradient; nothing is left in the model.

    Args:
        explained: One order of a case.
        points: Embeddings of the prompt, (points, tokens, width).

    Returns:
        Nats, (points,), and nats per unit of embedding, (points, tokens, width).
    """
    points = points.detach().requires_grad_()
    with torch.enable_grad():
        scores = explained.log_odds(points)
        (gradients,) = torch.autograd.grad(scores.sum(), points)
    return scores.detach(), gradients


def by_word(explained: Explained, tokens: Tensor) -> tuple[float, ...]:
    """Return each word's sum over its tokens, (tokens,) -> one a word."""
    values = tokens.tolist()
    return tuple(
        sum(values[token] * part for token, part in word.tokens) for word in explained.words
    )
