"""Diagnostic classifier: what can be read off the states of each layer?

The residual stream is kept at the words that name the group (their mean) and where the answer
is read, for both sides, with the log-odds and the words of the case. The classifiers are fitted
over all pairs, when everything is on file.

Reads:  both sides of a pair.
Gives:  states by side, place, layer (the embeddings first) and dimension.
Source: Alain & Bengio 2016, arXiv:1610.01644; Belinkov 2022, Computational Linguistics 48:207.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audit.internals.contract import Question, Refused, Seen
from audit.internals.states import states
from audit.models.architectures import architecture
from audit.models.contract import Intervenes
from audit.models.sites import EMBEDDINGS, Site

if TYPE_CHECKING:
    from audit.internals.pairs import Pair
    from audit.models.cases import Opened
    from audit.records.internals import Component


def observe(model: Intervenes, pair: Pair, components: tuple[Component, ...]) -> Seen | Refused:  # noqa: ARG001
    """Return the states, (side, place, layer, width), and the log-odds of both sides."""
    layers = range(EMBEDDINGS, len(architecture(model.module).blocks))
    sites = [Site(layer, "residual") for layer in layers]
    group, reference = zip(*pair.sides, strict=True)
    sides = [states(model, orders, sites) for orders in (group, reference)]
    return Seen(
        {
            "states": np.stack([one.values for one in sides]),
            "log_odds": np.array([one.log_odds for one in sides], dtype=np.float32),
        },
        {"group word": _words(group[0]), "reference word": _words(reference[0])},
    )


def _words(opened: Opened) -> tuple[str, ...]:
    return tuple(word.text for word in opened.words if word.part in ("changed", "fact"))


PLUGIN = Question(
    name="diagnostic_classifier",
    question="Is the group, and is the outcome, linearly readable at each layer?",
    source="Alain & Bengio 2016, arXiv:1610.01644; Hewitt & Liang 2019, arXiv:1909.03368",
    cannot_show="Whether the network uses what can be read: readable is not used.",
    dimensions={"states": ("side", "place", "layer", "width"), "log_odds": ("side",)},
    rests_on=("stream",),
    screens=True,
    enough=240,
    needs=Intervenes,
    observe=observe,
)
