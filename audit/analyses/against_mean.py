"""Against the mean: each group beside the mean of all groups.

So no verdict hangs on which group was declared the reference.

Under a label cue every group's answer is set against the mean answer of all groups in the
same set and name; under a name cue each group's names are a sample of their own, and the
mean of the groups' means is a weighted sum of them. Groups without any answer are left out
of the mean; the variant without a mention is no group, nor is a made-up one.

Source: effect (deviation) coding, Cohen et al. 2003, Applied Multiple Regression, ch. 8.3.
"""

from collections.abc import Mapping

import numpy as np

from audit.analyses.comparison import Array, Comparison, floor, matrix, values
from audit.analyses.contract import Observed
from audit.analyses.made_up import needs_made_up, pair_estimate
from audit.records.probes import is_control
from audit.records.quantities import Quantity
from audit.stats.crossed import Floor, by_unit, paired, weighted

_LEAST = 2


def against_mean(one: Comparison, observed: Observed) -> Mapping[str, Quantity]:
    """Return each answering group's gap to the mean of all of them; none below two groups.

    Args:
        one: Any comparison of the cell; its group does not matter.
        observed: Gives the floors, below which a gap is Undefined.
    """
    answering = [group for group in one.cell.sides if _answers(group, one)]
    if len(answering) < _LEAST:
        return {}
    if one.cell.key.cue == "label":
        stacked = _aligned(one, answering)  # (groups, templates, units)
        middle = stacked.mean(axis=0)
        return {
            group: pair_estimate(one, observed, side - middle)
            if needs_made_up(one)
            else paired(side - middle, floor=floor(observed))
            for group, side in zip(answering, stacked, strict=True)
        }
    sides = {group: matrix(one, one.cell.sides[group]) for group in answering}
    return {group: _nested(group, sides, floor(observed)) for group in answering}


def _answers(group: str, one: Comparison) -> bool:
    if is_control(group):
        return False
    return bool(one.column.present[one.places(one.cell.sides[group])].any())


def _nested(group: str, sides: Mapping[str, Array], least: Floor) -> Quantity:
    """Return the group's mean minus the mean of all groups' means."""
    others = [name for name in sides if name != group]
    share = 1 / len(sides)
    return weighted(
        [sides[group], *(sides[name] for name in others)],
        [1 - share, *(-share for _ in others)],
        floor=least,
    )


def _aligned(one: Comparison, groups: list[str]) -> Array:
    """Return all groups' numbers in the sets and names that all of them share.

    What one group did not answer is missing for all.
    """
    sides = [one.cell.sides[group] for group in groups]
    shared = sides[0].pairs
    for side in sides[1:]:
        shared = np.intersect1d(shared, side.pairs)
    at = [np.searchsorted(side.pairs, shared) for side in sides]
    found = np.array([values(one.column, s.places[i]) for s, i in zip(sides, at, strict=True)])
    found[:, np.isnan(found).any(axis=0)] = np.nan
    first, here = sides[0], at[0]
    shape = (len(one.cell.templates), len(first.unit_names))
    return np.array(
        [
            by_unit(row, rows=first.rows[here], units=first.units[here], shape=shape)[one.rows]
            for row in found
        ]
    )
