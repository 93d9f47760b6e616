"""Paths: which part feeds which, over all pairs at once?

Pooled and controlled like the effects of single parts (`audit.analyses.mediators`): parts
were chosen on one half of the templates, and paths between them are reported on the other.
Effects of paths are never added up.

Reads:  the views of `path_patching`, and of `attribution_patching` for the halves.
Gives:  one `Path` for each way that was tried, the largest first.
Source: Goldowsky-Dill et al. 2023, arXiv:2304.05969.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from audit.analyses.choosing_parts import components_of
from audit.analyses.contract import Account, View
from audit.analyses.pooled_effects import effects_of
from audit.analyses.views import bearing, choosing, numbers
from audit.records.mediation import Path

_SCREENED = "attribution_patching"


def paths(views: Mapping[str, Iterable[View]]) -> Iterator[Path]:
    """Yield the paths, the largest first."""
    half = choosing(view.look.template for view in views[_SCREENED])
    every = [view for view in views["path_patching"] if view.look.template not in half]
    if not every:
        return
    senders, receivers = (components_of(every[0].arrays[one]) for one in ("senders", "receivers"))
    turned = np.mean([bearing(one) * numbers(one, "effect").mean(axis=0) for one in every], axis=0)
    made = [
        Path(sender=sender, receiver=receiver, effect=effect)
        for sender, receiver, effect in zip(senders, receivers, effects_of(every), strict=True)
    ]
    for place in np.argsort(-np.abs(turned), kind="stable"):
        yield made[place]


PLUGIN = Account(
    name="paths",
    question="Which part feeds which?",
    source="Goldowsky-Dill et al. 2023, arXiv:2304.05969",
    reads=(_SCREENED, "path_patching"),
    answer=paths,
)
