"""Integrated gradients: how much of the log-odds each word brings on the way from nothing.

The prompt's embeddings are followed along the straight line from the baseline (the mean
embedding in place of every word) to the prompt; each token's share is its move times the
mean gradient on the way. The shares add up to the change in log-odds but for the error of
the sum over steps. Steps are doubled until that error is below one per cent of the change
or below 0.02 nats; what is left is kept as residual.

Gauss-Legendre nodes rather than even steps, for a smooth path needs far fewer of them. The
target is the log-odds with all surface forms of the answers, tokens of longer forms
included, so it equals the measured log-odds.

Source: Sundararajan, Taly & Yan 2017, arXiv:1703.01365, equation 1 and proposition 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from audit.attribution.contract import Method, Refused, WordShares
from audit.attribution.orders import Explained, Shares, explain_with
from audit.models.contract import Differentiable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from audit.models.cases import Case

_FEWEST_STEPS = 16
_MOST_STEPS = 128
_RELATIVE = 0.01  # of the change in log-odds
_ABSOLUTE = 0.02  # nats


def explain(model: Differentiable, cases: Sequence[Case]) -> list[WordShares | Refused]:
    """Explain each case; one result a case, in order."""
    return explain_with(share, model, cases)


def share(explained: Explained) -> Shares:
    """Return each word's share of one order's log-odds, in nats."""
    with torch.no_grad():
        ends = explained.log_odds(torch.stack((explained.embeddings, explained.baseline)))
    score, baseline_score = ends.tolist()
    change = score - baseline_score
    enough = max(_ABSOLUTE, _RELATIVE * abs(change))
    steps = _FEWEST_STEPS
    tokens = integrate(explained, steps)
    while abs(change - float(tokens.sum())) > enough and steps < _MOST_STEPS:
        steps *= 2
        tokens = integrate(explained, steps)
    values = tuple(
        sum(float(tokens[token]) * part for token, part in word.tokens) for word in explained.words
    )
    return Shares(values, score, baseline_score)


def integrate(explained: Explained, steps: int) -> Tensor:
    """Return each token's integrated gradient, (tokens,), in nats.

    Args:
        explained: One order of a case.
        steps: Gauss-Legendre nodes between baseline and prompt.
    """
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    move = explained.embeddings - explained.baseline  # (tokens, width)
    at = torch.tensor((nodes + 1) / 2, dtype=move.dtype, device=move.device)
    weight = torch.tensor(weights / 2, dtype=torch.float32, device=move.device)
    total = torch.zeros(move.shape, dtype=torch.float32, device=move.device)
    for start in range(0, steps, explained.rows):
        part = slice(start, start + explained.rows)
        points = explained.baseline + at[part, None, None] * move  # (nodes, tokens, width)
        gradients = _gradients(explained, points.requires_grad_())
        total += torch.einsum("n,ntw->tw", weight[part], gradients.float())
    return (total * move.float()).sum(dim=-1).double()


def _gradients(explained: Explained, points: Tensor) -> Tensor:
    """Return the log-odds' gradient at each point; nothing is left behind in the model."""
    with torch.enable_grad():
        total: Any = explained.log_odds(points).sum()
    (gradients,) = torch.autograd.grad(total, points)
    return gradients


PLUGIN = Method(
    name="integrated_gradients",
    question="How much does each word bring, on the way from a prompt without words?",
    source="Sundararajan, Taly & Yan 2017, arXiv:1703.01365",
    interventional=False,
    cannot_show=(
        "Prompts on the way from the baseline are no prompts that anybody writes, so a word may "
        "be credited for what the model does only there."
    ),
    needs=Differentiable,
    explain=explain,
)
