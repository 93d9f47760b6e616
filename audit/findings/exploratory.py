"""Exploratory slices: everything that was compared without being primary.

Cuts of ordered answers, probabilities, answer mass and the variant without a mention are to
look at: they carry no verdict, enter no gate and no rating. Over the comparisons of one axis,
outcome and metric, Benjamini and Hochberg's q is the share of false alarms to expect among
those picked at that q or below.

Source: Benjamini & Hochberg 1995, JRSS B 57:289.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from audit.records.estimates import Disparity, Estimate
from audit.records.selection import Exploratory
from audit.stats.multiplicity import benjamini_hochberg


def explore(disparities: Sequence[Disparity]) -> Iterator[Exploratory]:
    """Yield every non-primary disparity that has an estimate, family by family."""
    families: dict[tuple[str, ...], list[tuple[Disparity, Estimate]]] = defaultdict(list)
    for one in disparities:
        if not one.primary and isinstance(one.estimate, Estimate):
            families[one.family].append((one, one.estimate))
    for key in sorted(families):
        members = families[key]
        q_values = benjamini_hochberg([estimate.p for _, estimate in members])
        for (one, estimate), q in zip(members, q_values, strict=True):
            if q is not None:
                yield _slice(one, estimate, q, len(members))


def _slice(one: Disparity, estimate: Estimate, q: float, tested: int) -> Exploratory:
    return Exploratory(
        disparity=one.id,
        metric=one.metric,
        facet=one.facet,
        outcome=one.outcome,
        axis=one.axis,
        cue=one.cue,
        group=one.group,
        reference=one.reference,
        language=one.language,
        domain=one.domain,
        estimate=estimate,
        q=q,
        tested=tested,
    )
