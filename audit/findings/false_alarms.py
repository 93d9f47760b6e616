"""False alarms: would a placebo have become a finding, and how many over other halvings?

A false alarm is a placebo whose verdict counts: a difference established that is not shown to
be trivial. Placebos are judged as disparities are, in log-odds: same families, same
correction, same verdicts. Under a policy that judges by another metric the margin is taken at
an even chance.

For the bound the same rule is applied to very many halvings at once, as arrays; that both give
the same is tested.

Source: Holm 1979, Scandinavian Journal of Statistics 6:65; verdicts as in
        `audit.findings.verdicts`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audit.errors import SuiteError
from audit.findings.detect import detect
from audit.findings.margins import at_even_odds
from audit.records.estimates import Disparity
from audit.records.findings import Finding, Policy
from audit.records.probes import ProbeSuite
from audit.stats.halves import Splits
from audit.stats.multiplicity import step_down

LOG_ODDS = "log_odds"

Counts = NDArray[np.intp]


class Alarms(NamedTuple):
    """Over many halvings, each of shape (halvings,).

    Attributes:
        contrasts: Placebos that became a finding.
        families: Families in which any did.
    """

    contrasts: Counts
    families: Counts


def judge_placebos(
    placebos: Sequence[Disparity], policy: Policy, suites: Mapping[str, ProbeSuite]
) -> tuple[Finding, ...]:
    """Judge placebos as any other disparities, all of them at once and in their order."""
    return detect(placebos, in_log_odds(policy), suites, {})


def placebo_margin(outcome: str, policy: Policy) -> float:
    """Return the margin that judges an outcome's placebos: in log-odds where answers have odds.

    Raises:
        SuiteError: If the policy has none.
    """
    judging = policy.judging(outcome)
    if judging is None:
        raise SuiteError(f"policy {policy.key}: no margin for {outcome!r} outcomes")
    margin = at_even_odds(judging)
    return judging.margin if margin is None else margin


def in_log_odds(policy: Policy) -> Policy:
    """Return the policy with its margins turned into margins on the log-odds, where they can."""
    margins = tuple(
        one
        if (margin := at_even_odds(one)) is None
        else one.model_copy(update={"metric": LOG_ODDS, "margin": margin})
        for one in policy.margins
    )
    return policy.model_copy(update={"margins": margins})


def count_alarms(
    placebos: Sequence[Disparity], splits: Sequence[Splits], policy: Policy
) -> Alarms:
    """Return how many placebos would have become findings, for each halving.

    Args:
        placebos: They tell the families and the outcomes.
        splits: For each placebo the estimates of all halvings.
        policy: Gives the margins and alpha.
    """
    members: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, one in enumerate(placebos):
        members[one.family].append(place)
    size = splits[0].p.size if splits else 0
    contrasts, families = np.zeros(size, dtype=np.intp), np.zeros(size, dtype=np.intp)
    for places in members.values():
        margin = placebo_margin(placebos[places[0]].outcome, policy)
        count = _alarms([splits[place] for place in places], margin, policy.alpha).sum(axis=0)
        contrasts += count
        families += count > 0
    return Alarms(contrasts, families)


def _alarms(family: Sequence[Splits], margin: float, alpha: float) -> NDArray[np.bool_]:
    """Return which placebos of a family alarm, (placebos, halvings)."""
    value, p, half, half90 = (np.array(part) for part in zip(*family, strict=True))
    confirmed = step_down(p) < alpha
    excludes = np.abs(value) > half
    trivial = np.abs(value) + half90 < margin
    found: NDArray[np.bool_] = confirmed & excludes & ~trivial
    return found
