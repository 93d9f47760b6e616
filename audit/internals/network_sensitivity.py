"""Network sensitivity: which layer's small perturbation moves the decision most?

The length of the gradient of the log-odds in the residual stream after each layer, at each
place: no perturbation of length e there, however directed, moves the log-odds by more than
about e times it. It asks nothing about the pair's difference; how far layers that are
sensitive are also those that pass the difference on is a question for
`audit.analyses.layer_ranks`.

Reads:  both sides of a pair in both orders.
Gives:  the gradient's length for each layer and place, and over all places, those of the
        group's words, and the place of the answer: root mean square over sides and orders.
Source: Simonyan et al. 2014, arXiv:1312.6034 (gradients as sensitivity), in the stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audit.internals.contract import Question, Refused, Seen
from audit.internals.recording import slopes
from audit.models.architectures import architecture
from audit.models.contract import Intervenes
from audit.models.sites import Site

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.internals.pairs import Pair
    from audit.models.architectures import Architecture
    from audit.models.cases import Opened
    from audit.records.internals import Component


def look(model: Intervenes, pair: Pair, components: tuple[Component, ...] = ()) -> Seen | Refused:
    """Return the gradient's lengths for one pair."""
    del components  # it looks at every layer
    parts = architecture(model.module)
    arrays: dict[str, NDArray[np.generic]] = {}
    squares = []
    for number, sides in enumerate(pair.sides):
        for name, side in zip(("group", "reference"), sides, strict=True):
            lengths = gradient_lengths(parts, side)
            arrays[f"{name}_{number}"] = lengths.astype(np.float32)
            squares.append(_by_place(lengths**2, side))
    norms = np.sqrt(np.mean(squares, axis=0)).astype(np.float32)
    return Seen(arrays | {"norm": norms})


def gradient_lengths(parts: Architecture, side: Opened) -> NDArray[np.float64]:
    """Return the length of the gradient after each layer at each place, (layers, places)."""
    places = len(side.encoded.ids)
    sites = [Site(layer, "residual") for layer in range(len(parts.blocks))]
    found = slopes(parts, side, sites)
    rows = []
    for site in sites:
        # passes share the prompt: a perturbation of it would stand in each of them
        each = [one[:places].double().cpu().numpy() for one in found.gradients[site]]
        rows.append(np.linalg.norm(np.sum(each, axis=0), axis=1))
    return np.stack(rows)


def _by_place(squares: NDArray[np.float64], side: Opened) -> NDArray[np.float64]:
    """Return squared lengths over all places, the group's words, and the answer's place."""
    words = [one for one in side.words if one.part == "changed"]
    changed = sorted({place for word in words for place, _ in word.tokens})
    return np.stack(
        [squares.sum(axis=1), squares[:, changed].sum(axis=1), squares[:, side.answer_place]],
        axis=1,
    )


_SIDES = ("group_0", "group_1", "reference_0", "reference_1")

PLUGIN = Question(
    name="network_sensitivity",
    question="Which layer's small perturbation moves the decision most?",
    source="Simonyan et al. 2014, arXiv:1312.6034",
    cannot_show="What a perturbation of real size does, or whether the group has anything to do "
    "with it: it is about any small change whatever.",
    dimensions={
        "norm": ("layer", "all, group's words, answer"),
        **{name: ("layer", f"place of {name}") for name in _SIDES},
    },
    screens=False,
    needs=Intervenes,
    rests_on=("patch",),
    observe=look,
)
