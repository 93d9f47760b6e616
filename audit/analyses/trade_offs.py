"""Trade-offs: what a change of the network does to a disparity, and what it does to the model.

The disparity is estimated by the ordinary estimator from what was answered under the change; how
far it moved is estimated from the two answers to each prompt, subtracted first, by the same
crossed design, so that what is peculiar to a template or a name cancels. What a change costs
is read off neutral texts, each of them a case of its own, and off the prompts measured again.

Reads:  the same sets' answers with and without a change; readings of neutral texts.
Gives:  the disparity, its change, how far single answers moved, and the cost.
Source: the estimators of `audit.analyses.sensitivity` and `audit.analyses.between`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audit.analyses.between import between
from audit.analyses.contract import Column, Observed
from audit.analyses.sensitivity import sensitivity
from audit.records.estimates import Disparity
from audit.records.quantities import Amount, Number, Quantity, Undefined
from audit.records.what_ifs import NeutralReading, Upkeep
from audit.stats.clusters import mean_over_clusters

_FEWEST = 3  # cases that carry an interval

Array = NDArray[np.float64]


class Effect(NamedTuple):
    """What a change does to one comparison (see `records.what_ifs.WhatIf`)."""

    disparity: Disparity
    change: Quantity
    moved: Quantity


def effect(before: Observed, after: Observed, of: Disparity) -> Effect | None:
    """Return what a change does to a comparison; None where the answers hold none.

    Args:
        before: The sets' answers without the change.
        after: Their answers under it.
        of: The comparison, as the run measured it.
    """
    found = disparity_in(after, of)
    apart = [one for one in between(after, before) if one.group == of.group]
    if found is None or not apart:
        return None
    return Effect(found, apart[0].difference, _moved(before, after, of))


def disparity_in(seen: Observed, of: Disparity) -> Disparity | None:
    """Return the same comparison in other answers, by the ordinary estimator."""
    for one in sensitivity(seen):
        if (one.metric, one.facet, one.group) == (of.metric, of.facet, of.group):
            return one
    return None


def plain_gap(seen: Observed, of: Disparity) -> float:
    """Return the group's mean log-odds minus the reference's; 0 where nobody answered."""
    column = _log_odds(seen, of)
    places = {
        group: [
            seen.index[variant.id]
            for one in seen.sets
            for variant in one.variants
            if variant.group == group and column.present[seen.index[variant.id]]
        ]
        for group in (of.group, of.reference)
    }
    if not all(places.values()):
        return 0.0
    mine, theirs = (column.values[places[group]].mean() for group in (of.group, of.reference))
    return float(mine - theirs)


def upkeep(
    seen: Observed,
    readings: Sequence[NeutralReading],
    plain: Sequence[NeutralReading],
    chance: float,
) -> Upkeep:
    """Return what a change costs.

    Args:
        seen: The sets' answers under the change.
        readings: Of the neutral texts, under the change.
        plain: The same without a change.
        chance: Share of the neutral questions that guessing gets right.
    """
    facts = [one.right for one in readings if one.right is not None]
    asked = seen.asked if seen.asked is not None else np.zeros(0)
    failed = sum((counts.sum() for counts in seen.failures.values()), 0)
    return Upkeep(
        log_perplexity=_over_items(_surprise(readings), _surprise(plain)),
        divergence=_over_items(
            {
                o.item: o.divergence
                for o in readings
                if o.kind == "prompt" and o.divergence is not None
            }
        ),
        right=sum(facts),
        questions=len(facts),
        chance=chance,
        mass=_mass(seen),
        unanswered=float(failed / asked.sum()) if asked.sum() else 0.0,
    )


def _moved(before: Observed, after: Observed, of: Disparity) -> Quantity:
    """Return the mean absolute change of a prompt's log-odds, templates as clusters."""
    one, two = (_log_odds(seen, of) for seen in (before, after))
    by_template: dict[str, list[float]] = defaultdict(list)
    for asked in before.sets:
        for variant in asked.variants:
            place, then = before.index[variant.id], after.index[variant.id]
            if one.present[place] and two.present[then]:
                shift = abs(float(two.values[then] - one.values[place]))
                by_template[asked.template].append(shift)
    means = np.array([np.mean(shifts) for _, shifts in sorted(by_template.items())])
    count = sum(len(shifts) for shifts in by_template.values())
    return _pooled(means, count)


def _log_odds(seen: Observed, of: Disparity) -> Column:
    return next(c for c in seen.columns if of.outcome in c.metric.primary)


def _surprise(readings: Sequence[NeutralReading]) -> dict[str, float]:
    """Return the mean -log p of a token, text by text."""
    return {
        one.item: one.nats / one.tokens
        for one in readings
        if one.kind == "text" and one.nats is not None and one.tokens
    }


def _over_items(values: Mapping[str, float], less: Mapping[str, float] | None = None) -> Quantity:
    shared = sorted(values.keys() & less.keys()) if less is not None else sorted(values)
    found = [values[item] - (less[item] if less is not None else 0.0) for item in shared]
    return _pooled(np.array(found), len(found))


def _pooled(values: Array, observations: int) -> Quantity:
    if not values.size:
        return Undefined(reason="nothing could be read")
    return mean_over_clusters(values, floor=_FEWEST, observations=observations, names=0)


def _mass(seen: Observed) -> Number:
    if not seen.answered.any():
        return Undefined(reason="nothing was answered")
    return Amount(value=float(seen.mass[seen.answered].mean()))
