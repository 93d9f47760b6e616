"""Selecting: what an estimate is worth once its cell was picked out of many.

Findings are read because they stood out. Their plain intervals then cover less often than
they say, and their estimates are too large in the mean. Beside both stand the interval at the
level that keeps the share of misses among the selected at alpha, and the estimate shrunk
towards its family's mean. Verdicts rest on neither: Holm's correction has done its work before.

Source: Benjamini & Yekutieli 2005, JASA 100:71; empirical Bayes as in `audit.stats.pooling`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from audit.findings.families import Family, family
from audit.records.estimates import Estimate
from audit.records.findings import Finding, Policy
from audit.records.selection import SelectiveInterval, Shrunken
from audit.stats.multiplicity import selective_level
from audit.stats.pooling import LEAST, pool, shrunken
from audit.stats.student import half_width


def with_selection(findings: Sequence[Finding], policy: Policy) -> tuple[Finding, ...]:
    """Return the findings with shrunken estimates, and selective intervals where they count.

    Args:
        findings: All of a run; a family's findings are its tested cells.
        policy: Its alpha is the wanted share of misses among the selective intervals, its
            families are what they are selected from.
    """
    families: dict[Family, list[Finding]] = defaultdict(list)
    of_one_unit: dict[Family, list[Finding]] = defaultdict(list)
    for one in findings:
        own = family(one.disparity, policy)
        families[own].append(one)
        of_one_unit[*own, one.disparity.metric].append(one)
    intervals: dict[str, SelectiveInterval] = {}
    drawn: dict[str, Shrunken] = {}
    for members in families.values():
        intervals |= _selective(members, policy.alpha)
    for members in of_one_unit.values():
        drawn |= _shrunken(members)
    return tuple(_with(one, intervals, drawn) for one in findings)


def _with(
    one: Finding, intervals: Mapping[str, SelectiveInterval], drawn: Mapping[str, Shrunken]
) -> Finding:
    return one.model_copy(
        update={
            "selective": intervals.get(one.fingerprint),
            "shrunken": drawn.get(one.fingerprint),
        }
    )


def _selective(members: Sequence[Finding], alpha: float) -> dict[str, SelectiveInterval]:
    """Return the intervals of the family's findings that count, by fingerprint."""
    tested = [one for one in members if isinstance(one.disparity.estimate, Estimate)]
    selected = [one for one in tested if one.counts]
    found = {}
    for one in selected:
        estimate = one.disparity.estimate
        if isinstance(estimate, Estimate):
            level = selective_level(len(selected), len(tested), alpha)
            half = half_width(estimate.se, estimate.df, level) if estimate.se else 0.0
            found[one.fingerprint] = SelectiveInterval(
                low=estimate.value - half,
                high=estimate.value + half,
                level=level,
                selected=len(selected),
                tested=len(tested),
            )
    return found


def _shrunken(members: Sequence[Finding]) -> dict[str, Shrunken]:
    """Return the family's estimates drawn to their mean, by fingerprint.

    An estimate without an error of its own has nothing to be shrunk by, and is left out.
    """
    known = [
        (one.fingerprint, one.disparity.estimate)
        for one in members
        if isinstance(one.disparity.estimate, Estimate) and one.disparity.estimate.se > 0
    ]
    if len(known) < LEAST:
        return {}
    pooled = pool([each.value for _, each in known], [each.se for _, each in known])
    return {
        fingerprint: Shrunken(
            value=shrunken(estimate.value, weight, pooled.mean),
            weight=weight,
            mean=pooled.mean,
            tau2=pooled.tau2,
            cells=len(known),
        )
        for (fingerprint, estimate), weight in zip(known, pooled.weights, strict=True)
    }
