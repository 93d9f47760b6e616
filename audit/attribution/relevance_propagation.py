"""Relevance propagation: the log-odds handed back layer by layer, to the words they came from.

Each layer hands what it gave on to what it took in, in proportion, by a rule for each kind of
layer: linear layers as they are, half to each factor of a product, norms and activations
whole, the softmax of attention by its slope. One backward pass does it, with slopes altered
for this model alone and for as long as it takes (`relevance_flow`).

The softmax does not keep what it is given, and biases and positions take a part. Nothing is
rescaled to hide that: what does not reach a word is residual, the log-odds are shared out
from zero, and the ledger of the model says where the rest goes (`relevance_ledger`). On a
model whose ledger does not close the method is refused.

One implementer of layer-wise relevance propagation claims patents on it (docs/method.md).

Source: Achtibat et al. 2024, arXiv:2402.05602 (AttnLRP).
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

_NAME = "relevance_propagation"


def explain(model: Intervenes, cases: Sequence[Case]) -> list[WordShares | Refused]:
    """Explain each case; one result a case, in order."""
    return explain_by_relevance(model, cases, ledger(model), "weights and values")


def ledger(model: Intervenes) -> RelevanceLedger | Refused:
    """Return where relevance goes on this model, or why the method is refused on it."""
    return ledger_of(model.module, _NAME, "weights and values")


PLUGIN = Method(
    name=_NAME,
    question="To which words does the answer lead back, layer by layer?",
    source="Achtibat et al. 2024, arXiv:2402.05602",
    interventional=False,
    cannot_show=(
        "Part of what is handed back goes to the softmax of attention, to biases and to places "
        "in the text, and reaches no word; which words would change the answer it does not test."
    ),
    needs=Intervenes,
    explain=explain,
    ledger=ledger,
)
