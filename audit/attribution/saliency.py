"""Saliency: how sensitive the log-odds are to each word, whatever the direction.

The length of the gradient at each token's embedding, in nats per unit of embedding. It has no
sign and is no share of anything: nothing is taken out of the prompt, so the log-odds move by
nothing, and the residual takes all values back. What can be compared is one word with
another, and one word on both sides of a pair.

The plain length of the gradient rather than its product with a distance, for which distance
would be a choice.

Source: Simonyan, Vedaldi & Zisserman 2014, arXiv:1312.6034; on text Li et al. 2016,
        arXiv:1506.01066.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.attribution.contract import Method, Refused, WordShares
from audit.attribution.gradients import by_word, slopes
from audit.attribution.orders import Explained, Shares, explain_with
from audit.models.contract import Differentiable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.models.cases import Case

BASELINE = "none: sensitivities are no shares, nothing is taken out"


def explain(model: Differentiable, cases: Sequence[Case]) -> list[WordShares | Refused]:
    """Explain each case; one result a case, in order."""
    return explain_with(share, model, cases)


def share(explained: Explained) -> Shares:
    """Return the length of the gradient of one order's log-odds, summed over each word."""
    scores, gradients = slopes(explained, explained.embeddings[None])
    score = float(scores)
    tokens = gradients[0].double().norm(dim=-1)
    return Shares(by_word(explained, tokens), score, score, BASELINE)


PLUGIN = Method(
    name="saliency",
    question="To which words is the answer most sensitive?",
    source="Simonyan, Vedaldi & Zisserman 2014, arXiv:1312.6034",
    interventional=False,
    cannot_show=(
        "It has no sign and shares nothing out: a word may be sensitive and bring nothing, and "
        "its values cannot be added up to the answer."
    ),
    needs=Differentiable,
    explain=explain,
)
