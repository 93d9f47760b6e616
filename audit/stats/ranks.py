"""Ranks: how alike two columns order the same things.

Source: Spearman 1904, American Journal of Psychology 15:72; ties get their mean rank.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata


def spearman(one: NDArray[np.float64], two: NDArray[np.float64]) -> float | None:
    """Return the rank correlation; None where a column does not vary."""
    ranks = np.stack([rankdata(one), rankdata(two)])
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    sizes = np.sqrt((centred**2).sum(axis=1))
    if not sizes.all():
        return None
    return float(np.clip(centred[0] @ centred[1] / (sizes[0] * sizes[1]), -1, 1))
