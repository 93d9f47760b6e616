"""Patching: which parts pass the difference on, tried exactly.

One part's activation is taken from the other side of the pair, at all matched places, and the
rest of the network goes on from there; the change of the log-odds is the part's effect, in
both directions (`audit.internals.exchanging`). A part that merely hands on what was written
below it has an effect too, so this names mediators, not origins. Effects of single parts do
not add up, and are never added up here.

Two controls stand beside it. *Another person of the same group*: the same parts are moved
between two prompts of the reference group that differ by the name only. *Random weights*: the
same network shape that has learnt nothing, on the same pair, for all parts but neurons.

Reads:  both sides of a pair in both orders, and the reference under another name.
Gives:  effects for the components asked about, for each layer's attention and MLP together,
        and for the controls.
Source: Vig et al. 2020, arXiv:2004.12265 (mediation); Heimersheim & Nanda 2024,
        arXiv:2404.15255 (how to read it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audit.internals.contract import Question, Refused, Seen
from audit.internals.controlled import between_people, remarks, with_random_weights
from audit.internals.exchanging import exchanged
from audit.internals.parts import numbered, stretch
from audit.models.architectures import architecture
from audit.models.contract import Intervenes
from audit.models.sites import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from audit.internals.exchanging import Exchange, Movable
    from audit.internals.pairs import Order, Pair
    from audit.records.internals import Component


def patch(model: Intervenes, pair: Pair, components: tuple[Component, ...]) -> Seen | Refused:
    """Return the exact effects of one pair, with its controls."""
    if not components:
        return Refused("no component was singled out to be tried")
    parts = architecture(model.module)
    count = len(parts.blocks)
    tried: list[Movable] = [(stretch(parts, one),) for one in components]
    whole = [n for n, one in enumerate(components) if one.kind != "neuron"]

    def measure(movables: list[Movable]) -> Callable[..., Exchange]:
        def measured(orders: Sequence[Order]) -> Exchange:
            return exchanged(parts, orders, movables)

        return measured

    own = measure(tried + _layers(count))(pair.orders)
    people = between_people(pair, measure(tried), len(tried))
    chance = with_random_weights(model, pair, measure([tried[n] for n in whole]))
    return Seen(
        arrays={
            "components": numbered(components),
            "effect": _kept(own.effects[:, :-count]),
            "layer": _kept(own.effects[:, -count:]),
            "difference": _kept([own.difference]),
            "control": _kept(people.effects),
            "control_difference": _kept(people.differences),
            "random": _kept(chance.effects),
            "random_components": np.array(whole, dtype=np.int32),
            "random_difference": _kept([chance.difference]),
        },
        remarks=remarks(own.halved, people.halved, chance.halved),
    )


def _layers(count: int) -> list[Movable]:
    """Return for each layer all that it adds to the stream."""
    return [
        tuple((Site(layer, kind), slice(None)) for kind in ("attention", "mlp"))
        for layer in range(count)
    ]


def _kept(values: NDArray[np.float64] | Sequence[float]) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


_EACH = ("direction", "component")

PLUGIN = Question(
    name="patching",
    question="Which parts pass the difference on?",
    source="Vig et al. 2020, arXiv:2004.12265; Heimersheim & Nanda 2024, arXiv:2404.15255",
    cannot_show="Where the difference is made: a part that only hands on what lower layers "
    "wrote has an effect too. Effects of single parts overlap and do not add up to the whole.",
    dimensions={
        "components": ("component", "kind, layer and index"),
        "effect": _EACH,
        "layer": ("direction", "layer"),
        "difference": ("one",),
        "control": ("person", *_EACH),
        "control_difference": ("person",),
        "random": ("direction", "random component"),
        "random_components": ("random component",),
        "random_difference": ("one",),
    },
    screens=False,
    needs=Intervenes,
    rests_on=("patch",),
    observe=patch,
    wants="screened",
    controlled=True,
    vanishes=("effect", "layer", "difference"),
)
