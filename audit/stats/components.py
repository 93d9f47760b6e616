"""Variance components: what does the gap of one pair of prompts vary with?

Estimated by expected mean squares. A component whose estimate falls below zero is zero, and
the shares are of what remains. Under a label cue the layout is that of the differences; under a
name cue the templates' part is that of the difference of the means, names and residual are
the sums over both groups, for the gap of a random pair holds one of each.

Where templates are wordings of one case, the templates' part splits into cases and wordings
by a one-way layout of the template means.

Source: Searle, Casella & McCulloch 1992, Variance Components, ch. 4 (two-way) and ch. 3.6
(one-way, unequal sizes).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audit.records.context import VarianceShares
from audit.records.quantities import Undefined
from audit.stats.completeness import complete_cases
from audit.stats.two_way import Matrix, two_way

_LEAST = 2
_ROUNDING = 1e-24  # of the largest squared value: what varies less does not vary


class Components(NamedTuple):
    """Variances of one pair's gap; `wording` is None where no case has two wordings."""

    template: float
    wording: float | None
    name: float
    residual: float


@dataclass(frozen=True)
class _Sizes:
    templates: int
    names: int
    wordings: int
    observations: int


def shares_paired(d: Matrix, cases: NDArray[np.intp]) -> VarianceShares | Undefined:
    """Return the shares in the variance of differences between groups that share names.

    Args:
        d: Group minus reference, shape (T templates, N names), NaN where missing.
        cases: For each template the number of its case, shape (T,); wordings share one.
    """
    rows, columns = complete_cases(d)
    d, cases = d[np.ix_(rows, columns)], cases[rows]
    if min(d.shape) < _LEAST:
        return _too_small(d.shape[0], d.shape[1])
    _, by_name, rest = two_way(d)
    squared = rest.variance * d.size
    name = max(0.0, by_name.variance * d.shape[1] - squared / d.shape[0])
    template, wording = _by_case(d.mean(axis=1), cases, squared / d.shape[1])
    sizes = _Sizes(d.shape[0], d.shape[1], _wordings(cases), 2 * d.size)
    found = Components(template, wording, name, squared)
    return _shares(found, sizes, float(np.abs(d).max(initial=0)))


def shares_nested(a: Matrix, b: Matrix, cases: NDArray[np.intp]) -> VarianceShares | Undefined:
    """Return the shares in the variance of a gap between groups with names of their own.

    Args:
        a: The group's values, shape (T templates, N_a names), NaN where missing.
        b: The reference's values, shape (T templates, N_b names).
        cases: For each template the number of its case, shape (T,).
    """
    rows, columns = complete_cases(np.column_stack((a, b)))
    mine, theirs = columns[: a.shape[1]], columns[a.shape[1] :]
    sides = (a[np.ix_(rows, mine)], b[np.ix_(rows, theirs)])
    cases = cases[rows]
    names = min(side.shape[1] for side in sides)
    if min(len(cases), names) < _LEAST:
        return _too_small(len(cases), names)
    parts = [(side, two_way(side)) for side in sides]
    squared = [part[2].variance * side.size for side, part in parts]
    name = sum(
        max(0.0, part[1].variance * side.shape[1] - own / side.shape[0])
        for (side, part), own in zip(parts, squared, strict=True)
    )
    noise = sum(own / side.shape[1] for side, own in zip(sides, squared, strict=True))
    d = sides[0].mean(axis=1) - sides[1].mean(axis=1)
    template, wording = _by_case(d, cases, noise)
    sizes = _Sizes(len(cases), sides[0].shape[1], _wordings(cases), sum(s.size for s in sides))
    scale = max(float(np.abs(side).max(initial=0)) for side in sides)
    return _shares(Components(template, wording, name, sum(squared)), sizes, scale)


def across_languages(
    within: Sequence[VarianceShares], between: float
) -> VarianceShares | Undefined:
    """Return the shares where languages are pooled: their means, and what lies between.

    Args:
        within: The shares inside each language.
        between: Variance of the true gaps between languages.
    """
    if not within:
        return Undefined(reason="no language has variance shares")

    def mean(share: str) -> float:
        return sum(one.total * (getattr(one, share) or 0.0) for one in within) / len(within)

    total = sum(one.total for one in within) / len(within) + between
    worded = any(one.wording is not None for one in within)
    return VarianceShares(
        total=total,
        template=mean("template") / total,
        wording=mean("wording") / total if worded else None,
        name=mean("name") / total,
        language=between / total,
        residual=mean("residual") / total,
        templates=sum(one.templates for one in within),
        names=sum(one.names for one in within),
        wordings=sum(one.wordings for one in within),
        observations=sum(one.observations for one in within),
    )


def _by_case(
    means: NDArray[np.float64], cases: NDArray[np.intp], noise: float
) -> tuple[float, float | None]:
    """Return the variance between cases and between wordings of a case.

    Args:
        means: One a template, shape (T,).
        cases: The case of each, shape (T,).
        noise: Variance that a template's mean has from names and residual alone.
    """
    plain = max(0.0, float(means.var(ddof=1)) - noise)
    _, place, sizes = np.unique(cases, return_inverse=True, return_counts=True)
    if not 1 < len(sizes) < len(cases):
        return plain, None
    centres = np.bincount(place, weights=means) / sizes
    inside = float(((means - centres[place]) ** 2).sum()) / (len(cases) - len(sizes))
    apart = float((sizes * (centres - means.mean()) ** 2).sum()) / (len(sizes) - 1)
    size = (len(cases) - float((sizes**2).sum()) / len(cases)) / (len(sizes) - 1)
    return max(0.0, (apart - inside) / size), max(0.0, inside - noise)


def _wordings(cases: NDArray[np.intp]) -> int:
    sizes = np.unique(cases, return_counts=True)[1]
    return int(sizes[sizes > 1].sum())


def _too_small(templates: int, names: int) -> Undefined:
    return Undefined(
        reason=f"{templates} templates and {names} names with all their answers; "
        "variance shares need two of each"
    )


def _shares(found: Components, sizes: _Sizes, scale: float) -> VarianceShares | Undefined:
    total = found.template + (found.wording or 0.0) + found.name + found.residual
    if total <= _ROUNDING * scale**2:
        return Undefined(reason="the gap does not vary")
    return VarianceShares(
        total=total,
        template=found.template / total,
        wording=None if found.wording is None else found.wording / total,
        name=found.name / total,
        residual=found.residual / total,
        templates=sizes.templates,
        names=sizes.names,
        wordings=sizes.wordings,
        observations=sizes.observations,
    )
