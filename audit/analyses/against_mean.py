"""Against the mean: each group beside the mean of all groups.

So no verdict hangs on which group was declared the reference.

Under a label cue every group's answer is set against the mean answer of all groups in the
same set and name; under a name cue each group's names are a sample of their own, and the
mean of the groups' means is a weighted sum of them. Groups without any answer are left out
of the mean; the variant without a mention is no group, nor is a made-up one.

Source: effect (deviation) coding, Cohen et al. 2003, Applied Multiple Regression, ch. 8.3.
"""

from collections.abc import Mapping

from audit.analyses.comparison import Array, Comparison, aligned, floor, matrix
from audit.analyses.contract import Observed
from audit.analyses.made_up import needs_made_up, pair_estimate
from audit.records.probes import is_control
from audit.records.quantities import Quantity
from audit.stats.crossed import Floor, paired, weighted

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
        stacked = aligned(one, answering)  # (groups, templates, units)
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
