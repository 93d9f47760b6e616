"""Shares of draws: the gap of two rates in log-odds, by generalised estimating equations.

Where a model is sampled, an answer is yes or no and a prompt's outcome is a share of its draws.
Draws of one template hang together, so templates are the clusters; each counts alike, whatever
its number of draws. The robust variance of few clusters is too small: the bias-reduced one of
Mancl and DeRouen is taken, with t intervals on one degree of freedom fewer than templates. Names
are no sample here, so it stands beside the crossed estimate of a label and carries no verdict.

Where every draw of a side is the same, its log-odds are infinite: the result is Undefined.

Source: Liang & Zeger 1986, Biometrika 73:13; Mancl & DeRouen 2001, Biometrics 57:126; both by
statsmodels. A template's two shares give what its single draws would, to the last digit.
"""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.records.context import MarginalModel
from audit.records.quantities import Undefined
from audit.stats.student import two_sided

_LONGEST = 200
_DIGITS = 6  # an optimiser's last digits differ between machines
_ROUNDING = 1e-9  # log-odds that vary less do not vary


def share_gap(
    a: NDArray[np.float64], b: NDArray[np.float64], *, floor: int
) -> MarginalModel | Undefined:
    """Return the group's log-odds minus the reference's, templates as clusters.

    Args:
        a: The group's share of draws in each template, shape (T,), NaN where nothing was drawn.
        b: The reference's, the same shape.
        floor: The fewest templates that carry an interval.
    """
    known = ~(np.isnan(a) | np.isnan(b))
    a, b = a[known], b[known]
    if a.size < floor:
        return Undefined(reason=f"{a.size} templates; an interval needs {floor}")
    for side, share in (("group", a.mean()), ("reference group", b.mean())):
        if share in (0.0, 1.0):
            return Undefined(reason=f"all draws of the {side} are alike: no finite log-odds")
    if float(np.ptp(_scores(a) - _scores(b))) <= _ROUNDING:
        return Undefined(reason="the gap does not vary between templates")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            fit = _fit(a, b)
            value, se = float(fit.params[1]), float(fit.bse[1])
        except (np.linalg.LinAlgError, ValueError) as fault:
            return Undefined(reason=f"the model was not fitted: {str(fault)[:_LONGEST]}")
    if not np.isfinite([value, se]).all():
        return Undefined(reason="the model gave no finite standard error")
    told = tuple(sorted({str(one.message).split("\n")[0][:_LONGEST] for one in said}))
    return _told(value, se, a.size, converged=bool(fit.converged), told=told)


def _scores(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each template adds to the log-odds of the mean share."""
    mean = shares.mean()
    return np.asarray((shares - mean) / (mean * (1 - mean)))


def _told(
    value: float, se: float, templates: int, *, converged: bool, told: tuple[str, ...]
) -> MarginalModel:
    value, se = round(value, _DIGITS), round(se, _DIGITS)
    half, p = two_sided(value, se, templates - 1)
    return MarginalModel(
        value=value,
        se=se,
        df=templates - 1,
        low=round(value - half, _DIGITS),
        high=round(value + half, _DIGITS),
        p=round(p, _DIGITS),
        templates=templates,
        converged=converged,
        warnings=told,
    )


def _fit(a: NDArray[np.float64], b: NDArray[np.float64]) -> Any:
    from statsmodels.genmod.families import Binomial  # noqa: PLC0415 (slow to import)
    from statsmodels.genmod.generalized_estimating_equations import GEE  # noqa: PLC0415

    shares = np.column_stack((a, b)).ravel()
    of_group = np.tile((1.0, 0.0), a.size)
    design = np.column_stack((np.ones(shares.size), of_group))
    clusters = np.repeat(np.arange(a.size), 2)
    return GEE(shares, design, groups=clusters, family=Binomial()).fit(cov_type="bias_reduced")
