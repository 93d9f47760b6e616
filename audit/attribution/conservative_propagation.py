"""Conservative propagation: the answer led back with attention's pattern held constant.

The variant of layer-wise relevance propagation that asks what words brought through the
values that attention mixes, not how they steered attention: its weights, and the gate of a
gated layer, count as constants. On a model without biases the shares of all tokens then add
up to the logits exactly. All else is as in `relevance_propagation`, the notice on patents
included.

Source: Ali et al. 2022, arXiv:2202.07304 (CP-LRP).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.attribution.contract import Method, Refused, WordShares
from audit.attribution.relevance_ledger import ledger_of
from audit.attribution.relevance_shares import explain_by_relevance
from audit.models.contract import Intervenes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.models.cases import Case
    from audit.records.ledgers import RelevanceLedger

_NAME = "conservative_propagation"


def explain(model: Intervenes, cases: Sequence[Case]) -> list[WordShares | Refused]:
    """Explain each case; one result a case, in order."""
    return explain_by_relevance(model, cases, ledger(model), "values")


def ledger(model: Intervenes) -> RelevanceLedger | Refused:
    """Return where relevance goes on this model, or why the method is refused on it."""
    return ledger_of(model.module, _NAME, "values")


PLUGIN = Method(
    name=_NAME,
    question="To which words does the answer lead back, where attention's pattern is a given?",
    source="Ali et al. 2022, arXiv:2202.07304",
    interventional=False,
    cannot_show=(
        "A word that matters by what it makes the model look at, and not by what it says itself, "
        "gets nothing; biases and places in the text take a part that reaches no word."
    ),
    needs=Intervenes,
    explain=explain,
    ledger=ledger,
)
