"""Logit lens: how would the answer read if the network stopped after each layer?

The stream after a layer is put through the final norm and the output head as if it were the
last, at every place where a token of an answer is read, and the log-odds are taken as they
were measured. The last layer's are the model's own, for there the norm is applied once, as
the model does. Values are means over both orders of the options; the control is the
reference group's text under another name.

Source: nostalgebraist 2020, interpreting GPT: the logit lens; Belrose et al. 2023,
        arXiv:2303.08112, on what it misreads in early layers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from audit.internals.answers import Answered, answered
from audit.internals.contract import Question, Refused, Seen
from audit.models.architectures import architecture
from audit.models.contract import Intervenes
from audit.models.sites import Site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.internals.pairs import Pair
    from audit.records.internals import Component


def read_off(model: Intervenes, pair: Pair, _components: tuple[Component, ...]) -> Seen | Refused:
    """Return the log-odds after each layer, on both sides."""
    layers = range(len(architecture(model.module).blocks))
    sites = [Site(layer, "residual") for layer in layers]
    orders = len(pair.orders)
    sides = [*(side for both in pair.sides for side in both), *pair.other]
    found, remarks = answered(model, sides, sites)
    both = [_curve(found[place : 2 * orders : 2], sites) for place in (0, 1)]
    arrays = {"log_odds": np.stack(both)}
    if pair.other:
        arrays["control_log_odds"] = _curve(found[2 * orders :], sites)
    return Seen(arrays, {"side": ("group", "reference")}, remarks)


def _curve(orders: Sequence[Answered], sites: Sequence[Site]) -> NDArray[np.float32]:
    """Return the log-odds after each layer, as means over the orders, (layers,)."""
    curves = np.array([_of_order(order, sites) for order in orders])
    found: NDArray[np.float32] = curves.mean(axis=0).astype(np.float32)
    return found


def _of_order(side: Answered, sites: Sequence[Site]) -> list[float]:
    read = side.answering
    with torch.no_grad():  # one layer at a time: a vocabulary of logits for each is large
        return [float(read.log_odds(read.readout.logits(side.kept[site])[None])) for site in sites]


PLUGIN = Question(
    name="logit_lens",
    question="After which layer can the difference first be read off the place of the answer?",
    source="nostalgebraist 2020, interpreting GPT: the logit lens",
    cannot_show=(
        "What a layer does: it reads the stream with the last layer's eyes, and early layers may "
        "hold the difference in a form that these eyes do not see. A lens is a reading, no cause."
    ),
    dimensions={"log_odds": ("side", "layer"), "control_log_odds": ("layer",)},
    needs=Intervenes,
    rests_on=("readout",),
    screens=True,
    controlled=True,
    observe=read_off,
)
