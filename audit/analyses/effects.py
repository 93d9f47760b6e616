"""Effects: one disparity as effect sizes, points, a ratio, and between worst-case bounds.

Where the outcome is a decision, its probability is a column of its own: the log-odds gap
becomes probability points at the median template, and the means a ratio. Whatever was not
answered is assigned first against the group and then for it, which bounds the gap in
probability, or in levels, without any assumption about why it is missing.

Source: effect sizes and ratio as in `audit.stats`; worst-case bounds, Manski 1990, American
Economic Review 80:319.
"""

from typing import NamedTuple

import numpy as np

from audit.analyses.cells import Side
from audit.analyses.comparison import Array, Comparison, differences, floor, matrix, partners
from audit.analyses.contract import Column, Observed
from audit.records.context import Bounds, EffectSizes, ImpactRatio, Points
from audit.records.probes import OutcomeKind
from audit.records.quantities import Estimate, Quantity, Undefined
from audit.stats import effect_sizes, ratios


class _Reach(NamedTuple):
    """The mean of one side, observed and at its least and greatest."""

    mean: float
    low: float
    high: float
    missing: int


def effects(one: Comparison, estimate: Quantity, observed: Observed) -> EffectSizes:
    """Return the effect sizes of one comparison.

    Args:
        one: By the primary metric.
        estimate: Its gap.
        observed: Holds the decision's probability, where the outcome is a decision.
    """
    decision = _decision(one, observed)
    label = one.cell.key.cue == "label"
    if label:
        d = differences(one)
        standardised, delta = effect_sizes.dz(d), effect_sizes.cliffs_delta_paired(d)
    else:
        a, b = matrix(one, one.mine), matrix(one, one.theirs)
        standardised, delta = effect_sizes.cohens_d(a, b), effect_sizes.cliffs_delta(a, b)
    return EffectSizes(
        standardised=standardised,
        standardised_kind="dz" if label else "d",
        cliffs_delta=delta,
        points=_points(one, estimate, decision),
        impact_ratio=_impact_ratio(one, decision, observed),
        worst_case=_worst_case(one, observed),
    )


def _decision(one: Comparison, observed: Observed) -> Column | Undefined:
    outcome = one.cell.key.outcome
    for column in observed.columns:
        if column.metric.decision and outcome in column.metric.reads:
            return column
    return Undefined(reason=f"an outcome of kind {outcome!r} is no single decision")


def _points(
    one: Comparison, estimate: Quantity, decision: Column | Undefined
) -> Points | Undefined:
    if isinstance(decision, Undefined):
        return decision
    if not isinstance(estimate, Estimate):
        return estimate
    return effect_sizes.points(estimate, matrix(one, one.theirs))


def _impact_ratio(
    one: Comparison, decision: Column | Undefined, observed: Observed
) -> ImpactRatio | Undefined:
    if isinstance(decision, Undefined):
        return decision
    if one.cell.key.cue == "label":
        return ratios.ratio_paired(*partners(one, decision), floor=floor(observed))
    a, b = (matrix(one, side, decision) for side in (one.mine, one.theirs))
    return ratios.ratio_nested(a, b, floor=floor(observed))


def _worst_case(one: Comparison, observed: Observed) -> Bounds | Undefined:
    """Return where the mean gap lies, over all prompts that were planned."""
    outcome = one.cell.key.outcome
    reading = [column for column in observed.columns if outcome in column.metric.reads]
    column = next((c for c in reading if c.metric.decision or c.metric.level), None)
    column = column or next((c for c in reading if _unit_scale(c, outcome)), None)
    if column is None:
        return Undefined(reason=f"no number with bounds is read off {outcome!r} answers")
    most = _most(one, column, observed)
    mine, theirs = (_reach(one, side, column, most) for side in (one.mine, one.theirs))
    if mine is None or theirs is None:
        return Undefined(reason="nothing was answered on both sides: any gap is possible")
    return Bounds(
        unit=column.metric.unit,
        observed=mine.mean - theirs.mean,
        low=mine.low - theirs.high,
        high=mine.high - theirs.low,
        missing=mine.missing + theirs.missing,
    )


def _unit_scale(column: Column, outcome: OutcomeKind) -> bool:
    """Return whether a column carries the verdict and lies between zero and one."""
    return outcome in column.metric.primary and column.metric.bounds == (0.0, 1.0)


def _most(one: Comparison, column: Column, observed: Observed) -> Array:
    """Return the largest number that each template allows, (templates,)."""
    if not column.metric.level:
        return np.ones(len(one.cell.templates))
    steps = []
    for key, template in one.cell.templates:
        suite = observed.suites[key]
        steps.append(len(suite.outcome(suite.template(template).outcome).answers) - 1.0)
    return np.array(steps)


def _reach(one: Comparison, side: Side, column: Column, most: Array) -> _Reach | None:
    """Return a side's mean, and how far what was not answered could move it from zero up."""
    counted = one.rows[side.rows]
    places, top = side.places[counted], most[side.rows[counted]]
    here = column.present[places]
    if not here.any():
        return None
    known = float(column.values[places][here].sum())
    return _Reach(
        mean=known / int(here.sum()),
        low=known / places.size,
        high=(known + float(top[~here].sum())) / places.size,
        missing=int((~here).sum()),
    )
