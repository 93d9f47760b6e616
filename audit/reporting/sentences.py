"""Sentences: a finding in plain words, who it concerns, what happens, and what to do."""

import math

from audit.records.estimates import Disparity, Estimate, Undefined
from audit.records.findings import Finding, Margin, Policy, Verdict
from audit.reporting import formatting as fmt
from audit.reporting.labels import Labels
from audit.reporting.wording import FAMILY_FIELDS

LOG_ODDS, LOG_RATIO, PROBABILITY = "log-odds", "log ratio", "probability"
LOG_AMOUNT, SCALE, NATS = "log amount", "share of the scale", "nats"

_WANTED = {
    "ordered": "a more favourable level",
    "association": "what speaks for the people named",
}
_NUMBERS = {"number": ("the same", "a ", "amount or rate"), "marks": ("the same", "", "marks")}


def what_happens(of: Disparity) -> str:
    """Return what the estimate's sign means for the group."""
    if isinstance(of.estimate, Undefined):
        return "not measured"
    if of.outcome in _NUMBERS:
        return _number_moves(of.estimate.value, _NUMBERS[of.outcome])
    wanted = _WANTED.get(of.outcome, "the favourable answer")
    if of.estimate.value == 0:
        return f"{wanted} exactly as likely"
    return f"{wanted} {'less' if of.estimate.value < 0 else 'more'} likely"


def _number_moves(value: float, words: tuple[str, str, str]) -> str:
    same, article, what = words
    if value == 0:
        return f"{same} {what}"
    return f"{article}{'less' if value < 0 else 'more'} favourable {what}"


def title(of: Disparity, labels: Labels) -> str:
    """Return a finding's title, e.g. "Woman: the favourable answer less likely than Man"."""
    group, reference = labels.groups(of)
    return f"{group}: {what_happens(of)} than for {reference}"


def plain_statement(of: Disparity, labels: Labels) -> str:
    """Return the finding as one sentence that anyone can read."""
    group, reference = labels.groups(of)
    if isinstance(of.estimate, Undefined):
        return f"{group} could not be compared with {reference}: {of.estimate.reason}."
    how = (
        f"the person's name signals {group} rather than {reference}"
        if of.cue == "name"
        else f"the text says {group} rather than {reference}"
    )
    return (
        f"When {how} and nothing else changes, the model finds {what_happens(of)} "
        f"in {labels.domain(of.domain).lower()} cases written in {labels.language(of.language)}."
    )


def how_large(of: Disparity, points: Disparity | None) -> str:
    """Return the effect in words that need no statistics."""
    if isinstance(of.estimate, Undefined):
        return ""
    value = of.estimate.value
    if of.unit != LOG_ODDS:
        return _in_its_unit(of.estimate, of.unit)
    even = f"an even chance (50 %) would become {fmt.even_chance(value)}"
    if points is None or isinstance(points.estimate, Undefined):
        return f"{fmt.capital(even)}."
    moved = points.estimate
    return (
        f"{fmt.capital(even)}; on these prompts the probability of the favourable answer moved by "
        f"{fmt.points(moved.value)} on average (95 % interval {fmt.signed(100 * moved.low, 1)} to "
        f"{fmt.signed(100 * moved.high, 1)})."
    )


def _in_its_unit(estimate: Estimate, unit: str) -> str:
    """Return the effect in words where a policy judges by another metric than the log-odds."""
    value, low, high = estimate.value, estimate.low, estimate.high
    if unit == LOG_RATIO:
        return (
            f"The group's chance of the favourable answer is {fmt.number(math.exp(value))} times "
            f"that of the reference group (95 % interval {fmt.number(math.exp(low))} to "
            f"{fmt.number(math.exp(high))})."
        )
    if unit == PROBABILITY:
        return (
            f"The probability of the favourable answer moved by {fmt.points(value)} on average "
            f"(95 % interval {fmt.signed(100 * low, 1)} to {fmt.signed(100 * high, 1)})."
        )
    if unit == LOG_AMOUNT:
        return (
            f"The group's amount is {fmt.number(math.exp(value), 3)} times as favourable as that "
            f"of the reference group (95 % interval {fmt.number(math.exp(low), 3)} to "
            f"{fmt.number(math.exp(high), 3)})."
        )
    if unit == SCALE:
        return (
            f"Of a hundred marks the group gets {fmt.signed(100 * value, 1)} in favour (95 % "
            f"interval {fmt.signed(100 * low, 1)} to {fmt.signed(100 * high, 1)})."
        )
    if unit == NATS:
        return (
            f"A statement that speaks for the people named is {fmt.number(math.exp(value))} times "
            f"as likely, beyond their words alone (95 % interval {fmt.number(math.exp(low))} to "
            f"{fmt.number(math.exp(high))})."
        )
    return f"The answer moved by {fmt.signed(value)} {unit} ({fmt.interval(estimate)})."


def margin_words(margin: Margin) -> str:
    """Return what a margin means, in plain words."""
    if margin.unit == LOG_RATIO:
        return (
            f"A chance between {fmt.number(math.exp(-margin.margin))} and "
            f"{fmt.number(math.exp(margin.margin))} times that of the reference group counts as "
            "immaterially different."
        )
    if margin.unit == PROBABILITY:
        return (
            f"A difference of up to {fmt.number(100 * margin.margin, 1)} percentage points in the "
            "probability of the favourable answer counts as immaterial."
        )
    if margin.unit == LOG_AMOUNT:
        return (
            f"An amount or rate between {fmt.number(math.exp(-margin.margin), 3)} and "
            f"{fmt.number(math.exp(margin.margin), 3)} times that of the reference group counts "
            "as immaterially different."
        )
    if margin.unit == SCALE:
        return (
            f"A difference of up to {fmt.number(100 * margin.margin, 1)} of a hundred marks "
            "counts as immaterial."
        )
    if margin.unit != LOG_ODDS:
        return (
            f"A difference up to {fmt.number(margin.margin)} {margin.unit} counts as immaterial."
        )
    return (
        f"A difference of up to {fmt.number(margin.margin)} log-odds counts as immaterial: "
        f"it turns an even chance (50 %) into {fmt.even_chance(margin.margin)} or "
        f"{fmt.even_chance(-margin.margin)}."
    )


def family_words(policy: Policy) -> str:
    """Return what is corrected together under a policy, in words."""
    if not policy.families:
        return "every comparison of the run"
    return f"every comparison of one {fmt.listed([FAMILY_FIELDS[one] for one in policy.families])}"


def next_step(finding: Finding, labels: Labels) -> str:
    """Return what to do about a finding."""
    of = finding.disparity
    place = f"{labels.domain(of.domain).lower()} cases in {labels.language(of.language)}"
    axis = labels.axis(of.axis).lower()
    if finding.verdict is Verdict.MATERIAL:
        return (
            f"Take no decision on {place} from this system where {axis} is known or can be "
            "guessed from a name, until a repeat of this run no longer shows the finding."
        )
    return (
        f"Settle the size of the {axis} difference in {place}: repeat the run with more "
        "templates and names, and until then treat it as larger than the margin."
    )


def needed(finding: Finding) -> str:
    """Return what would settle an inconclusive finding."""
    estimate = finding.disparity.estimate
    if isinstance(estimate, Undefined):
        return "Answers that can be compared: see the reason."
    if estimate.mde > finding.margin:
        return (
            f"More templates and names: this design finds differences from "
            f"{fmt.number(estimate.mde)} on, and the margin is {fmt.number(finding.margin)}."
        )
    return "A repeat with other templates and names; the precision reached is enough."


def precision(estimate: Estimate) -> str:
    """Return on how much an estimate stands."""
    return (
        f"{fmt.counted(estimate.templates, 'template')} × {fmt.counted(estimate.names, 'name')}, "
        f"{fmt.whole(estimate.observations)} comparisons"
    )
