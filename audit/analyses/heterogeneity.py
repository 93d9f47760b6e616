"""Heterogeneity: does a gap differ between languages?

The estimates of one contrast in several languages are pooled with their own errors: Cochran's Q
and I^2 say whether they differ, tau^2 by how much, and each language's estimate is drawn
towards the mean as far as its error warrants. The mean itself stands for no language: a gap
of +1 in one and -1 in another has mean zero, and the gate looks at the cells.

Translations of one case share their cluster, so estimates of two languages are correlated, which
makes Q smaller than its distribution: a difference that is found stands, one that is not
found is not excluded.

Reads:  the primary disparities.
Gives:  one record for each axis, cue, group, domain, outcome and metric of two languages or more.
Source: as `audit.stats.pooling`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from audit.analyses.contract import Synthesis
from audit.records.context import VarianceShares
from audit.records.contrasts import Heterogeneity, LanguageSpread
from audit.records.estimates import Disparity
from audit.records.quantities import Estimate, Undefined
from audit.stats.components import across_languages
from audit.stats.pooling import LEAST, pool, shrunken

_TWO = 2


def heterogeneity(disparities: Sequence[Disparity]) -> Iterator[Heterogeneity]:
    contrasts: dict[tuple[str, ...], list[Disparity]] = defaultdict(list)
    for one in disparities:
        if one.primary:
            contrasts[_contrast(one)].append(one)
    for key in sorted(contrasts):
        if len(contrasts[key]) >= _TWO:
            yield _pooled(sorted(contrasts[key], key=lambda one: one.language))


def _contrast(one: Disparity) -> tuple[str, ...]:
    return (*one.family, one.cue, one.facet, one.group, one.reference, one.domain)


def _pooled(found: Sequence[Disparity]) -> Heterogeneity:
    first = found[0]
    usable = {
        one.language: one.estimate
        for one in found
        if isinstance(one.estimate, Estimate) and one.estimate.se > 0
    }
    spread = _spread(usable)
    within = [
        one.context.shares
        for one in found
        if one.context is not None and isinstance(one.context.shares, VarianceShares)
    ]
    return Heterogeneity(
        axis=first.axis,
        cue=first.cue,
        group=first.group,
        reference=first.reference,
        domain=first.domain,
        outcome=first.outcome,
        metric=first.metric,
        expected=first.expected,
        languages=tuple(usable),
        left_out=tuple(one.language for one in found if one.language not in usable),
        spread=spread,
        shares=spread if isinstance(spread, Undefined) else across_languages(within, spread.tau2),
    )


def _spread(usable: dict[str, Estimate]) -> LanguageSpread | Undefined:
    if len(usable) < _TWO:
        return Undefined(
            reason=f"{len(usable)} languages have an estimate with an error of its own"
        )
    values = {language: one.value for language, one in usable.items()}
    pooled = pool(list(values.values()), [one.se for one in usable.values()])
    weights = zip(values.items(), pooled.weights, strict=True)
    drawn = {
        language: shrunken(value, weight, pooled.mean) for (language, value), weight in weights
    }
    return LanguageSpread(
        q=pooled.q,
        df=pooled.df,
        p=pooled.p,
        tau2=pooled.tau2,
        i2=pooled.i2,
        mean=pooled.mean,
        partly_pooled=drawn if len(usable) >= LEAST else {},
    )


PLUGIN = Synthesis(
    name="heterogeneity",
    question="Does a gap differ between languages?",
    source="Cochran 1954, Biometrics 10:101; Paule & Mandel 1982, J. Res. NBS 87:377",
    answer=heterogeneity,
)
