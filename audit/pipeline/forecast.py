"""Forecast: what a run would ask, how long it takes, and what it could find or clear.

Nothing of the suites is asked: the speed is that of scoring a neutral sentence of the same
length. What a design can find follows from its numbers of templates and names and from
assumed variance components, for the model's own are unknown before it is asked.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Literal

from audit.findings.margins import at_even_odds
from audit.measurement.contract import Instrument
from audit.models.contract import Ask, Model, ScoresContinuations
from audit.pipeline.requests import requests
from audit.records.counterfactuals import CounterfactualSet
from audit.records.findings import Margin, Policy
from audit.records.probes import is_control
from audit.stats.power import Design, minimum_detectable_effect
from audit.suites.library import Library

Outlook = Literal["can find and clear", "can find", "neither"]

_MOST_NAMES = 40
_MOST_TEMPLATES = 320
_TRIAL = "The office opens at ten and closes at five on working days. "


@dataclass(frozen=True)
class Prospect:
    """What the comparisons of one axis, cue, language, domain and outcome could establish.

    Attributes:
        mde: Smallest effect found with 80 % power, in the metric's unit; None: no interval.
        margin: The policy's margin as log-odds, at an even chance; None: the policy has none.
        missing: The smallest design that could clear a system; empty if this one can.
    """

    axis: str
    cue: str
    language: str
    domain: str
    outcome: str
    templates: int
    names: int
    mde: float | None
    margin: float | None
    outlook: Outlook
    missing: str


@dataclass(frozen=True)
class Forecast:
    """Requests by suite, tokens, and seconds by the speed of a trial."""

    requests: dict[str, int]
    tokens: int
    seconds: float


def forecast(
    sets: tuple[CounterfactualSet, ...],
    library: Library,
    model: Model,
    instruments: Iterable[Instrument],
    clock: Callable[[], datetime],
) -> Forecast:
    """Count what would be asked and time a neutral text of the same length."""
    by_suite = Counter(
        {
            key: sum(len(one.variants) for one in sets if one.suite_key == key)
            for key in sorted({one.suite_key for one in sets})
        }
    )
    costs = [
        one.cost(model, request)
        for one in instruments
        for request in requests(sets, library.suites, one.asks)
    ]
    seconds = sum(costs) / _speed(model, int(median(costs)), clock) if costs else 0.0
    return Forecast(requests=dict(by_suite), tokens=sum(costs), seconds=seconds)


def prospects(sets: Iterable[CounterfactualSet], policy: Policy) -> tuple[Prospect, ...]:
    """Return what each comparison could establish, in a fixed order."""
    cells: dict[tuple[str, ...], list[CounterfactualSet]] = {}
    for one in sets:
        key = (one.axis, one.cue, one.language, one.domain, one.outcome)
        cells.setdefault(key, []).append(one)
    return tuple(_prospect(key, cells[key], policy) for key in sorted(cells))


def _speed(model: Model, tokens: int, clock: Callable[[], datetime]) -> float:
    """Return tokens per second, from a neutral text of about `tokens` tokens."""
    if not isinstance(model, ScoresContinuations):
        return float("inf")
    ask = Ask(turns=(_TRIAL,), cue="", answers=(("Yes",), ("No",)))
    times = max(1, tokens // (2 * max(1, model.cost(ask))))
    long = Ask(turns=(_TRIAL * times,), cue="", answers=ask.answers)
    asks = [long] * 16
    model.score(asks)
    before = clock()
    model.score(asks)
    elapsed = (clock() - before).total_seconds()
    return sum(model.cost(one) for one in asks) / max(elapsed, 1e-6)


def _prospect(key: tuple[str, ...], sets: list[CounterfactualSet], policy: Policy) -> Prospect:
    axis, cue, language, domain, outcome = key
    templates = len({(one.suite, one.template) for one in sets})
    names = _names(sets)
    judging = policy.judging(outcome)
    margin = None if judging is None else at_even_odds(judging)
    mde = None if judging is not None and margin is None else _mde(templates, names, cue)
    return Prospect(
        axis=axis,
        cue=cue,
        language=language,
        domain=domain,
        outcome=outcome,
        templates=templates,
        names=names,
        mde=mde,
        margin=margin,
        outlook=_outlook(mde, margin, policy),
        missing=_not_assumed(judging)
        if margin is None
        else _missing(templates, names, cue, margin),
    )


def _not_assumed(judging: Margin | None) -> str:
    """Return why nothing is forecast for a metric whose spread nobody has assumed."""
    return (
        ""
        if judging is None
        else f"known once it is asked: no spread of {judging.unit} is assumed"
    )


def _names(sets: list[CounterfactualSet]) -> int:
    """Return the fewest distinct signalling names that a group has."""
    units: dict[str, set[str]] = {}
    for one in sets:
        for variant in one.variants:
            if not is_control(variant.group):
                units.setdefault(variant.group, set()).add(variant.unit)
    return min(len(found) for found in units.values())


def _mde(templates: int, names: int, cue: str) -> float | None:
    reference = names if cue == "name" else None
    return minimum_detectable_effect(Design(templates, names, reference))


def _outlook(mde: float | None, margin: float | None, policy: Policy) -> Outlook:
    """Clear: finds what equals the margin; find: finds what falls in the highest band."""
    if mde is None or margin is None:
        return "neither"
    if mde <= margin:
        return "can find and clear"
    largest = policy.bands[-1].from_margins * margin
    return "can find" if mde <= largest else "neither"


def _missing(templates: int, names: int, cue: str, margin: float) -> str:
    """Return the smallest design in reach that finds what equals the margin."""
    for wider in _designs(templates, names):
        mde = _mde(*wider, cue)
        if mde is not None and mde <= margin:
            enough = wider == (templates, names)
            return "" if enough else f"{wider[0]} templates x {wider[1]} names"
    return f"more than {_MOST_TEMPLATES} templates x {_MOST_NAMES} names"


def _designs(templates: int, names: int) -> Iterator[tuple[int, int]]:
    """Yield designs from this one up: names first to 20, then templates, then both."""
    yield templates, names
    for many in (max(names, 20), max(names, _MOST_NAMES)):
        yield templates, many
    for more in (40, 60, 80, 120, 160, 240, _MOST_TEMPLATES):
        for many in (max(names, 10), max(names, 20), max(names, _MOST_NAMES)):
            if more > templates:
                yield more, many
