"""Onset: from which layer on does the place of the answer hold the difference?

The projection of the two sides' difference on the answer's direction, at the place where the
answer is read, grows layer by layer to its last value. Its onset is the first layer from
which on it keeps the sign of, and at least half of, that last value. Half is a convention: any
share that a stream passes once and for all would name the same layer where one layer
writes nearly everything, and where none does, the shares below show it.

Reads:  the activation maps' views; comparisons that count are counted apart from the others.
Gives:  one `LayerShares`.
Source: the rule is this project's; projections on the answer after nostalgebraist 2020,
        interpreting GPT: the logit lens.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from audit.analyses.contract import Account, View
from audit.analyses.turning import shares
from audit.records.inside import Inside
from audit.records.internals import Looked
from audit.records.writing import LayerShares, ShareOfPairs

_HALF = 0.5


def onset(seen: Mapping[str, Iterable[View]]) -> Iterator[Inside]:
    """Yield in which share of the pairs each layer holds the onset."""
    looks: list[Looked] = []
    found: list[int] = []
    layers = 0
    for view in seen["activation_map"]:
        residual = view.look.labels["kind"].index("residual")
        projection = view.arrays["projection"][residual, :, -1].astype(float)
        looks.append(view.look)
        found.append(onset_layer(projection))
        layers = len(projection)
    if not looks:
        return
    yield LayerShares(
        question="activation_map",
        quantity="onset of the projection on the answer",
        established=_of(looks, found, layers, established=True),
        others=_of(looks, found, layers, established=False),
    )


def onset_layer(projection: NDArray[np.float64]) -> int:
    """Return the first layer from which on half of the last value is kept: (layers,) -> layer."""
    kept = projection * np.sign(projection[-1]) >= _HALF * abs(projection[-1])
    lost = np.flatnonzero(~kept)
    return int(lost[-1]) + 1 if lost.size else 0


def _of(
    looks: list[Looked], found: list[int], layers: int, *, established: bool
) -> tuple[ShareOfPairs, ...]:
    some = [n for n, look in enumerate(looks) if look.established is established]
    return shares(np.array(found, dtype=np.intp)[some], layers, [looks[n] for n in some])


PLUGIN = Account(
    name="onset",
    question="From which layer on does the place of the answer hold the difference?",
    source="the project's own rule, on projections as in nostalgebraist 2020",
    reads=("activation_map",),
    answer=onset,
)
