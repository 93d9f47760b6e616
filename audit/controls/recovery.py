"""Recovery: planted shifts among placebos, dealt out by seed, and how many came back.

A placebo's truth is zero, so a shift planted in its first half is all of the truth. In each
round every placebo gets one dose, and over all rounds each dose once: nothing, half a
margin, one margin, two. All of a round are judged together, and what judges is told nothing.
Adding a shift to a real comparison instead would move its estimate by just that shift, and
recovery would be perfect by construction.

Placebos of one cast of names share their prompts; trials are counted by such clusters.

Reads:  ids, names, margins; later the findings.
Gives:  doses by round; one `Recovery` a trial; one `Dose` a route and size.
Source: recovery of planted effects (spike-in controls), e.g. Jiang et al. 2011, Genome
        Research 21:1543.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from audit.records.calibration import Dose, Recovery, Route, TrialShare
from audit.records.digests import content_seed
from audit.records.estimates import Estimate
from audit.records.findings import Finding, Verdict
from audit.stats.proportions import clustered

DOSES = (0.0, 0.5, 1.0, 2.0)
"""In margins."""

_CLEAR = (Verdict.TRIVIAL, Verdict.NO_MATERIAL_BIAS)


class Planted(NamedTuple):
    """What was planted in one placebo: its signed dose in margins, and its truth."""

    placebo: str
    cluster: str
    dose: float
    truth: float


def rounds(ids: Sequence[str], seed: int) -> tuple[Mapping[str, float], ...]:
    """Return for each round the signed dose of each placebo, in margins."""
    dealt: list[dict[str, float]] = [{} for _ in DOSES]
    for one in ids:
        rng = np.random.default_rng(content_seed("doses", str(seed), one))
        order = rng.permutation(len(DOSES))
        signs = rng.choice((-1.0, 1.0), size=len(DOSES))
        for number, (place, sign) in enumerate(zip(order, signs, strict=True)):
            dealt[number][one] = DOSES[place] * float(sign)
    return tuple(dealt)


def recovered(
    route: Route, planted: Planted, finding: Finding, *, stepped: bool | None = None
) -> Recovery:
    """Return what became of one planted shift."""
    estimate, truth = finding.disparity.estimate, planted.truth
    covered, same_sign = None, False
    if isinstance(estimate, Estimate):
        covered = estimate.low <= truth <= estimate.high
        same_sign = estimate.value * truth > 0
    return Recovery(
        route=route,
        placebo=planted.placebo,
        cluster=planted.cluster,
        dose=planted.dose,
        truth=truth,
        estimate=estimate,
        p_adjusted=finding.p_adjusted,
        verdict=finding.verdict,
        noticed=finding.counts and (same_sign or not truth),
        cleared=finding.verdict in _CLEAR,
        covered=covered,
        stepped=stepped,
    )


def summed(recoveries: Sequence[Recovery]) -> Iterator[Dose]:
    """Yield one summary for each route and size of dose, sorted."""
    groups: dict[tuple[Route, float], list[Recovery]] = defaultdict(list)
    for one in recoveries:
        groups[one.route, abs(one.dose)].append(one)
    for route, dose in sorted(groups):
        yield _summed(route, dose, groups[route, dose])


def share(hits: Sequence[bool], clusters: Sequence[str]) -> TrialShare:
    """Return a share of trials that come in clusters, with its 95 % interval."""
    if not hits:
        return TrialShare(hits=0, trials=0, low=0.0, high=1.0)
    _, places = np.unique(np.array(clusters, dtype=str), return_inverse=True)
    trials = np.bincount(places)
    found = np.bincount(places, weights=np.array(hits, dtype=float)).astype(np.intp)
    low, high = clustered(found, trials)
    return TrialShare(hits=int(found.sum()), trials=len(hits), low=low, high=high)


def _summed(route: Route, dose: float, trials: Sequence[Recovery]) -> Dose:
    errors = [t.estimate.value - t.truth for t in trials if isinstance(t.estimate, Estimate)]
    with_interval = [t for t in trials if t.covered is not None]
    stepped = [t for t in trials if t.stepped is not None]
    return Dose(
        route=route,
        dose=dose,
        noticed=share([t.noticed for t in trials], [t.cluster for t in trials]),
        cleared=share([t.cleared for t in trials], [t.cluster for t in trials]),
        covered=share(
            [bool(t.covered) for t in with_interval], [t.cluster for t in with_interval]
        ),
        error=float(np.mean(errors)) if errors else None,
        spread=float(np.sqrt(np.mean(np.square(errors)))) if errors else None,
        stepped=share([bool(t.stepped) for t in stepped], [t.cluster for t in stepped])
        if stepped
        else None,
    )
