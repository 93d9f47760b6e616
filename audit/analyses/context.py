"""Context: everything that stands beside a primary disparity, put together."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from audit.analyses.baselines import cases, repeat_noise, rewording
from audit.analyses.comparison import Comparison, differences, matrix
from audit.analyses.contract import Observed
from audit.analyses.effects import effects
from audit.analyses.intersections import intersection
from audit.analyses.second_opinions import second_opinions
from audit.records.context import Context, VarianceShares
from audit.records.quantities import Quantity, Undefined
from audit.stats.components import shares_nested, shares_paired

_NO_MEAN = Undefined(reason="fewer than two groups answered, or not this one")


def context(
    one: Comparison, estimate: Quantity, means: Mapping[str, Quantity], observed: Observed
) -> Context:
    """Return the context of one primary disparity.

    Args:
        one: The comparison, by the primary metric.
        estimate: Its gap.
        means: Each group's gap to the mean of all groups.
        observed: Everything that was observed.
    """
    case = cases(one, observed)
    return Context(
        against_mean=means.get(one.group, _NO_MEAN),
        reference_against_mean=means.get(one.cell.key.reference, _NO_MEAN),
        groups=len(means),
        effects=effects(one, estimate, observed),
        shares=_shares(one, case),
        rewording=rewording(one, case, observed),
        repeat_noise=repeat_noise(one),
        robustness=second_opinions(one, observed),
        intersection=intersection(one, observed),
    )


def _shares(one: Comparison, case: NDArray[np.intp]) -> VarianceShares | Undefined:
    if one.cell.key.cue == "label":
        return shares_paired(differences(one), case)
    return shares_nested(matrix(one, one.mine), matrix(one, one.theirs), case)
