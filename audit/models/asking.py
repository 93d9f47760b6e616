"""Asking: one question about one case as asks, the options listed in both orders.

Measurement and attribution both put this question, so its wording is made here once. A
model may prefer what is listed first; every question is therefore asked with the options
forward and reversed, and the two log-odds are averaged.

Reads:  the case's turns, the question, the frame of its language, and the outcome.
Gives:  one ask an order, with a map of what each stretch of its characters is.
Source: both orders, after Zheng et al. 2024, arXiv:2309.03882 (selection bias of options).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from audit.models.contract import Ask
from audit.records.counterfactuals import Span
from audit.records.observations import WordPart
from audit.records.probes import Answer, Frame, Outcome

CUE = -1
"""The `turn` of a region that lies in the cue."""


class Question(Protocol):
    """What a request and a case to explain have in common."""

    @property
    def turns(self) -> tuple[str, ...]: ...
    @property
    def question(self) -> str: ...
    @property
    def frame(self) -> Frame: ...
    @property
    def outcome(self) -> Outcome: ...


@dataclass(frozen=True)
class Region:
    """A stretch of an ask's characters and what it is.

    Attributes:
        turn: Index of the turn, or `CUE`.
        start: First character in that turn (or in the cue).
        end: One past the last.
        key: Names the region; equal in both orders and on both sides of a pair.
        unit: Index of the changed span, else -1.
    """

    turn: int
    start: int
    end: int
    part: WordPart
    key: str
    unit: int = -1


@dataclass(frozen=True)
class Listing:
    """The ask for one order of the options.

    Attributes:
        order: The answer keys as they are listed; `ask.answers` has the same order.
        regions: In reading order; what no region covers is white space of the frame.
    """

    order: tuple[str, ...]
    ask: Ask
    regions: tuple[Region, ...]


def listings(asked: Question, spans: Sequence[Span] = ()) -> tuple[Listing, ...]:
    """Return the asks of a question: options forward, then reversed.

    Args:
        asked: The case with its question, frame and outcome.
        spans: The changed spans of the case's turns, in reading order.
    """
    answers = asked.outcome.answers
    return tuple(_listing(asked, spans, order) for order in (answers, answers[::-1]))


def _listing(asked: Question, spans: Sequence[Span], answers: tuple[Answer, ...]) -> Listing:
    case = asked.turns[-1]
    framed = list(_framed(asked, answers))
    last = len(asked.turns) - 1
    regions = [*_case_regions(asked.turns, spans)]
    place = len(case)
    for text, key in framed:
        if key:
            regions.append(Region(last, place, place + len(text), "frame", key))
        place += len(text)
    if asked.frame.cue:
        regions.append(Region(CUE, 0, len(asked.frame.cue), "cue", "cue"))
    return Listing(
        order=tuple(answer.key for answer in answers),
        ask=Ask(
            turns=(*asked.turns[:-1], case + "".join(text for text, _ in framed)),
            cue=asked.frame.cue,
            answers=tuple(answer.surface_forms for answer in answers),
        ),
        regions=tuple(regions),
    )


def _framed(asked: Question, answers: tuple[Answer, ...]) -> Iterator[tuple[str, str]]:
    """Yield the pieces of the frame's text with the key of each; "" for plain white space."""
    before, after = asked.frame.ask.split("{options}")
    yield "\n\n", ""
    yield asked.question, "question"
    yield "\n", ""
    yield before, "ask"
    for number, answer in enumerate(answers):
        if number:
            yield asked.frame.separator, f"separator {number}"
        yield answer.text, f"option {answer.key}"
    yield after, "ask, continued"


def _case_regions(turns: tuple[str, ...], spans: Sequence[Span]) -> Iterator[Region]:
    """Yield the regions of the case, cut at the changed spans."""
    for turn, text in enumerate(turns):
        place = 0
        for unit, span in enumerate(spans):
            if span.turn != turn:
                continue
            yield Region(turn, place, span.start, "fact", f"turn {turn}, before {unit}")
            yield Region(turn, span.start, span.end, "changed", f"changed {unit}", unit)
            place = span.end
        yield Region(turn, place, len(text), "fact", f"turn {turn}, end")
