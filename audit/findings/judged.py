"""Judged: which disparities a policy judges, whatever policy the run was made under.

A policy names one metric an outcome. Its disparities become the primary ones, all others stop
being so. `impact_ratio` is no number of one answer: it is a ratio of two means, estimated
beside the log-odds, so its disparity is taken from there, on the logarithm. A cell that the
metric cannot measure stays, undefined with its reason, or it would silently leave its family.
A policy's floors hold for old estimates too: one that rests on fewer templates or names has
no interval under it.
"""

from collections import defaultdict
from collections.abc import Sequence

from audit.errors import SuiteError
from audit.records.digests import content_id
from audit.records.estimates import Disparity, Estimate, Quantity, Undefined
from audit.records.findings import Margin, Policy

RATIO = "impact_ratio"

_Cell = tuple[str, ...]


def judged_by(disparities: Sequence[Disparity], policy: Policy) -> tuple[Disparity, ...]:
    """Return the disparities with those as primary that the policy judges.

    Args:
        disparities: All of a run; cells that have a primary one are judged cells.
        policy: Any lawful policy.

    Raises:
        SuiteError: If the policy has no margin for an outcome that was asked.
    """
    cells: dict[_Cell, list[Disparity]] = defaultdict(list)
    for one in disparities:
        if not one.facet:
            cells[_cell(one)].append(one)
    chosen = {
        cell: _chosen(rows, _margin(rows[0], policy), policy)
        for cell, rows in cells.items()
        if any(row.primary for row in rows)
    }
    judged = {one.id: one for one in chosen.values()}
    rest = {one.id: one.model_copy(update={"primary": False}) for one in disparities}
    return tuple((rest | judged).values())


def _chosen(rows: Sequence[Disparity], margin: Margin, policy: Policy) -> Disparity:
    """Return the row of a cell that is judged, made if need be."""
    row = next((one for one in rows if one.metric == margin.metric), None)
    shaped = row or _made(rows, margin)
    return shaped.model_copy(
        update={"primary": True, "estimate": _floored(shaped.estimate, policy)}
    )


def _made(rows: Sequence[Disparity], margin: Margin) -> Disparity:
    """Return a disparity by a metric that has no row of its own in this cell."""
    base = next((one for one in rows if one.context is not None), None)
    base = base or next(one for one in rows if one.primary)
    return base.model_copy(
        update={
            "id": _id(base, margin.metric),
            "metric": margin.metric,
            "unit": margin.unit,
            "estimate": _ratio(base) if margin.metric == RATIO else _absent(margin),
            "null": _said_of(base),
            "order_effect": None,
            "context": None,
        }
    )


def _ratio(base: Disparity) -> Quantity:
    """Return the logarithm of the impact ratio that stands beside the log-odds."""
    if base.context is None:
        return Undefined(reason="this run has no impact ratios on file")
    ratio = base.context.effects.impact_ratio
    return ratio if isinstance(ratio, Undefined) else ratio.log


def _absent(margin: Margin) -> Undefined:
    return Undefined(reason=f"no {margin.metric} was read off these answers")


def _said_of(base: Disparity) -> Quantity:
    """Return the same-group null, which stays in its own unit and says so."""
    null = base.null
    if isinstance(null, Undefined):
        return null
    return null.model_copy(update={"estimator": f"{null.estimator}; in {base.unit}"})


def _floored(estimate: Quantity, policy: Policy) -> Quantity:
    if not isinstance(estimate, Estimate) or (
        estimate.templates >= policy.min_templates and estimate.names >= policy.min_names
    ):
        return estimate
    return Undefined(
        reason=f"{estimate.templates} templates and {estimate.names} names; policy "
        f"{policy.key} asks for {policy.min_templates} and {policy.min_names}"
    )


def _margin(one: Disparity, policy: Policy) -> Margin:
    margin = policy.judging(one.outcome)
    if margin is None:
        raise SuiteError(
            f"policy {policy.key}: no margin for {one.outcome!r} outcomes; add a [[margins]] "
            "entry with its rationale"
        )
    return margin


def _cell(one: Disparity) -> _Cell:
    return (*_place(one), one.expected)


def _place(one: Disparity) -> _Cell:
    return (one.group, one.axis, one.cue, one.reference, one.language, one.domain, one.outcome)


def _id(one: Disparity, metric: str) -> str:
    apart = () if one.expected == "invariance" else (one.expected,)
    return content_id("disparity", metric, one.facet, *_place(one), *apart)
