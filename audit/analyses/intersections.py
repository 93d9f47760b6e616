"""Intersections: do two axes together make more than the sum of what each makes alone?

A group such as "sc+woman" is compared with the reference of both axes, "general+man". The sum of
the main effects is the gap of "sc+man" plus that of "general+woman"; the excess over it is one
contrast of the same answers, estimated by the same crossed design, so no error is counted twice.
Intersections are many and thinly answered. So each excess is drawn towards zero, that is the
group's gap towards the sum of its main effects, as far as its own error warrants; and below the
policy's least number of answered prompts there is no estimate at all.

Reads:  cells whose axis joins several with "+", as their groups do.
Gives:  for each group that differs from the reference in two axes or more, what stands in its
        disparity's context.
Source: interaction contrasts as in Cohen et al. 2003, Applied Multiple Regression, ch. 9; partial
        pooling to the additive model, Evans et al. 2018 (MAIHDA), Soc. Sci. Med. 203:64.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from audit.analyses.comparison import Comparison, aligned, floor, matrix
from audit.analyses.contract import Observed
from audit.records.context import Intersection
from audit.records.estimates import Disparity
from audit.records.probes import PLUS, is_control
from audit.records.quantities import Amount, Estimate, Quantity, Undefined
from audit.stats.crossed import paired, weighted
from audit.stats.pooling import LEAST, pool_towards

_TWO = 2
_NOT_POOLED = Undefined(reason="fewer than three intersections have an error of their own")


def insufficient(one: Comparison, observed: Observed) -> Undefined | None:
    """Return why a group that several axes make was answered too little, or None."""
    if PLUS not in one.cell.key.axis or is_control(one.group):
        return None
    fewest = observed.policy.min_intersection
    for side in (one.mine, one.theirs):
        answered = int(one.column.present[one.places(side)].sum())
        if answered < fewest:
            return Undefined(
                reason=f"insufficient data: {answered} answered prompts of an intersection; the "
                f"policy asks for {fewest}"
            )
    return None


def intersection(one: Comparison, observed: Observed) -> Intersection | Undefined | None:
    """Return a group beside the sum of its main effects; None where one axis makes it.

    Args:
        one: By the primary metric.
        observed: Gives the floors.
    """
    singles = _main_effects(one.group, one.cell.key.reference)
    if len(singles) < _TWO:
        return None
    lacking = insufficient(one, observed)
    if lacking is not None:
        return lacking
    absent = [group for group in singles if group not in one.cell.sides]
    if absent:
        return Undefined(reason=f"{', '.join(absent)} was not asked, so there is no sum")
    many = len(singles)
    return Intersection(
        additive=_contrast(one, observed, (0.0, *(1.0 for _ in singles), -many), singles),
        excess=_contrast(one, observed, (1.0, *(-1.0 for _ in singles), many - 1), singles),
        pooled=_NOT_POOLED,
        answered=int(one.column.present[one.places(one.mine)].sum()),
    )


def with_pooling(found: Sequence[Disparity]) -> dict[str, Disparity]:
    """Return the disparities of intersections with their pooled gaps, by id.

    Pooled are the intersections of one axis, cue and outcome, over languages and domains.
    """
    families: dict[tuple[str, ...], list[tuple[Disparity, Intersection]]] = defaultdict(list)
    for one in found:
        if one.context is not None and isinstance(one.context.intersection, Intersection):
            families[*one.family, one.cue].append((one, one.context.intersection))
    pooled: dict[str, Disparity] = {}
    for members in families.values():
        pooled |= _pooled(members)
    return pooled


def _main_effects(group: str, reference: str) -> tuple[str, ...]:
    """Return the groups that differ from the reference in one of the group's axes only."""
    mine, theirs = group.split(PLUS), reference.split(PLUS)
    if len(mine) != len(theirs):
        return ()
    return tuple(
        PLUS.join((*theirs[:n], part, *theirs[n + 1 :]))
        for n, part in enumerate(mine)
        if part != theirs[n]
    )


def _contrast(
    one: Comparison, observed: Observed, weights: Sequence[float], singles: Sequence[str]
) -> Quantity:
    """Estimate a weighted sum over the group, its main effects and the reference."""
    every = (one.group, *singles, one.cell.key.reference)
    used = [(group, weight) for group, weight in zip(every, weights, strict=True) if weight]
    if one.cell.key.cue == "label":
        stacked = aligned(one, every)
        d = sum(weight * stacked[every.index(group)] for group, weight in used)
        return paired(d, floor=floor(observed))
    sides = [matrix(one, one.cell.sides[group]) for group, _ in used]
    return weighted(sides, [weight for _, weight in used], floor=floor(observed))


def _pooled(members: Sequence[tuple[Disparity, Intersection]]) -> Mapping[str, Disparity]:
    known = [
        (one, found, found.excess, found.additive)
        for one, found in members
        if isinstance(found.excess, Estimate)
        and isinstance(found.additive, Estimate)
        and found.excess.se > 0
    ]
    if len(known) < LEAST:
        return {}
    excesses = [excess for _, _, excess, _ in known]
    _, weights = pool_towards([e.value for e in excesses], [e.se for e in excesses], 0.0)
    return {
        one.id: _with(one, found, additive.value + weight * excess.value, weight, len(known))
        for (one, found, excess, additive), weight in zip(known, weights, strict=True)
    }


def _with(
    one: Disparity, found: Intersection, value: float, weight: float, cells: int
) -> Disparity:
    told = {"pooled": Amount(value=value), "weight": weight, "cells": cells}
    own = found.model_copy(update=told)
    if one.context is None:
        return one
    context = one.context.model_copy(update={"intersection": own})
    return one.model_copy(update={"context": context})
