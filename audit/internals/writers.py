"""Writers: how much does each layer's attention and MLP write into a pair's difference?

Every layer adds two vectors to the stream at the place of the answer. With the final norm of
each side frozen at its observed value and the log-odds made linear at the observed logits
(`audit.models.answering`), the log-odds of side s is d_s . h_s + later_s + rest_s, and
h_s is a sum of what was written. The two sides have different normalisers and weights,
hence different directions; by the product rule, with d the mean direction of both sides,

    contribution(c) = d . (c - c')                       one for attention and MLP of each layer
    embeddings      = d . (e - e')
    reading         = (d_s - d_s') . (h_s + h_s') / 2    the same stream, read differently
    later, rest     = the differences of what is no product

and all of it sums to the difference in log-odds. The alternative, d_s . c - d_s' . c', would
give every layer a share of the change of the normaliser. Values are means over both orders
of the options. The control is the same between two names of the reference group.

Source: direct logit attribution, Elhage et al. 2021, A Mathematical Framework for Transformer
        Circuits; Wang et al. 2022, arXiv:2211.00593, section 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audit.internals.answers import Answered, answered
from audit.internals.contract import Question, Refused, Seen
from audit.models.architectures import architecture
from audit.models.contract import Intervenes
from audit.models.sites import EMBEDDINGS, Site

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from audit.internals.pairs import Pair
    from audit.records.internals import Component

_PARTS = ("attention", "mlp")
_LEDGER = ("embeddings", "reading", "later", "rest")

Numbers = dict[str, "NDArray[np.float32]"]


def write(model: Intervenes, pair: Pair, _components: tuple[Component, ...]) -> Seen | Refused:
    """Return each component's direct contribution to the pair's difference."""
    layers = len(architecture(model.module).blocks)
    sides = [*(side for both in pair.sides for side in both), *pair.other]
    found, remarks = answered(model, sides, list(_sites(layers)))
    groups, references = found[0 : 2 * len(pair.orders) : 2], found[1 : 2 * len(pair.orders) : 2]
    arrays = _mean(zip(groups, references, strict=True), layers)
    if pair.other:
        others = found[2 * len(pair.orders) :]
        control = _mean(zip(others, references, strict=True), layers)
        arrays |= {f"control_{name}": values for name, values in control.items()}
    labels = {"part": _PARTS, "item": _LEDGER, "side": ("group", "reference")}
    return Seen(arrays, labels, remarks)


def _mean(pairs: Iterator[tuple[Answered, Answered]], layers: int) -> Numbers:
    """Return the arrays, as means over the orders."""
    orders = [_of_order(one, two, layers) for one, two in pairs]
    return {
        name: np.mean([order[name] for order in orders], axis=0).astype(np.float32)
        for name in orders[0]
    }


def _of_order(one: Answered, two: Answered, layers: int) -> dict[str, NDArray[np.float64]]:
    mine, theirs = one.direction, two.direction
    along = (mine.along + theirs.along) / 2
    written = [
        float(along @ (one.at_answer(site) - two.at_answer(site))) for site in _sites(layers)
    ]
    reading = (mine.along - theirs.along) @ (mine.stream + theirs.stream) / 2
    ledger = (written[0], float(reading), mine.later - theirs.later, mine.rest - theirs.rest)
    return {
        "contribution": np.array(written[1:]).reshape(layers, len(_PARTS)),
        "ledger": np.array(ledger),
        "log_odds": np.array((mine.log_odds, theirs.log_odds)),
    }


def _sites(layers: int) -> Sequence[Site]:
    """Return what is added to the stream, in the order of the network."""
    added = [
        Site(layer, "attention" if part == _PARTS[0] else "mlp")
        for layer in range(layers)
        for part in _PARTS
    ]
    return [Site(EMBEDDINGS, "residual"), *added]


PLUGIN = Question(
    name="writers",
    question="Which layers write the difference into the place where the answer is read?",
    source="Elhage et al. 2021, A Mathematical Framework for Transformer Circuits",
    cannot_show=(
        "Where a layer got it from: a layer that writes the difference may only hand on what an "
        "earlier one found in the words, and what a layer writes, later ones may undo."
    ),
    dimensions={
        "contribution": ("layer", "part"),
        "ledger": ("item",),
        "log_odds": ("side",),
        "control_contribution": ("layer", "part"),
        "control_ledger": ("item",),
        "control_log_odds": ("side",),
    },
    needs=Intervenes,
    rests_on=("stream", "readout"),
    screens=True,
    vanishes=("contribution", "ledger"),
    controlled=True,
    observe=write,
)
