"""Lens curve: how far apart do the two sides read after each layer, over all pairs?

The difference of the two sides' log-odds as read off each layer, turned by what the
comparison shows in other templates (`audit.analyses.turning`), with templates as clusters. The
control is another name of the reference group against the reference, turned likewise.

Reads:  the logit lens' views; of comparisons that count if there are any, else of all.
Gives:  one `LayerCurve`.
Source: nostalgebraist 2020, interpreting GPT: the logit lens.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from audit.analyses.contract import Account, View
from audit.analyses.turning import over_templates, signs
from audit.records.inside import Inside, LayerCurve
from audit.records.quantities import Quantity


def lens_curve(seen: Mapping[str, Iterable[View]]) -> Iterator[Inside]:
    """Yield the curve of the difference."""
    views = list(seen["logit_lens"])
    views = [view for view in views if view.look.established] or views
    if not views:
        return
    odds = [view.arrays["log_odds"].astype(float) for view in views]
    controlled = [view for view in views if "control_log_odds" in view.arrays]
    names = [
        v.arrays["control_log_odds"].astype(float) - v.arrays["log_odds"][1] for v in controlled
    ]
    yield LayerCurve(
        question="logit_lens",
        quantity="difference in log-odds read off each layer",
        unit="log-odds",
        layers=_turned([sides[0] - sides[1] for sides in odds], views),
        control=_turned(names, controlled),
    )


def _turned(curves: list[NDArray[np.float64]], views: list[View]) -> tuple[Quantity, ...]:
    """Return a mean for each layer; empty for no curves."""
    if not curves:
        return ()
    looks = [view.look for view in views]
    turned = signs(looks)[:, None] * np.array(curves, dtype=float)  # (pairs, layers)
    return tuple(over_templates(column, looks) for column in turned.T)


PLUGIN = Account(
    name="lens_curve",
    question="How far apart do the two sides read after each layer?",
    source="nostalgebraist 2020, interpreting GPT: the logit lens",
    reads=("logit_lens",),
    answer=lens_curve,
)
