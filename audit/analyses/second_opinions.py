"""Second opinions: the gap of a label by other methods, beside the crossed estimate.

For labels only, whose names are shared and stand for nobody: bootstrap-t and sign flips
over templates for every primary cell, and a mixed model for the cells that seem to count.
The mixed model takes up to a second a cell, so it is bounded: label cells whose unadjusted
p is below the policy's alpha, with at most 400 differences, the 20 of least p. Where answers
were drawn repeatedly and each draw is a plain yes or no, generalised estimating equations take
the shares.

Source: as `audit.stats.resampling`, `audit.stats.mixed` and `audit.stats.gee`.
"""

from collections.abc import Sequence

import numpy as np

from audit.analyses.comparison import (
    Array,
    Comparison,
    differences,
    floor,
    generator,
    partners,
)
from audit.analyses.contract import Observed
from audit.records.context import MarginalModel, Robustness
from audit.records.estimates import Disparity
from audit.records.quantities import Estimate, Undefined
from audit.stats.completeness import complete_cases
from audit.stats.gee import share_gap
from audit.stats.mixed import MOST_CELLS, crossed_model
from audit.stats.resampling import DRAWS, bootstrap_t, sign_flips

MOST_MODELS = 20
_TWICE = 2
_ROUNDING = 1e-9

Candidate = tuple[Disparity, Array]
"""A disparity with its differences, (templates, units)."""


def second_opinions(one: Comparison, observed: Observed) -> Robustness | Undefined:
    """Return the robustness of one label comparison; the mixed model is not fitted here."""
    if one.cell.key.cue != "label":
        return Undefined(reason="names are a sample of their own, which templates alone ignore")
    if one.cell.key.outcome == "association":
        return Undefined(reason="words are a sample of their own, which templates alone ignore")
    d = differences(one)
    rows, columns = complete_cases(d)
    means = d[np.ix_(rows, columns)].mean(axis=1) if columns.any() else np.empty(0)
    if means.size < floor(observed).templates:
        return Undefined(
            reason=f"{means.size} templates; an interval needs {floor(observed).templates}"
        )
    low, high = bootstrap_t(means, generator("bootstrap", one, observed))
    flipped = sign_flips(means, generator("flips", one, observed))
    return Robustness(
        low=low,
        high=high,
        draws=DRAWS,
        sign_flip_p=flipped.p,
        flips=flipped.flips,
        exact=flipped.exact,
        marginal=_marginal(one, observed),
        mixed=Undefined(
            reason="fitted for label cells of unadjusted p below alpha, of at most "
            f"{MOST_CELLS} differences, the {MOST_MODELS} of least p"
        ),
    )


def _marginal(one: Comparison, observed: Observed) -> MarginalModel | Undefined:
    """Return the gap of two shares of draws, where each draw is a yes or a no."""
    outcome = one.cell.key.outcome
    columns = (c for c in observed.columns if c.metric.decision and outcome in c.metric.reads)
    decision = next(columns, None)
    if decision is None or decision.draws is None or decision.scatter is None:
        return Undefined(reason="no answer was drawn more than once")
    places = np.concatenate([one.places(one.mine), one.places(one.theirs)])
    places = places[decision.present[places]]
    draws, share = decision.draws[places], decision.values[places]
    if not (draws >= _TWICE).any():
        return Undefined(reason="no answer of this cell was drawn more than once")
    plain = draws * share * (1 - share)  # the squares of zeros and ones around their share
    if not np.allclose(decision.scatter[places], plain, rtol=0, atol=_ROUNDING):
        return Undefined(reason="a draw is a probability here, and no yes or no")
    a, b = (_row_means(side) for side in partners(one, decision))
    return share_gap(a, b, floor=floor(observed).templates)


def _row_means(side: Array) -> Array:
    """Return each template's share over names, NaN where nothing was answered."""
    known = ~np.isnan(side)
    counts = known.sum(axis=1)
    means = np.full(len(side), np.nan)
    np.divide(np.where(known, side, 0.0).sum(axis=1), counts, out=means, where=counts > 0)
    return means


def with_models(found: Sequence[Candidate], alpha: float) -> dict[str, Disparity]:
    """Return the disparities whose mixed model was fitted, by their id."""
    counting = [one for one in found if _counts(one[0], alpha) and one[1].size <= MOST_CELLS]
    chosen = sorted(counting, key=lambda one: (_p(one[0]), one[0].id))[:MOST_MODELS]
    return {disparity.id: _modelled(disparity, d) for disparity, d in chosen}


def _counts(disparity: Disparity, alpha: float) -> bool:
    context = disparity.context
    robust = context is not None and isinstance(context.robustness, Robustness)
    return robust and _p(disparity) < alpha


def _p(disparity: Disparity) -> float:
    return disparity.estimate.p if isinstance(disparity.estimate, Estimate) else 1.0


def _modelled(disparity: Disparity, d: Array) -> Disparity:
    context = disparity.context
    if context is None or not isinstance(context.robustness, Robustness):
        return disparity
    robustness = context.robustness.model_copy(update={"mixed": crossed_model(d)})
    return disparity.model_copy(
        update={"context": context.model_copy(update={"robustness": robustness})}
    )
