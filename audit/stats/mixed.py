"""Mixed model: crossed random effects of templates and names by restricted likelihood.

A cross-check of the crossed estimator by a library that shares no line with it. Its
intervals are normal, not t, and where a variance lies at zero its optimiser often does not
converge; what it says while fitting is kept, and no verdict rests on it.

Source: statsmodels MixedLM; crossed effects as variance components of one single group.
"""

import warnings
from typing import Any

import numpy as np

from audit.records.context import MixedModel
from audit.records.quantities import Undefined
from audit.stats.completeness import complete_cases
from audit.stats.two_way import Matrix

MOST_CELLS = 400
"""The fit is dense in templates x names: beyond this it would take minutes."""

_NORMAL = 1.959963984540054
_LONGEST = 200
_DIGITS = 6  # an optimiser's last digits differ between machines


def crossed_model(d: Matrix) -> MixedModel | Undefined:
    """Return the fitted mean of differences with its variance components.

    Args:
        d: Group minus reference, shape (T templates, N names), NaN where missing.
    """
    rows, columns = complete_cases(d)
    d = d[np.ix_(rows, columns)]
    if d.size > MOST_CELLS:
        return Undefined(reason=f"{d.size} differences are more than the {MOST_CELLS} fitted")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            fit = _fit(d)
            told = [*fit.fe_params, *fit.bse_fe, *fit.vcomp, fit.scale]
        except (np.linalg.LinAlgError, ValueError) as fault:
            return Undefined(reason=f"the mixed model was not fitted: {str(fault)[:_LONGEST]}")
    if not np.isfinite(told).all():
        return Undefined(reason="the mixed model gave no finite standard error")
    value, se, template, name, residual = (round(float(one), _DIGITS) for one in told)
    return MixedModel(
        value=value,
        se=se,
        low=round(value - _NORMAL * se, _DIGITS),
        high=round(value + _NORMAL * se, _DIGITS),
        template_variance=max(0.0, template),
        name_variance=max(0.0, name),
        residual_variance=residual,
        converged=bool(fit.converged),
        warnings=tuple(sorted({str(one.message).split("\n")[0][:_LONGEST] for one in said})),
    )


def _fit(d: Matrix) -> Any:
    from statsmodels.regression.mixed_linear_model import (  # noqa: PLC0415 (slow to import)
        MixedLM,
        VCSpec,
    )

    templates, names = np.indices(d.shape)
    members = [
        np.eye(size)[at.ravel()] for size, at in zip(d.shape, (templates, names), strict=True)
    ]
    labels = [
        [[f"{kind}{number}" for number in range(size)]]
        for kind, size in zip("tn", d.shape, strict=True)
    ]
    components = VCSpec(["template", "name"], labels, [[one] for one in members])
    model = MixedLM(d.ravel(), np.ones((d.size, 1)), groups=np.zeros(d.size), exog_vc=components)
    return model.fit(reml=True)
