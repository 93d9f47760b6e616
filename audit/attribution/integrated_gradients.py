"""Integrated gradients: how much of the log-odds each word brings on the way from nothing.

The prompt's embeddings are followed along the straight line from the baseline (the mean
embedding in place of every word) to the prompt; each token's share is its move times the
mean gradient on the way. The shares add up to the change in log-odds but for the error of
the sum over steps.

The way is cut into panels, each summed by Simpson's rule. The log-odds at a panel's ends are
known, so its error is known too: panels are halved, the worst first, until the sizes of all
errors add up to one per cent of the change or 0.02 nats; what is left is kept as residual.
Simpson's rule rather than Gauss-Legendre nodes for the whole way: a halved panel keeps its
three points, so nothing is computed twice, and points go where the way bends.

The target is the log-odds with all surface forms of the answers, tokens of longer forms
included, so it equals the measured log-odds.

Source: Sundararajan, Taly & Yan 2017, arXiv:1703.01365, equation 1 and proposition 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch

from audit.attribution.contract import Method, Refused, WordShares
from audit.attribution.gradients import by_word, slopes
from audit.attribution.orders import Explained, Shares, explain_with
from audit.models.contract import Differentiable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from audit.models.cases import Case

_PANELS = 4
_MOST_POINTS = 129
_RELATIVE = 0.01  # of the change in log-odds
_ABSOLUTE = 0.02  # nats


@dataclass(frozen=True)
class Point:
    """A point of the way: the log-odds there, and each token's move times their gradient."""

    score: float
    slopes: Tensor


@dataclass(frozen=True)
class Panel:
    """A stretch of the way: each token's share of its change, and what they miss of it."""

    start: float
    end: float
    tokens: Tensor
    missed: float


def explain(model: Differentiable, cases: Sequence[Case]) -> list[WordShares | Refused]:
    """Explain each case; one result a case, in order."""
    return explain_with(share, model, cases)


def share(explained: Explained) -> Shares:
    """Return each word's share of one order's log-odds, in nats."""
    known: dict[float, Point] = {}
    ends = [number / _PANELS for number in range(_PANELS + 1)]
    panels = _panels(explained, list(pairwise(ends)), known)
    score, baseline_score = known[1.0].score, known[0.0].score
    enough = max(_ABSOLUTE, _RELATIVE * abs(score - baseline_score))
    while _missed(panels) > enough and len(known) < _MOST_POINTS:
        panels.sort(key=lambda panel: abs(panel.missed))
        halved: list[tuple[float, float]] = []
        while _missed(panels) > enough / 2:
            worst = panels.pop()
            middle = (worst.start + worst.end) / 2
            halved += [(worst.start, middle), (middle, worst.end)]
        panels += _panels(explained, halved, known)
    tokens = torch.stack([panel.tokens for panel in panels]).sum(dim=0)
    return Shares(by_word(explained, tokens), score, baseline_score)


def integrate(explained: Explained, steps: int) -> Tensor:
    """Return each token's integrated gradient by one Gauss-Legendre rule, (tokens,), in nats.

    Args:
        explained: One order of a case.
        steps: Nodes between baseline and prompt.
    """
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    points = _points(explained, [float(node) for node in (nodes + 1) / 2])
    return torch.stack(
        [point.slopes * weight / 2 for point, weight in zip(points, weights, strict=True)]
    ).sum(dim=0)


def _panels(
    explained: Explained, stretches: list[tuple[float, float]], known: dict[float, Point]
) -> list[Panel]:
    """Return the stretches as panels; points that are not known yet are computed and kept."""
    wanted = {place for start, end in stretches for place in (start, (start + end) / 2, end)}
    new = sorted(wanted - set(known))
    known |= dict(zip(new, _points(explained, new), strict=True))
    return [_panel(start, end, known) for start, end in stretches]


def _panel(start: float, end: float, known: dict[float, Point]) -> Panel:
    """Return a stretch by Simpson's rule."""
    first, middle, last = (known[place] for place in (start, (start + end) / 2, end))
    tokens = (first.slopes + 4 * middle.slopes + last.slopes) * (end - start) / 6
    return Panel(start, end, tokens, last.score - first.score - float(tokens.sum()))


def _missed(panels: list[Panel]) -> float:
    return sum(abs(panel.missed) for panel in panels)


def _points(explained: Explained, places: list[float]) -> list[Point]:
    """Return the points at these parts of the way from baseline to prompt."""
    move = explained.embeddings - explained.baseline  # (tokens, width)
    found: list[Point] = []
    for start in range(0, len(places), explained.rows):
        at = torch.tensor(
            places[start : start + explained.rows], dtype=move.dtype, device=move.device
        )
        scores, gradients = slopes(explained, explained.baseline + at[:, None, None] * move)
        tokens = torch.einsum("ntw,tw->nt", gradients.float(), move.float()).double().cpu()
        found += [Point(*both) for both in zip(scores.tolist(), tokens, strict=True)]
    return found


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
