"""Placebo: how many placebo contrasts may raise an alarm, by permuting names.

Cells that hold the same names are permuted together, for their answers hang together: under
labels one cast of neutral names stands in every group and suite, so where one placebo alarms
its neighbours do too, and counting them as independent would call a sound run unsound.

Two things can be wrong. More alarms than the bound: which half a name stands in matters, so
answers depend on something that has nothing to do with the group. Too many families with an
alarm over all permutations: the estimator and its correction do not keep their promise on
answers like these, whatever the order of names.

Reads:  the placebos' names and strata; the alarms over permuted names.
Gives:  masks to permute by; one `PlaceboCheck`.
Source: permutation p with the observed order counted, Phipson & Smyth 2010, SAGMB 9:39.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from audit.records.calibration import PlaceboCheck, Trouble
from audit.records.digests import content_seed
from audit.records.findings import Policy
from audit.stats.halves import permuted

PERMUTATIONS = 499

Mask = NDArray[np.bool_]


class Halved(Protocol):
    """A placebo's names: which, of what stratum, and which are in the first half."""

    @property
    def units(self) -> tuple[str, ...]: ...
    @property
    def strata(self) -> tuple[str, ...]: ...
    @property
    def first(self) -> Mask: ...


class Permuted(NamedTuple):
    """For each placebo its halvings, (names, permutations); and how many repeat the observed."""

    masks: tuple[Mask, ...]
    same: float


@dataclass(frozen=True)
class Counted:
    """Alarms of the observed halves, and over permuted names.

    Attributes:
        contrasts: Placebos that alarm, one count a permutation.
        families: Families with an alarm, likewise.
        of: How many families there are.
    """

    observed: int
    defined: int
    undefined: int
    contrasts: NDArray[np.intp]
    families: NDArray[np.intp]
    of: int


def permute(placebos: Sequence[Halved], seed: int, draws: int = PERMUTATIONS) -> Permuted:
    """Return the halvings of all placebos, equal for equal names.

    Args:
        placebos: One or more.
        seed: The run's.
        draws: How often names are permuted.
    """
    by_names: dict[tuple[str, ...], Mask] = {}
    same = np.ones(draws, dtype=bool)
    for one in placebos:
        if one.units not in by_names:
            rng = np.random.default_rng(content_seed("placebo", str(seed), *one.units))
            masks = permuted(one.first, one.strata, draws, rng)
            by_names[one.units] = masks
            same &= (masks == one.first[:, np.newaxis]).all(axis=0)
    return Permuted(tuple(by_names[one.units] for one in placebos), float(same.mean()))


def checked(counted: Counted, same: float, policy: Policy) -> PlaceboCheck | None:
    """Return what the placebos say; None where none has an interval."""
    if not counted.defined:
        return None
    draws = counted.contrasts.size
    p = _p(counted.observed, counted.contrasts)
    rate = float(counted.families.mean()) / counted.of
    return PlaceboCheck(
        contrasts=counted.defined,
        undefined=counted.undefined,
        alarms=counted.observed,
        bound=_bound(counted, policy.placebo_level),
        p=p,
        level=policy.placebo_level,
        permutations=draws,
        same=same,
        mean_alarms=float(counted.contrasts.mean()),
        families=counted.of,
        family_rate=rate,
        family_bound=policy.placebo_family_rate,
        trouble=_trouble(p, rate, policy),
    )


def _p(alarms: int, permutations: NDArray[np.intp]) -> float:
    """Return the share of orders with so many alarms or more, the observed one among them."""
    return (1 + int((permutations >= alarms).sum())) / (1 + permutations.size)


def _bound(counted: Counted, level: float) -> int:
    """Return the most alarms whose p stays above the level."""
    allowed = (k for k in range(counted.defined, 0, -1) if _p(k, counted.contrasts) > level)
    return next(allowed, 0)


def _trouble(p: float, rate: float, policy: Policy) -> Trouble:
    if p <= policy.placebo_level:
        return "names"
    return "pipeline" if rate > policy.placebo_family_rate else ""
