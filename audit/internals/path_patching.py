"""Path patching: which of the parts that pass the difference on feeds which.

A sender takes its activation from the other side; the outputs of all other attentions and
MLPs are held at their own values, so that the change goes straight down the stream to a
receiver above. What the receiver then does is put into an otherwise untouched run, and the
change of the log-odds is the effect of the path. One pass with a row a sender gives what all
receivers would do, one batch with a row a path gives all effects.

Reads:  both sides of a pair in both orders; the parts that exact patching kept.
Gives:  the effect of every path between them, in both directions, with the controls of
        `audit.internals.patching`.
Source: Goldowsky-Dill et al. 2023, arXiv:2304.05969; Wang et al. 2023, arXiv:2211.00593.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from audit.internals.contract import Question, Refused, Seen
from audit.internals.controlled import between_people, remarks, with_random_weights
from audit.internals.exchanging import Exchange, Way, effects, ways
from audit.internals.parts import numbered, stretch
from audit.internals.replacing import Replacement, editing
from audit.models.architectures import architecture
from audit.models.contract import Intervenes
from audit.models.sites import Site, SiteKind, captured, edited

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from audit.internals.pairs import Order, Pair
    from audit.internals.recording import Recording
    from audit.internals.replacing import Row
    from audit.models.architectures import Architecture
    from audit.records.internals import Component

MOST = 6  # parts between which paths are tried

Edge = tuple["Component", "Component"]
"""Sender and receiver."""


def follow(model: Intervenes, pair: Pair, components: tuple[Component, ...]) -> Seen | Refused:
    """Return the effects of the paths of one pair, with their controls."""
    ends = [one for one in components if one.kind != "neuron"][:MOST]
    edges = [(one, two) for one in ends for two in ends if _feeds(one, two)]
    if not edges:
        return Refused("no two of the parts that were kept can feed each other")
    parts = architecture(model.module)

    def measure(orders: Sequence[Order]) -> Exchange:
        return _along(parts, orders, edges)

    own = measure(pair.orders)
    people = between_people(pair, measure, len(edges))
    chance = with_random_weights(model, pair, measure)
    return Seen(
        arrays={
            "senders": numbered([sender for sender, _ in edges]),
            "receivers": numbered([receiver for _, receiver in edges]),
            "effect": own.effects.astype(np.float32),
            "difference": np.array([own.difference], dtype=np.float32),
            "control": people.effects.astype(np.float32),
            "control_difference": people.differences.astype(np.float32),
            "random": chance.effects.astype(np.float32),
            "random_difference": np.array([chance.difference], dtype=np.float32),
        },
        remarks=remarks(own.halved, people.halved, chance.halved),
    )


def _feeds(sender: Component, receiver: Component) -> bool:
    """Whether the sender's output can reach the receiver along the stream."""
    order = {"head": 0, "attention": 0, "neuron": 1, "mlp": 1}
    return (sender.layer, order[sender.kind]) < (receiver.layer, order[receiver.kind])


def _along(
    parts: Architecture,
    orders: Sequence[Order],
    edges: Sequence[Edge],
) -> Exchange:
    """Return the effects of the paths, mean over orders."""
    layers = range(len(parts.blocks))
    adding = {Site(n, "attention") for n in layers} | {Site(n, "mlp") for n in layers}
    sites = adding | {stretch(parts, one)[0] for edge in edges for one in edge}

    def rows(way: Way) -> list[Row]:
        return _receiving(parts, way, edges)

    return effects(parts, (ways(parts, one, sites) for one in orders), rows)


def _receiving(parts: Architecture, way: Way, edges: Sequence[Edge]) -> list[Row]:
    """Return for each path its receiver with what the sender alone makes of it."""
    senders = list(dict.fromkeys(sender for sender, _ in edges))
    heard = {stretch(parts, receiver)[0] for _, receiver in edges}
    held = editing([_held(way.run, way.moved(*stretch(parts, one))) for one in senders])
    embeddings = way.run.side.embeddings.expand(len(senders), -1, -1)
    with torch.inference_mode(), captured(parts, heard) as kept, edited(parts, held):
        way.run.side.log_odds(embeddings)
    found: list[Row] = []
    for sender, receiver in edges:
        site, columns = stretch(parts, receiver)
        row = senders.index(sender)
        values = tuple(tensor[row, :, columns] for tensor in kept[site])
        found.append((Replacement(site, columns, _every(values), values),))
    return found


def _held(run: Recording, sender: Replacement) -> Row:
    """Return the sender's replacement, with all other outputs held at their own values."""
    through: dict[SiteKind, SiteKind] = {"heads": "attention", "neurons": "mlp"}
    free = Site(sender.site.layer, through.get(sender.site.kind, sender.site.kind))
    return (
        sender,
        *(
            Replacement(site, slice(None), _every(values), values)
            for site, values in run.values.items()
            if site.kind in ("attention", "mlp") and site != free
        ),
    )


def _every(values: Sequence[Tensor]) -> tuple[Tensor, ...]:
    return tuple(torch.arange(len(one), device=one.device) for one in values)


PLUGIN = Question(
    name="path_patching",
    question="Which part feeds which?",
    source="Goldowsky-Dill et al. 2023, arXiv:2304.05969; Wang et al. 2023, arXiv:2211.00593",
    cannot_show="Ways through more than two of the parts, or through parts that were not tried; "
    "and a path's effect is not a share of the whole.",
    dimensions={
        "senders": ("path", "kind, layer and index"),
        "receivers": ("path", "kind, layer and index"),
        "effect": ("direction", "path"),
        "difference": ("one",),
        "control": ("person", "direction", "path"),
        "control_difference": ("person",),
        "random": ("direction", "path"),
        "random_difference": ("one",),
    },
    screens=False,
    needs=Intervenes,
    rests_on=("patch",),
    observe=follow,
    wants="decided",
    controlled=True,
    vanishes=("effect", "difference"),
)
