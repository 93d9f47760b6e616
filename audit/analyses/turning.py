"""Turning: pairs of many comparisons on one scale, each turned by what others show of it.

Two groups may be favoured and two others not, so contributions of different comparisons
would cancel. Turning each pair by its own difference would make any noise look like an
effect. Each pair is therefore turned by the sign of the mean difference of its comparison
over all *other* templates (`Looked.direction`): where there is nothing, what is found in one
template does not depend on that sign, and the mean is zero.

Source: leave-one-out, Stone 1974, JRSS B 36:111; clusters, `audit.stats.clusters`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audit.records.digests import content_seed
from audit.records.internals import Looked
from audit.records.quantities import Quantity
from audit.records.writing import ShareOfPairs
from audit.stats.clusters import mean_over_clusters
from audit.stats.proportions import clustered

_FEWEST_TEMPLATES = 3


def signs(looks: Sequence[Looked]) -> NDArray[np.float64]:
    """Return +1, -1, or 0 where the other templates say nothing, one a pair."""
    return np.sign([look.direction for look in looks]).astype(float)


def shuffled(looks: Sequence[Looked]) -> NDArray[np.float64]:
    """Return the signs of other pairs, drawn by the pairs' own content."""
    seed = content_seed("shuffled directions", *(f"{o.set_id} {o.variant}" for o in looks))
    return np.random.default_rng(seed).permutation(signs(looks))


def over_templates(values: NDArray[np.float64], looks: Sequence[Looked]) -> Quantity:
    """Return the mean of the templates' means with a t interval over templates."""
    templates = np.array([look.template for look in looks])
    known = np.unique(templates)
    means = np.array([values[templates == one].mean() for one in known])
    names = len({look.name for look in looks if look.name})
    return mean_over_clusters(means, floor=_FEWEST_TEMPLATES, observations=len(looks), names=names)


def shares(
    layers: NDArray[np.intp], count: int, looks: Sequence[Looked]
) -> tuple[ShareOfPairs, ...]:
    """Return in which share of the pairs each of `count` layers is the one; empty for no pairs.

    Args:
        layers: The one layer of each pair, (pairs,).
    """
    if not looks:
        return ()
    templates = np.array([look.template for look in looks])
    known = np.unique(templates)
    trials = np.array([np.count_nonzero(templates == one) for one in known])
    return tuple(_share(layers == layer, templates, known, trials) for layer in range(count))


def _share(
    hits: NDArray[np.bool_],
    templates: NDArray[np.str_],
    known: NDArray[np.str_],
    trials: NDArray[np.intp],
) -> ShareOfPairs:
    successes = np.array([np.count_nonzero(hits[templates == one]) for one in known])
    low, high = clustered(successes, trials)
    total = int(successes.sum())
    value = total / len(hits)
    return ShareOfPairs(count=total, pairs=len(hits), value=value, low=low, high=high)
