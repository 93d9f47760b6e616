"""Views over templates: numbers of many pairs, pooled with templates as clusters.

Pairs of one template share their wording and are no independent evidence, so each template
counts once, by the mean of its pairs. Parts are chosen on one half of the templates and
reported on the other: templates stand in the order of their ids' digests and go to the two
halves in turn, so that neither their names nor their order has a say.

Source: t over cluster means, `audit.stats.clusters`; sample splitting, Cox 1975, Biometrika
62:441.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from audit.analyses.contract import View
from audit.records.digests import content_id
from audit.records.quantities import Estimate, Quantity, Undefined
from audit.stats.clusters import mean_over_clusters

Array = NDArray[np.float64]

FEWEST = 3  # templates that carry an interval


def choosing(templates: Iterable[str]) -> frozenset[str]:
    """Return the half of the templates on which parts are chosen; the larger one is reported."""
    ordered = sorted(set(templates), key=lambda one: (content_id("half", one), one))
    return frozenset(ordered[1::2])


def template_means(values: Array, templates: Sequence[str]) -> Array:
    """Return the means of each template's rows: (pairs, n) -> (templates, n)."""
    labels = np.array(templates)
    distinct = sorted(set(templates))
    if not distinct:
        return np.zeros((0, *values.shape[1:]))
    return np.stack([values[labels == one].mean(axis=0) for one in distinct])


def over_templates(values: Array, templates: Sequence[str]) -> tuple[Quantity, ...]:
    """Return each column's mean with its interval: (pairs, n) -> n quantities.

    Args:
        values: One row a pair.
        templates: One a pair.
    """
    means = template_means(values, templates)
    if len(means) < FEWEST:
        reason = f"{len(means)} templates; an interval needs {FEWEST}"
        return tuple(Undefined(reason=reason) for _ in range(values.shape[1]))
    columns: list[Array] = list(means.T)
    return tuple(_pooled(column, len(templates)) for column in columns)


def _pooled(means: Array, pairs: int) -> Quantity:
    """Return the mean of template means; what is zero in every one of them is known to be."""
    if means.any():
        return mean_over_clusters(means, floor=FEWEST, observations=pairs, names=pairs)
    zero = dict.fromkeys(("value", "se", "low", "high", "low90", "high90", "mde"), 0.0)
    return Estimate(
        **zero,
        df=len(means) - 1,
        p=1.0,
        templates=len(means),
        names=pairs,
        observations=pairs,
        estimator="zero in every case",
    )


def numbers(view: View, name: str) -> Array:
    """Return an array of a view, exact enough to be averaged."""
    return np.asarray(view.arrays[name], dtype=np.float64)


def bearing(view: View) -> float:
    """Return +1 or -1: which way the pair should point, by the comparison's other templates.

    A part's effect hangs together with its own pair's difference whatever the group does, so
    the pair itself must not decide its sign.
    """
    return -1.0 if view.look.direction < 0 else 1.0


def own_sign(difference: float) -> float:
    """Return what turns a difference to be positive; of controls only the size matters."""
    return -1.0 if difference < 0 else 1.0
