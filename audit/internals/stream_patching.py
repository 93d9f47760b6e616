"""Stream patching: where on its way does the difference stand, layer by layer?

The residual stream after a layer is taken from the other side at chosen places. Taken at the
group's words alone, the curve begins at the whole difference and falls where later places
have read it; taken at the place of the answer alone, it begins at nothing and rises where
the difference arrives. Taken everywhere, it is the whole difference after any layer, unless
something enters that the texts do not hold, a spike put into one layer for instance: then
the curve steps at that layer.

Reads:  both sides of a pair in both orders.
Gives:  for each layer the change of the log-odds, in both directions, by place.
Source: Meng et al. 2022, arXiv:2202.05262 (restoring hidden states, place by place).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audit.internals.contract import Question, Refused, Seen
from audit.internals.controlled import remarks
from audit.internals.exchanging import exchanged
from audit.models.architectures import architecture
from audit.models.contract import Intervenes
from audit.models.sites import Site

if TYPE_CHECKING:
    from audit.internals.exchanging import Exchange, Movable
    from audit.internals.matching import Where
    from audit.internals.pairs import Pair
    from audit.records.internals import Component

PLACES: dict[str, Where] = {
    "everywhere": "everywhere",
    "words": "group's words",
    "answer": "answer",
}
"""Array name -> the places whose stream is moved."""


def stream_curve(model: Intervenes, pair: Pair, where: Where = "everywhere") -> Exchange:
    """Return the effects of moving the stream after each layer, (directions, layers)."""
    parts = architecture(model.module)
    layers: list[Movable] = [
        ((Site(layer, "residual"), slice(None)),) for layer in range(len(parts.blocks))
    ]
    return exchanged(parts, pair.orders, layers, where=where)


def look(model: Intervenes, pair: Pair, components: tuple[Component, ...] = ()) -> Seen | Refused:
    """Return the curves of one pair."""
    del components  # the stream is all that it asks about
    curves = {name: stream_curve(model, pair, where) for name, where in PLACES.items()}
    arrays = {name: curve.effects.astype(np.float32) for name, curve in curves.items()}
    difference = np.array([curves["everywhere"].difference], dtype=np.float32)
    halved = remarks(*(curve.halved for curve in curves.values()))
    return Seen(arrays | {"difference": difference}, remarks=halved)


PLUGIN = Question(
    name="stream_patching",
    question="Where on its way does the difference stand?",
    source="Meng et al. 2022, arXiv:2202.05262",
    cannot_show="Which part moved it: a curve that rises over several layers says only between "
    "which of them the difference arrived.",
    dimensions={**dict.fromkeys(PLACES, ("direction", "layer")), "difference": ("one",)},
    screens=False,
    needs=Intervenes,
    rests_on=("patch",),
    observe=look,
    vanishes=("everywhere", "words", "answer", "difference"),
)
