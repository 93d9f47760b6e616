"""Activation map: where, layer by layer and word by word, do the two sides of a pair part?

The stream after each layer, and what attention and the MLP add to it, is averaged over each
word's tokens (a changed span is one word) and subtracted between the sides. The map holds
the length of that difference and its projection on the answer's direction (the mean of both
sides', `audit.models.answering`). The last column is the place where the answer is read; its
projections of attention and MLP are the writers' contributions. Words before the first
changed one differ nowhere in a causal model. Values are means over both orders of the options.

Source: after the residual stream maps of Meng et al. 2022, arXiv:2202.05262, figure 1, with
        differences in place of patching effects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from audit.internals.answers import Answered, Wanted, answered
from audit.internals.columns import columns, side_of
from audit.internals.contract import Question, Refused, Seen
from audit.models.architectures import architecture
from audit.models.contract import Intervenes
from audit.models.sites import Site, SiteKind
from audit.models.tracing import at, mean_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from audit.internals.columns import Columns
    from audit.internals.pairs import Order, Pair
    from audit.records.internals import Component

_KINDS: tuple[SiteKind, ...] = ("residual", "attention", "mlp")


def chart(model: Intervenes, pair: Pair, _components: tuple[Component, ...]) -> Seen | Refused:
    """Return the maps of a pair: length and projection of the difference, for each word."""
    layers = len(architecture(model.module).blocks)
    sites = [Site(layer, kind) for kind in _KINDS for layer in range(layers)]
    across = columns(pair)
    wanted = [_wanted(order, across, side) for order in pair.orders for side in (0, 1)]
    found, remarks = answered(model, wanted, sites)
    orders = [_of_order(one, two, sites) for one, two in zip(found[::2], found[1::2], strict=True)]
    norm, projection = (torch.stack(values).mean(dim=0) for values in zip(*orders, strict=True))
    shape = (len(_KINDS), layers, len(across))
    labels = {"kind": _KINDS, **across.labels}
    arrays = {"norm": _numbers(norm, shape), "projection": _numbers(projection, shape)}
    return Seen(arrays, labels, remarks)


def _wanted(order: Order, across: Columns, side: int) -> Wanted:
    """Return one side's prompt with its words' means and the answer's place wanted."""
    opened = side_of(order, side)
    length = len(opened.encoded.ids)
    means = [mean_of(word.tokens, length) for word in across.of(order, side)]
    return Wanted(opened, torch.cat((*means, at([opened.answer_place], length))))


def _of_order(one: Answered, two: Answered, sites: Sequence[Site]) -> tuple[Tensor, Tensor]:
    """Return length and projection of the difference, both (sites, words)."""
    along = (one.direction.along + two.direction.along) / 2
    moved = torch.stack([one.beside[site] - two.beside[site] for site in sites])
    return moved.norm(dim=-1), moved @ along


def _numbers(values: Tensor, shape: tuple[int, ...]) -> NDArray[np.float32]:
    return values.float().cpu().numpy().reshape(shape)


PLUGIN = Question(
    name="activation_map",
    question="At which words and layers does the network's state differ between the two sides?",
    source="after Meng et al. 2022, arXiv:2202.05262",
    cannot_show=(
        "Whether a difference matters: a state can differ and nothing later may read it. The "
        "projection shows what points at the answer already, not what later layers will turn."
    ),
    dimensions={
        "norm": ("kind", "layer", "word"),
        "projection": ("kind", "layer", "word"),
    },
    needs=Intervenes,
    rests_on=("stream", "readout"),
    screens=True,
    vanishes=("norm", "projection"),
    observe=chart,
)
