"""Faithfulness: can a method's word maps be trusted on the model under audit?

For each method over all explained pairs of a run: how often a changed span comes first; how
much of the log-odds it left without a word; what taking out words in its order does, beside
random orders of the same prompts; and whether its maps change when the weights are random.

Deletion and insertion are normalised between the worst (0) and the best (1) order that was
tried on that prompt, for how far a prompt can move at all differs from model to model.
Comprehensiveness and sufficiency are means over ERASER's five shares, in nats towards the
answer that the prompt leans to: large and small respectively are good. Intervals draw
templates, for prompts of one template share their words. A prompt that no order moves says
nothing of deletion and insertion, and is left out there.

A map that resembles the one under random weights shows the text rather than the model. Sizes
are compared, not signs, because a map of the text has sizes and the signs of chance.

Reads:  `WordTrial`s, word evidence, attributions, and evidence under random weights.
Gives:  one `MethodTrust` a method.
Source: see `attribution.emptying` and `attribution.randomised`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from audit.analyses.agreement import Kinds, differences, pairs_of, rank_correlation
from audit.analyses.word_evidence import (
    over_templates,
    rank_gains,
    share_interval,
    template_of,
)
from audit.records.counterfactuals import CounterfactualSet
from audit.records.faithfulness import (
    RANDOM,
    Change,
    Emptying,
    Measure,
    Measured,
    MethodTrust,
    WordTrial,
)
from audit.records.observations import Attribution, WordEvidence
from audit.records.quantities import Estimate, Quantity, Undefined
from audit.stats.cluster_robust import clustered_mean

ALIKE = 0.5
"""A rank correlation that separates maps that changed from maps that stayed."""
_STILL = 1e-6  # nats: a prompt that moves less than this is not moved by any order

Sets = Mapping[str, CounterfactualSet]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """Everything that a run holds about its word maps.

    Attributes:
        evidence: The pairs' difference maps.
        attributions: The maps of single prompts.
        trials: Prompts that were emptied.
        randomised: The difference maps of some of the pairs under random weights.
    """

    evidence: Sequence[WordEvidence]
    attributions: Sequence[Attribution]
    trials: Sequence[WordTrial]
    randomised: Sequence[WordEvidence]


def trust(found: Found, sets: Sets, kinds: Kinds) -> tuple[MethodTrust, ...]:
    """Return how far each method can be trusted, by name."""
    methods = sorted({one.method for one in found.evidence})
    return tuple(_trust(method, found, sets, kinds[method]) for method in methods)


def measures_of(trial: WordTrial, order: Emptying) -> dict[Measure, float]:
    """Return one order's measures; deletion and insertion only where something moves."""
    up, away = trial.direction, trial.highest - trial.lowest
    at = dict(zip(trial.sizes, zip(order.without, order.only, strict=True), strict=True))
    without, only = (np.array([at[size][side] for size in trial.bins]) for side in (0, 1))
    found: dict[Measure, float] = {
        "comprehensiveness": float(up * (trial.score - without).mean()),
        "sufficiency": float(up * (trial.score - only).mean()),
    }
    if away > _STILL:
        left, kept = (
            (float(np.mean(each)) - trial.lowest) / away for each in (order.without, order.only)
        )
        found["deletion"] = 1 - left if up > 0 else left
        found["insertion"] = kept if up > 0 else 1 - kept
    return found


def _trust(method: str, found: Found, sets: Sets, interventional: bool) -> MethodTrust:
    pairs = [one for one in found.evidence if one.method == method]
    sides = [one for one in found.attributions if one.method == method]
    first = [one.rank == 1 for one in pairs]
    low, high = share_interval(first, [template_of(sets[one.set_id]) for one in pairs])
    randomised, count = _under_random_weights(pairs, found.randomised, sets)
    return MethodTrust(
        method=method,
        interventional=interventional,
        pairs=len(pairs),
        first=float(np.mean(first)),
        low=low,
        high=high,
        rank_gain=over_templates(rank_gains(pairs), pairs, sets),
        prompt_residual=_share((one.residual, one.score - one.baseline_score) for one in sides),
        pair_residual=_share((one.residual, one.difference) for one in pairs),
        measures=tuple(_measured(method, found.trials, sets)),
        randomised=randomised,
        randomised_pairs=count,
        change=_change(randomised, count),
    )


def _share(parts: Iterable[tuple[float, float]]) -> float:
    """Return the sum of sizes of the first over that of the second."""
    sizes = np.abs(np.array(list(parts))).reshape(-1, 2).sum(axis=0)
    return float(sizes[0] / sizes[1]) if sizes[1] else 0.0


def _measured(method: str, trials: Sequence[WordTrial], sets: Sets) -> Iterable[Measured]:
    rows: dict[Measure, list[_Row]] = defaultdict(list)
    for trial in trials:
        own = [measures_of(trial, one) for one in trial.orders if one.by == method]
        chance = [measures_of(trial, one) for one in trial.orders if one.by == RANDOM]
        if own and chance:
            for measure, value in own[0].items():
                rows[measure].append(_Row(trial, value, [one[measure] for one in chance]))
    for measure in get_args(Measure):
        if rows[measure]:
            yield _beside_chance(measure, rows[measure], sets)


class _Row(NamedTuple):
    """One prompt's measure by a method and by random orders."""

    trial: WordTrial
    value: float
    chance: list[float]


def _beside_chance(measure: Measure, rows: Sequence[_Row], sets: Sets) -> Measured:
    own = np.array([row.value for row in rows])
    chance = np.array([np.mean(row.chance) for row in rows])
    asked = [sets[row.trial.set_id] for row in rows]
    names = {one.variant(row.trial.variant).name for one, row in zip(asked, rows, strict=True)}
    better = chance - own if measure == "sufficiency" else own - chance
    return Measured(
        measure=measure,
        prompts=len(rows),
        value=float(own.mean()),
        random=float(chance.mean()),
        orders=max(len(row.chance) for row in rows),
        gain=clustered_mean(better, [template_of(one) for one in asked], names=len(names)),
    )


def _under_random_weights(
    pairs: Sequence[WordEvidence], randomised: Sequence[WordEvidence], sets: Sets
) -> tuple[Quantity, int]:
    """Return the mean correlation of sizes with and without the learned weights."""
    method = pairs[0].method
    others = pairs_of([one for one in randomised if one.method == method])
    values, kept = [], []
    for pair, maps in pairs_of(pairs).items():
        if pair in others:
            one, other = maps[method], others[pair][method]
            found = rank_correlation(np.abs(differences(one)), np.abs(differences(other)))
            if found is not None:
                values.append(found)
                kept.append(one)
    if not kept:
        return Undefined(reason="no pair was explained under random weights"), 0
    return over_templates(np.array(values), kept, sets), len(kept)


def _change(randomised: Quantity, count: int) -> Change:
    if not count:
        return "not checked"
    if not isinstance(randomised, Estimate):
        return "open"
    if randomised.high < ALIKE:
        return "changes"
    return "stays" if randomised.low > ALIKE else "open"
