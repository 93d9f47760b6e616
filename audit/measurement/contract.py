"""What a way of asking must have: the shape of an instrument."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from audit.records.observations import FailureKind, Response
from audit.records.probes import Frame, Outcome, OutcomeKind


@dataclass(frozen=True)
class Request:
    """One variant with everything that makes it a question.

    Attributes:
        words: The words that name the group in this variant, each once, in reading order.
    """

    variant: str
    turns: tuple[str, ...]
    question: str
    frame: Frame
    outcome: Outcome
    words: str = ""


@dataclass(frozen=True)
class Answered:
    """What came back, and the digest of what was sent."""

    prompt_digest: str
    response: Response


@dataclass(frozen=True)
class Unanswered:
    """Why nothing came back."""

    kind: FailureKind
    detail: str


@dataclass(frozen=True)
class Instrument:
    """A way of asking.

    Attributes:
        asks: The kinds of outcome that it can ask.
        needs: The capability (a Protocol of `models.contract`) that the model must have.
        cost: Tokens that a request takes.
        ask: Puts one batch of requests; one result a request, in order.
    """

    name: str
    question: str
    source: str
    asks: frozenset[OutcomeKind]
    needs: type
    cost: Callable[[Any, Request], int]
    ask: Callable[[Any, Sequence[Request]], list[Answered | Unanswered]]
