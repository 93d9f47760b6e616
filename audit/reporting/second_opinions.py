"""Second opinions: the same gap by other estimators, and beside a rewording and a repeat."""

from collections.abc import Iterator
from dataclasses import dataclass

from audit.records.context import (
    Context,
    MarginalModel,
    MixedModel,
    RepeatNoise,
    Rewording,
    Robustness,
)
from audit.records.estimates import Estimate, Undefined
from audit.reporting import formatting as fmt

_MIXED = (
    "A different statistical model of the same answers; it should find much the same gap. Its "
    "warnings are printed as they came."
)
_MARGINAL = (
    "How much more often a draw favours the group, with cases as the only sample; for answers "
    "that are drawn again and again."
)
_REWORDING = "Does naming the group move an answer further than wording the same case anew?"
_REPEATS = (
    "How far one answer moves when exactly the same is asked again: the yardstick for the gap of "
    "a single pair."
)


@dataclass(frozen=True)
class Row:
    """One number of a finding.

    Attributes:
        figure: The number with its interval, or why there is none.
        word: What it says, for a reader without statistics.
        measured: Whether there is a number.
    """

    title: str
    figure: str
    word: str
    measured: bool = True


def missing(title: str, found: Undefined, word: str) -> Row:
    """Return the row of a number that does not exist, with the reason."""
    return Row(title, f"not measured: {found.reason}", word, measured=False)


def told(found: Estimate | Undefined, unit: str) -> str:
    """Return an estimate with its interval, or why there is none."""
    if isinstance(found, Undefined):
        return f"not measured: {found.reason}"
    return f"{fmt.signed(found.value)} {unit} (95 % interval {fmt.interval(found)})"


def other_opinions(found: Context, unit: str) -> Iterator[Row]:
    """Yield what other estimators, a rewording and a repeat say of the gap."""
    if isinstance(found.robustness, Undefined):
        word = "Bootstrap-t, sign flips and a mixed model: do they find the gap as well?"
        yield missing("Other estimators", found.robustness, word)
    else:
        yield from _estimators(found.robustness, unit)
    yield _rewording(found.rewording, unit)
    yield _repeats(found.repeat_noise, unit)


def _estimators(found: Robustness, unit: str) -> Iterator[Row]:
    yield Row(
        "Bootstrap-t",
        f"95 % interval {fmt.signed(found.low)} to {fmt.signed(found.high)} {unit} "
        f"({fmt.counted(found.draws, 'draw')})",
        "The interval when the cases are drawn again and again, without assuming a bell curve.",
    )
    tried = "all" if found.exact else "drawn"
    yield Row(
        "Sign flips",
        f"{fmt.p_equals(found.sign_flip_p)} ({fmt.counted(found.flips, 'pattern')}, {tried})",
        "How often chance alone, turning the sign of each case, makes so large a gap.",
    )
    yield _mixed(found.mixed, unit)
    if isinstance(found.marginal, MarginalModel):
        yield Row("Shares of draws", marginal_words(found.marginal), _MARGINAL)


def marginal_words(found: MarginalModel) -> str:
    """Return a gap of shares of draws with its interval, and what was said while fitting."""
    ends = f"95 % interval {fmt.signed(found.low)} to {fmt.signed(found.high)}"
    notes = [] if found.converged else ["it did not converge"]
    notes += [f"warning: {warning}" for warning in found.warnings]
    return "; ".join([f"{fmt.signed(found.value)} log-odds ({ends})", *notes])


def _mixed(found: MixedModel | Undefined, unit: str) -> Row:
    if isinstance(found, Undefined):
        return missing("Mixed model", found, _MIXED)
    ends = f"95 % interval {fmt.signed(found.low)} to {fmt.signed(found.high)}"
    notes = [] if found.converged else ["it did not converge"]
    notes += [f"warning: {warning}" for warning in found.warnings]
    figure = "; ".join([f"{fmt.signed(found.value)} {unit} ({ends})", *notes])
    return Row("Mixed model", figure, _MIXED)


def _rewording(found: Rewording | Undefined, unit: str) -> Row:
    if isinstance(found, Undefined):
        return missing("Beside a rewording", found, _REWORDING)
    figure = (
        f"group {fmt.number(found.swap)}, rewording {fmt.number(found.rewording)} {unit}; "
        f"difference {told(found.excess, unit)}; {fmt.counted(found.cases, 'case')}"
    )
    return Row("Beside a rewording", figure, _REWORDING)


def _repeats(found: RepeatNoise | Undefined, unit: str) -> Row:
    if isinstance(found, Undefined):
        return missing("Repeat noise", found, _REPEATS)
    figure = (
        f"standard deviation {fmt.number(found.deviation, 3)} {unit} "
        f"({fmt.counted(found.prompts, 'prompt')}, {fmt.counted(found.repeats, 'answer')})"
    )
    return Row("Repeat noise", figure, _REPEATS)
