"""Made-up groups: the null of an association, from groups whose words mean nothing.

Groups whose key begins with "nonce-" stand in the same statements as every other. They carry no
verdict; how far they lie apart is what any two words do, and widens each gap between groups
accordingly. The null of a gap is the same contrast between two halves of them.

Source: as `audit.stats.nonce`.
"""

import numpy as np

from audit.analyses.comparison import Array, Comparison, differences, floor, generator, matrix
from audit.analyses.contract import Observed
from audit.records.probes import NONCE
from audit.records.quantities import Quantity, Undefined
from audit.stats.crossed import nested
from audit.stats.nonce import beside_nonce

_HALVES = 2


def needs_made_up(one: Comparison) -> bool:
    """Return whether a comparison is one of words, which made-up ones must stand beside."""
    return one.cell.key.outcome == "association" and one.cell.key.cue == "label"


def pair_estimate(one: Comparison, observed: Observed, d: Array | None = None) -> Quantity:
    """Estimate a gap of two groups' words, or of the differences that are given."""
    gaps = differences(one) if d is None else d
    return beside_nonce(gaps, made_up(one), floor=floor(observed))


def pair_null(one: Comparison, observed: Observed) -> Quantity:
    """Estimate the gap between two halves of the made-up groups, drawn by seed."""
    values = made_up(one)
    if values.shape[1] < _HALVES * observed.policy.min_names:
        return Undefined(
            reason=f"{values.shape[1]} made-up groups are too few for two halves of "
            f"{observed.policy.min_names}"
        )
    drawn = generator("made up", one, observed).permutation(values.shape[1])
    half = values.shape[1] // _HALVES
    first, second = np.sort(drawn[:half]), np.sort(drawn[half:])
    return nested(values[:, first], values[:, second], floor=floor(observed))


def made_up(one: Comparison) -> Array:
    """Return the made-up groups' numbers, names averaged, (templates, groups)."""
    groups = [group for group in one.cell.sides if group.startswith(NONCE)]
    if not groups:
        return np.empty((int(one.rows.sum()), 0))
    sides = [matrix(one, one.cell.sides[group]) for group in groups]
    return np.column_stack([_row_means(side) for side in sides])


def _row_means(side: Array) -> Array:
    """Return each template's mean over names; NaN where a name was not answered."""
    return np.asarray(side.mean(axis=1)) if side.shape[1] else np.full(len(side), np.nan)
