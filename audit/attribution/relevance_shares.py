"""Relevance shares: explain cases while gradients of the model are relevance over input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.attribution.contract import Refused, WordShares
from audit.attribution.gradients import by_word, slopes
from audit.attribution.orders import Explained, Shares, explain_with
from audit.attribution.relevance_flow import relevance_flow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.attribution.relevance_attention import Through
    from audit.models.cases import Case
    from audit.models.contract import Intervenes
    from audit.records.ledgers import RelevanceLedger

BASELINE = "none: the log-odds are shared out from zero"


def explain_by_relevance(
    model: Intervenes,
    cases: Sequence[Case],
    ledger: RelevanceLedger | Refused,
    through: Through,
) -> list[WordShares | Refused]:
    """Explain each case; where the ledger does not close, refuse each with its reason."""
    if isinstance(ledger, Refused):
        return [ledger] * len(cases)
    with relevance_flow(model.module, through):
        return explain_with(share, model, cases)


def share(explained: Explained) -> Shares:
    """Return each word's relevance in one order's log-odds, in nats."""
    scores, gradients = slopes(explained, explained.embeddings[None])
    tokens = (gradients[0].double() * explained.embeddings.double()).sum(dim=-1)
    return Shares(by_word(explained, tokens), float(scores), 0.0, BASELINE)
