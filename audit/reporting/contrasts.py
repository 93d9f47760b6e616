"""Contrasts: languages, non-answers and exploratory slices, as rows that a page can show."""

import math
from dataclasses import dataclass

from audit.records.context import MarginalModel
from audit.records.contrasts import Heterogeneity, LanguageSpread, NonAnswers, Share
from audit.records.estimates import Undefined
from audit.records.selection import Exploratory
from audit.reporting import formatting as fmt
from audit.reporting.dossier import Dossier
from audit.reporting.holding import share_line
from audit.reporting.labels import Labels
from audit.reporting.second_opinions import marginal_words


@dataclass(frozen=True)
class Languages:
    """One gap over its languages.

    Attributes:
        where: Domain, in words.
        compared: The languages with an estimate, and those without.
        spread: The spread itself, or why there is none.
        deviation: Standard deviation of the true gaps between languages, in the metric's unit.
        pooled: Each language's estimate, drawn towards the mean; empty below three languages.
        shares: The variance shares as one line, or why there are none.
    """

    of: Heterogeneity
    where: str
    compared: str
    spread: LanguageSpread | Undefined
    deviation: str
    pooled: str
    shares: str


@dataclass(frozen=True)
class Unanswered:
    """The share without a usable answer in one comparison, on both sides.

    Attributes:
        gap: Group minus reference with its interval, or why there is none and its bounds.
    """

    of: NonAnswers
    share: str
    reference_share: str
    gap: str


@dataclass(frozen=True)
class Contrasts:
    """What is compared beside the disparities of single cells.

    Attributes:
        unanswered: Where anything was not answered, the widest gap first.
        tallied: Comparisons whose non-answers were counted.
        possible: Greatest share that the intervals leave, where nothing was unanswered.
        exploratory: Slices, those with the least q first.
    """

    languages: tuple[Languages, ...]
    unanswered: tuple[Unanswered, ...]
    tallied: int
    possible: str
    exploratory: tuple[Exploratory, ...]


def contrasts(dossier: Dossier, labels: Labels) -> Contrasts:
    """Return what the run compared beside single cells."""
    some = [one for one in dossier.non_answers if one.share.failed or one.reference_share.failed]
    shares = [s for one in dossier.non_answers for s in (one.share, one.reference_share)]
    return Contrasts(
        languages=tuple(_languages(one, labels) for one in dossier.heterogeneity),
        unanswered=tuple(_unanswered(one) for one in sorted(some, key=_widest)),
        tallied=sum(one.kind == "any" for one in dossier.non_answers),
        possible=fmt.percent(max((share.high for share in shares), default=1.0)),
        exploratory=tuple(sorted(dossier.exploratory, key=lambda one: (one.q, one.disparity))),
    )


def _languages(of: Heterogeneity, labels: Labels) -> Languages:
    spread = of.spread
    named = [labels.language(code) for code in of.languages]
    without = [labels.language(code) for code in of.left_out]
    known = fmt.listed(named) or "none"
    pooled = {} if isinstance(spread, Undefined) else spread.partly_pooled
    return Languages(
        of=of,
        where=labels.domain(of.domain).lower(),
        compared=f"{known}; without an estimate: {fmt.listed(without)}" if without else known,
        spread=spread,
        deviation="" if isinstance(spread, Undefined) else fmt.number(math.sqrt(spread.tau2)),
        pooled=", ".join(f"{labels.language(k)} {fmt.signed(v)}" for k, v in pooled.items()),
        shares=_shares(of),
    )


def _shares(of: Heterogeneity) -> str:
    if isinstance(of.shares, Undefined):
        return f"not measured: {of.shares.reason}"
    return share_line(of.shares)


def _widest(one: NonAnswers) -> tuple[float, tuple[str, ...]]:
    place = (one.axis, one.cue, one.group, one.language, one.domain, one.outcome, one.kind)
    return -abs(one.share.value - one.reference_share.value), place


def _unanswered(one: NonAnswers) -> Unanswered:
    return Unanswered(
        of=one,
        share=_share(one.share),
        reference_share=_share(one.reference_share),
        gap=_gap(one),
    )


def _share(found: Share) -> str:
    return (
        f"{fmt.share(found.value)} ({fmt.percent(found.low, 1)} to {fmt.percent(found.high, 1)}; "
        f"{fmt.whole(found.failed)} of {fmt.whole(found.asked)})"
    )


def _gap(one: NonAnswers) -> str:
    if isinstance(one.marginal, MarginalModel):
        return f"{_plain_gap(one)}; repeated prompts: {marginal_words(one.marginal)}"
    return _plain_gap(one)


def _plain_gap(one: NonAnswers) -> str:
    if isinstance(one.gap, Undefined):
        ends = f"{fmt.signed(100 * one.gap_low, 1)} to {fmt.signed(100 * one.gap_high, 1)} points"
        return f"not measured: {one.gap.reason} ({ends})"
    ends = f"{fmt.signed(100 * one.gap.low, 1)} to {fmt.signed(100 * one.gap.high, 1)}"
    return f"{fmt.points(one.gap.value)} ({ends})"
