"""Neuron selectivity: which neurons tell the groups apart?

Every MLP neuron's activation is kept at the words that name the group (their mean) and where the
answer is read, for the group's side, the reference side, and the reference group under another
name: what a name alone does. Which neurons count is decided over all pairs.

Reads:  both sides of a pair, and the control.
Gives:  activations by side, place, layer and neuron.
Source: paired contrasts with a control contrast, as control tasks in Hewitt & Liang 2019,
        arXiv:1909.03368.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audit.internals.contract import Question, Refused, Seen
from audit.internals.states import states
from audit.models.architectures import architecture
from audit.models.contract import Intervenes
from audit.models.sites import Site

if TYPE_CHECKING:
    from audit.internals.pairs import Pair
    from audit.records.internals import Component


def observe(model: Intervenes, pair: Pair, components: tuple[Component, ...]) -> Seen | Refused:  # noqa: ARG001
    """Return the neurons' activations, (side, place, layer, neuron): group, reference, control."""
    if not pair.other:
        return Refused("the reference group has no second name in this case")
    sites = [Site(layer, "neurons") for layer in range(len(architecture(model.module).blocks))]
    sides = zip(*pair.sides, strict=True)
    found = [states(model, orders, sites) for orders in (*sides, pair.other)]
    neurons = np.stack([one.values for one in found])
    if not np.isfinite([one.log_odds for one in found]).all() or not np.isfinite(neurons).all():
        return Refused("activations or answers are not finite")
    largest = np.finfo(np.float16).max  # ranks and signs survive where a giant is cut
    return Seen({"neurons": neurons.clip(-largest, largest).astype(np.float16)})


PLUGIN = Question(
    name="neuron_selectivity",
    question="Which neurons tell the groups apart?",
    source="Hewitt & Liang 2019, arXiv:1909.03368 (control contrasts)",
    cannot_show="Whether the answer rests on these neurons: a network may tell groups apart and "
    "make no use of it.",
    dimensions={"neurons": ("side", "place", "layer", "neuron")},
    rests_on=("stream",),
    screens=True,
    enough=240,
    needs=Intervenes,
    observe=observe,
    controlled=True,
)
