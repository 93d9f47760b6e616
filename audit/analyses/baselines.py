"""Baselines: what moves an answer although nobody's group changed?

A rewording: two templates that word one case anew (`paraphrase_of`), asked for the
reference group. If naming the group moves an answer no further than another wording does,
the gap is no larger than what wording alone does. A repeat: the same prompt asked again.

Source: paraphrase and repeat controls as negative controls, Lipsitch et al. 2010,
Epidemiology 21:383.
"""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from audit.analyses.comparison import Array, Comparison, differences, matrix
from audit.analyses.contract import Observed
from audit.records.context import RepeatNoise, Rewording
from audit.records.quantities import Undefined
from audit.stats.clusters import mean_over_clusters

_TWICE = 2


def cases(one: Comparison, observed: Observed) -> NDArray[np.intp]:
    """Return for each template of a comparison the number of its case.

    Templates that word one case anew share its number, whether or not the first wording is
    part of the run.
    """
    roots: dict[tuple[str, str], tuple[str, str]] = {}
    for suite in sorted({key for key, _ in one.cell.templates}):
        parents = {t.id: t.paraphrase_of or t.id for t in observed.suites[suite].templates}
        roots |= {(suite, each): (suite, _root(each, parents)) for each in parents}
    kept = [t for t, row in zip(one.cell.templates, one.rows, strict=True) if row]
    numbers: dict[tuple[str, str], int] = {}
    return np.array(
        [numbers.setdefault(roots[template], len(numbers)) for template in kept], dtype=np.intp
    )


def rewording(
    one: Comparison, case: NDArray[np.intp], observed: Observed
) -> Rewording | Undefined:
    """Return how large the group swap is beside a rewording of the same case."""
    reference = matrix(one, one.theirs)  # (templates, units)
    gap = np.abs(_by_template(one))
    swaps, shifts, pairs = [], [], 0
    for number in np.unique(case):
        rows = np.flatnonzero((case == number) & ~np.isnan(gap))
        found = [_shift(reference, i, j) for i, j in combinations(rows.tolist(), 2)]
        known = [shift for shift in found if shift is not None]
        if known:
            swaps.append(float(gap[rows].mean()))
            shifts.append(float(np.mean(known)))
            pairs += len(known)
    if not pairs:
        return Undefined(reason="no case of this cell was answered in two wordings")
    excess = mean_over_clusters(
        np.array(swaps) - np.array(shifts),
        floor=observed.policy.min_templates,
        observations=int((~np.isnan(reference)).sum()),
        names=reference.shape[1],
    )
    return Rewording(
        swap=float(np.mean(swaps)),
        rewording=float(np.mean(shifts)),
        excess=excess,
        cases=len(swaps),
        pairs=pairs,
    )


def repeat_noise(one: Comparison) -> RepeatNoise | Undefined:
    """Return how far repeats of the same prompt lie apart, on both sides of a comparison."""
    column = one.column
    if column.draws is None or column.scatter is None:
        return Undefined(reason="no repeat was asked")
    places = np.unique(np.concatenate([one.places(one.mine), one.places(one.theirs)]))
    draws = column.draws[places]
    again = draws >= _TWICE
    if not again.any():
        return Undefined(reason="no repeat was asked in this cell")
    free = int((draws[again] - 1).sum())
    return RepeatNoise(
        deviation=float((column.scatter[places][again].sum() / free) ** 0.5),
        prompts=int(again.sum()),
        repeats=int(draws[again].sum()),
    )


def _root(template: str, parents: dict[str, str]) -> str:
    """Follow `paraphrase_of` to the first wording; a circle ends at its least id."""
    seen: list[str] = []
    while template not in seen:
        seen.append(template)
        template = parents[template]
    return min(seen[seen.index(template) :])


def _by_template(one: Comparison) -> Array:
    """Return each template's gap, names averaged, NaN where it has none."""
    if one.cell.key.cue == "label":
        return _row_means(differences(one))
    return _row_means(matrix(one, one.mine)) - _row_means(matrix(one, one.theirs))


def _row_means(m: Array) -> Array:
    known = ~np.isnan(m)
    counts = known.sum(axis=1)
    means = np.full(len(m), np.nan)
    np.divide(np.where(known, m, 0.0).sum(axis=1), counts, out=means, where=counts > 0)
    return means


def _shift(reference: Array, i: int, j: int) -> float | None:
    """Return the size of the mean shift between two wordings, over the names in both."""
    moved = reference[i] - reference[j]
    known = moved[~np.isnan(moved)]
    return abs(float(known.mean())) if known.size else None
