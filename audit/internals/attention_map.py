"""Attention map: where do the heads look that write most of the difference?

A head's output at the place of the answer is put through the attention's output projection;
its share of the difference is the projection of what it writes differently on the answer's
direction (the mean of both sides'). The heads with the largest shares are shown, or those
that an earlier round singled out. Their maps come from a pass of their own
with plain attention. A map says how much each word (its last token; or the place of the
answer) looks at each other word (all its tokens together); what goes to no word, to the
opening token for instance, stands in the last column. Values are means over both orders.

Source: attention maps, Vig 2019, arXiv:1906.05714; that they explain little alone, Jain &
        Wallace 2019, arXiv:1902.10186.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from audit.internals.answers import Answered, answered
from audit.internals.columns import columns, side_of
from audit.internals.contract import Question, Refused, Seen
from audit.models.architectures import architecture
from audit.models.contract import Intervenes
from audit.models.eager import attention_maps
from audit.models.sites import Site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from audit.internals.columns import Columns
    from audit.internals.pairs import Order, Pair
    from audit.models.architectures import Architecture, Block
    from audit.models.eager import Head
    from audit.records.internals import Component

_MOST = 4  # heads shown


def look_at(model: Intervenes, pair: Pair, components: tuple[Component, ...]) -> Seen | Refused:
    """Return the maps of the heads that matter, on both sides."""
    parts = architecture(model.module)
    shares, remarks = _shares(model, pair, parts)
    heads = _chosen(shares, components)
    across = columns(pair)
    maps = [
        torch.stack([_by_word(model, order, side, across, heads) for side in (0, 1)], dim=1)
        for order in pair.orders
    ]
    attention = torch.stack(maps).mean(dim=0)  # (heads, sides, words + 1, words + 1)
    contribution = torch.stack([shares[layer, head] for layer, head in heads])
    labels = {"side": ("group", "reference"), **across.labels}
    arrays: dict[str, NDArray[np.generic]] = {
        "attention": attention.cpu().numpy().astype(np.float32),
        "head": np.array(heads, dtype=np.int64),
        "contribution": contribution.cpu().numpy().astype(np.float32),
    }
    return Seen(arrays, labels, remarks)


def _shares(model: Intervenes, pair: Pair, parts: Architecture) -> tuple[Tensor, tuple[str, ...]]:
    """Return each head's share of the difference, mean over orders: (layers, heads)."""
    sites = [Site(layer, "heads") for layer in range(len(parts.blocks))]
    found, remarks = answered(model, [side for both in pair.sides for side in both], sites)
    orders = [
        torch.stack([_of_layer(parts, site, one, two) for site in sites])
        for one, two in zip(found[::2], found[1::2], strict=True)
    ]
    return torch.stack(orders).mean(dim=0), remarks


def _of_layer(parts: Architecture, site: Site, one: Answered, two: Answered) -> Tensor:
    """Return one layer's heads' shares, (heads,); exact where no norm follows attention."""
    along = (one.direction.along + two.direction.along) / 2
    mine, theirs = one.at_answer(site), two.at_answer(site)
    with torch.enable_grad():
        heads = ((mine + theirs) / 2).detach().requires_grad_()
        (_adds(parts.blocks[site.layer], heads) @ along).backward()  # type: ignore[no-untyped-call]
    gradient = heads.grad if heads.grad is not None else torch.zeros_like(heads)
    return (gradient * (mine - theirs)).reshape(parts.heads, parts.head_width).sum(dim=1)


def _adds(block: Block, heads: Tensor) -> Tensor:
    """Return what attention adds to the stream, from its heads' outputs: (...) -> (width,)."""
    out = block.attention_out
    if out is None:
        raise ValueError("no output projection")  # its site was captured, so it is there
    found = out(heads.to(out.weight.dtype)[None, None])
    if block.attention_adds is not block.attention:
        found = block.attention_adds(found)
    added: Tensor = found[0, 0].to(heads.dtype)
    return added


def _chosen(shares: Tensor, components: Sequence[Component]) -> list[Head]:
    """Return the heads to show: those singled out before, else those of the largest shares."""
    singled = [(one.layer, one.index) for one in components if one.kind == "head"]
    if singled:
        return singled[:_MOST]
    order = torch.argsort(shares.abs().flatten(), descending=True, stable=True)[:_MOST]
    return [divmod(int(place), shares.shape[1]) for place in order]


def _by_word(
    model: Intervenes, order: Order, side: int, across: Columns, heads: Sequence[Head]
) -> Tensor:
    """Return one side's maps between words: (heads, words and answer, words and elsewhere)."""
    opened, words = side_of(order, side), across.of(order, side)
    tokens = opened.encoded.ids
    maps = attention_maps(model, tokens, heads)
    looking = [word.tokens[-1][0] for word in words] + [opened.answer_place]
    gathering = torch.zeros(len(tokens), len(words), device=maps.device)
    for column, word in enumerate(words):
        for token, share in word.tokens:
            gathering[token, column] = share
    seen = maps[:, looking] @ gathering
    return torch.cat((seen, 1 - seen.sum(dim=-1, keepdim=True)), dim=-1)


PLUGIN = Question(
    name="attention_map",
    question="Where do the heads look that write most of the difference?",
    source="Vig 2019, arXiv:1906.05714",
    cannot_show=(
        "What a head does with what it looks at: much attention may carry nothing, and little may "
        "carry much. A map illustrates; it is no evidence of a cause."
    ),
    dimensions={
        "attention": ("head", "side", "word", "key"),
        "head": ("head", "place"),
        "contribution": ("head",),
    },
    needs=Intervenes,
    rests_on=("readout", "attention"),
    screens=False,
    wants="decided",
    shown=True,
    vanishes=("contribution",),
    observe=look_at,
)
