"""Holding: how a finding holds up, as rows of a number and a plain word for it.

The numbers are those of the disparity's context and of the finding itself; what could not be
computed stands there with its reason, never as a zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from audit.records.context import (
    Bounds,
    Context,
    EffectSizes,
    ImpactRatio,
    Intersection,
    Points,
    VarianceShares,
)
from audit.records.estimates import Disparity, Estimate, Undefined
from audit.records.findings import Finding
from audit.records.quantities import Amount
from audit.records.selection import SelectiveInterval, Shrunken
from audit.reporting import formatting as fmt
from audit.reporting.second_opinions import Row, missing, other_opinions, told

_STANDARDISED = {
    "dz": "The mean gap over its own scatter from pair to pair: the further from 0, the more "
    "regularly the gap appears.",
    "d": "The gap over the scatter of answers within a group: the further from 0, the less the "
    "two groups' answers overlap.",
}
_CLIFF = {
    "label": "How often the group fares better minus how often it fares worse, over pairs of one "
    "prompt: −1 is always worse, 0 as often as not, +1 always better.",
    "name": "How often a name of the group fares better than one of the reference group, minus "
    "how often worse: −1 is always worse, +1 always better.",
}


@dataclass(frozen=True)
class Holding:
    """What stands beside a finding, so that its size and its doubt can be weighed.

    Attributes:
        weighed: Whether the context was weighed at all.
        evidence_for: What speaks for the finding.
        evidence_against: What speaks against it.
    """

    weighed: bool
    evidence_for: tuple[str, ...]
    evidence_against: tuple[str, ...]
    rows: tuple[Row, ...]


def holding(finding: Finding) -> Holding:
    """Return how a finding holds up."""
    return Holding(
        weighed=bool(finding.evidence_for or finding.evidence_against),
        evidence_for=tuple(fmt.true_minus(said) for said in finding.evidence_for),
        evidence_against=tuple(fmt.true_minus(said) for said in finding.evidence_against),
        rows=(*_selected(finding), *_context(finding.disparity)),
    )


def _context(of: Disparity) -> Iterator[Row]:
    found = of.context
    if found is None:
        nothing = Undefined(
            reason="no context is on file for the metric that judges this comparison"
        )
        yield missing("Other views of the gap", nothing, "Sizes, bounds and other estimators.")
        return
    yield _against_mean(found, of.unit)
    yield from _effects(found.effects, of)
    if found.intersection is not None:
        yield _intersection(found.intersection, of.unit)
    yield _shares(found)
    yield from other_opinions(found, of.unit)


def _selected(finding: Finding) -> Iterator[Row]:
    raw, unit = finding.disparity.estimate, finding.disparity.unit
    if isinstance(raw, Estimate):
        yield _picked(finding.selective, raw, unit)
        yield _drawn(finding.shrunken, raw, unit)


def _picked(found: SelectiveInterval | None, raw: Estimate, unit: str) -> Row:
    title = "Interval, corrected for having been picked"
    word = "Findings are read because they stand out, which makes a plain interval too narrow."
    if found is None:
        return missing(title, Undefined(reason="this run has no corrected interval on file"), word)
    return Row(
        title,
        f"{fmt.signed(found.low)} to {fmt.signed(found.high)} {unit}; plain 95 % interval "
        f"{fmt.interval(raw)}",
        f"{word} This one has the level {fmt.percent(found.level, 1)}, for {found.selected} of "
        f"{found.tested} comparisons of the family were picked.",
    )


def _drawn(found: Shrunken | None, raw: Estimate, unit: str) -> Row:
    title = "Shrunken estimate"
    if found is None:
        lack = "fewer than three of the family, or not this one, have an error of their own"
        word = "The gap drawn towards the mean of its family."
        return missing(title, Undefined(reason=lack), word)
    return Row(
        title,
        f"{fmt.signed(found.value)} {unit}; raw {fmt.signed(raw.value)}",
        f"The gap drawn towards the mean of its family ({fmt.signed(found.mean)} over "
        f"{fmt.counted(found.cells, 'comparison')}), keeping {fmt.percent(found.weight)} of its "
        "distance: what stands out by luck falls back.",
    )


def _against_mean(found: Context, unit: str) -> Row:
    word = (
        f"Does this group stand apart, or the reference group? Each against the mean of "
        f"{fmt.counted(found.groups, 'group')}."
    )
    if isinstance(found.against_mean, Undefined):
        return missing("Against the mean of all groups", found.against_mean, word)
    figure = (
        f"group {told(found.against_mean, unit)}; "
        f"reference group {told(found.reference_against_mean, unit)}"
    )
    return Row("Against the mean of all groups", figure, word)


def _effects(effects: EffectSizes, of: Disparity) -> Iterator[Row]:
    kind = effects.standardised_kind
    yield _number(f"Standardised size ({kind})", effects.standardised, _STANDARDISED[kind])
    yield _number("Cliff's delta", effects.cliffs_delta, _CLIFF[of.cue])
    yield _points(effects.points)
    yield _ratio(effects.impact_ratio)
    yield _worst_case(effects.worst_case)


def _number(title: str, found: Amount | Undefined, word: str) -> Row:
    if isinstance(found, Undefined):
        return missing(title, found, word)
    return Row(title, fmt.signed(found.value), word)


def _points(found: Points | Undefined) -> Row:
    title = "Probability points, middle case"
    word = "The gap as a chance of the favourable answer, in the case in the middle of all cases."
    if isinstance(found, Undefined):
        return missing(title, found, word)
    ends = f"{fmt.signed(100 * found.low, 1)} to {fmt.signed(100 * found.high, 1)}"
    return Row(
        title,
        f"{fmt.points(found.value)} (95 % interval {ends}), from {fmt.share(found.baseline)} for "
        "the reference group",
        word,
    )


def _ratio(found: ImpactRatio | Undefined) -> Row:
    title = "Impact ratio"
    word = (
        "The group's mean chance of the favourable answer over the reference group's: 1 is alike, "
        "below 1 the group fares worse."
    )
    if isinstance(found, Undefined):
        return missing(title, found, word)
    ends = f"{fmt.number(found.low)} to {fmt.number(found.high)}"
    return Row(title, f"{fmt.number(found.value)} (95 % interval {ends})", word)


def _worst_case(found: Bounds | Undefined) -> Row:
    title = "Worst-case bounds"
    word = "Where the gap would lie whatever the missing answers had been, at worst and at best."
    if isinstance(found, Undefined):
        return missing(title, found, word)
    observed = _in_unit(found.observed, found.unit)
    if not found.missing:
        return Row(title, f"{observed}; no answer is missing", word)
    ends = f"{_in_unit(found.low, found.unit)} to {_in_unit(found.high, found.unit)}"
    absent = fmt.counted(found.missing, "missing answer")
    return Row(title, f"{ends} ({absent}); over the answers on file {observed}", word)


def _intersection(found: Intersection | Undefined, unit: str) -> Row:
    title = "Beside the sum of its parts"
    word = (
        "Do the axes together make more than each alone? The excess is the group's gap minus the "
        "sum of the gaps of the groups that differ in one axis only."
    )
    if isinstance(found, Undefined):
        return missing(title, found, word)
    figure = f"sum {told(found.additive, unit)}; excess {told(found.excess, unit)}"
    if isinstance(found.pooled, Amount) and found.weight is not None:
        figure += (
            f"; partly pooled gap {fmt.signed(found.pooled.value)} {unit}, keeping "
            f"{fmt.percent(found.weight)} of the excess"
        )
    return Row(title, figure, word)


def _in_unit(value: float, unit: str) -> str:
    return fmt.points(value) if unit == "probability" else f"{fmt.signed(value)} {unit}"


def _shares(found: Context) -> Row:
    title = "What the gap varies with"
    word = (
        "How the differences between single pairs divide: a large share between cases says that "
        "the gap depends on the case, one between names that a few names carry it."
    )
    if isinstance(found.shares, Undefined):
        return missing(title, found.shares, word)
    return Row(title, share_line(found.shares), word)


def share_line(shares: VarianceShares) -> str:
    """Return variance shares as one line; what could not be told apart is said so."""
    parts = [f"cases {fmt.percent(shares.template)}", f"names {fmt.percent(shares.name)}"]
    if shares.wording is not None:
        parts.insert(1, f"wordings of a case {fmt.percent(shares.wording)}")
    if shares.language is not None:
        parts.append(f"languages {fmt.percent(shares.language)}")
    parts.append(f"the rest {fmt.percent(shares.residual)}")
    apart = "" if shares.wording is not None else "; wordings not told apart: no case has two"
    return f"{', '.join(parts)}{apart}".replace(" %", "\u00a0%")
