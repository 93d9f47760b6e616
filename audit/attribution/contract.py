"""What an attribution method must have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from audit.models.cases import Case
from audit.records.ledgers import RelevanceLedger
from audit.records.observations import AttributedWord


@dataclass(frozen=True)
class WordShares:
    """A method's answer for one case: `sum(values) + residual = score - baseline_score`."""

    baseline: str
    score: float
    baseline_score: float
    residual: float
    words: tuple[AttributedWord, ...]


@dataclass(frozen=True)
class Refused:
    """Why a case could not be explained."""

    detail: str


@dataclass(frozen=True)
class Method:
    """A way of sharing a prompt's log-odds among its words.

    Attributes:
        interventional: Whether it changes the input and looks (occlusion), or follows gradients.
        cannot_show: One sentence on what it cannot show.
        explain: One result a case, in order.
        ledger: Says, once a model, where the method's shares go there, or why it is refused.
    """

    name: str
    question: str
    source: str
    interventional: bool
    cannot_show: str
    needs: type
    explain: Callable[[Any, Sequence[Case]], list[WordShares | Refused]]
    ledger: Callable[[Any], RelevanceLedger | Refused] | None = None
