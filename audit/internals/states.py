"""States: what flows at the words that name the group, and where the answer is read.

Both orders of the options are run and averaged, as the log-odds are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from audit.models.architectures import architecture
from audit.models.sites import captured

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from audit.models.cases import Opened
    from audit.models.contract import Intervenes
    from audit.models.sites import Site

PLACES = ("span", "answer")


class States(NamedTuple):
    """What flowed at a prompt's two places, and what it was answered.

    Attributes:
        values: (places, sites, width).
        log_odds: In nats.
    """

    values: NDArray[np.float32]
    log_odds: float


def states(model: Intervenes, orders: Iterable[Opened], sites: Sequence[Site]) -> States:
    """Return what flows through sites of one width, the mean over the orders of the options.

    Raises:
        CapabilityError: If the family has no such part under a known name.
    """
    found = [_of_order(model, one, sites) for one in orders]
    return States(
        np.stack([one.values for one in found]).mean(axis=0, dtype=np.float64).astype(np.float32),
        float(np.mean([one.log_odds for one in found])),
    )


def _of_order(model: Intervenes, opened: Opened, sites: Sequence[Site]) -> States:
    span = sorted({t for word in opened.words if word.part == "changed" for t, _ in word.tokens})
    answer = [opened.answer_place]
    with torch.no_grad(), captured(architecture(model.module), sites) as kept:
        log_odds = opened.log_odds(opened.embeddings[None])[0].item()
    values = [
        torch.stack([kept[site][0][0, places].float().mean(dim=0) for site in sites])
        for places in (span or answer, answer)
    ]
    return States(torch.stack(values).cpu().numpy(), log_odds)
