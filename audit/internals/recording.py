"""Recording: one prompt's forward pass with everything that flowed through chosen sites.

A model that takes no branching rows reads its answers in several passes; all of them begin
with the same prompt, and what is moved between prompts is moved in each of them. Places of
answer tokens stand after those of the prompt, and answer to each other on both sides. Of a
prompt whose beginning is kept (`audit.models.keeping`) a pass has the later places alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from audit.models.memory import memory_errors
from audit.models.resuming import Outputs, recorded
from audit.models.sites import Site, captured

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torch import Tensor

    from audit.models.architectures import Architecture
    from audit.models.cases import Opened

Passes = tuple["Tensor", ...]
"""What flowed through a site in each pass, (places, width of the site)."""


@dataclass(frozen=True)
class Recording:
    """A prompt's passes.

    Attributes:
        side: The prompt.
        log_odds: As the model answers it, in nats.
        values: For each site what flowed through it.
        outputs: What every block gave, for `audit.models.resuming`.
    """

    side: Opened
    log_odds: float
    values: Mapping[Site, Passes]
    outputs: Outputs


@dataclass(frozen=True)
class Slopes:
    """A prompt's passes with the gradient of its log-odds.

    Attributes:
        values: For each site what flowed through it.
        gradients: Of the log-odds in them, likewise.
    """

    log_odds: float
    values: Mapping[Site, Passes]
    gradients: Mapping[Site, Passes]


def record(parts: Architecture, side: Opened, sites: Iterable[Site]) -> Recording:
    """Return a prompt's passes; no graph is kept."""
    with (
        torch.inference_mode(),
        recorded(parts) as outputs,
        captured(parts, sites) as kept,
    ):
        log_odds = float(side.log_odds(side.embeddings[None]))
    values = {site: tuple(one[0] for one in tensors) for site, tensors in kept.items()}
    return Recording(side, log_odds, values, outputs)


def slopes(parts: Architecture, side: Opened, sites: Iterable[Site]) -> Slopes:
    """Return a prompt's passes and, by one backward pass, the slopes at every site."""
    embeddings = side.embeddings[None].clone().requires_grad_()
    with torch.enable_grad(), memory_errors(), captured(parts, sites) as kept:
        log_odds = side.log_odds(embeddings).sum()
        flat = [tensor for tensors in kept.values() for tensor in tensors]
        found = torch.autograd.grad(log_odds, flat, allow_unused=True)
    values = {site: tuple(one[0].detach() for one in kept[site]) for site in kept}
    flowing = iter(found)
    gradients = {site: tuple(_slope(one, next(flowing)) for one in kept[site]) for site in kept}
    return Slopes(float(log_odds.detach()), values, gradients)


def _slope(tensor: Tensor, found: Tensor | None) -> Tensor:
    """Return the slope of a row; zero where the log-odds do not depend on it."""
    return (torch.zeros_like(tensor) if found is None else found)[0].detach()
