"""Finite: numbers that are not finite are refused, never stored."""

import numpy as np

from audit.internals.contract import Refused, Seen


def finite(seen: Seen) -> Seen | Refused:
    """Return what was seen, or that it is not finite."""
    if all(np.isfinite(array).all() for array in seen.arrays.values()):
        return seen
    return Refused("activations or answers are not finite")
