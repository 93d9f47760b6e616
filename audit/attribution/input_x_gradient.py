"""Input times gradient: how far the log-odds would move, word by word, if they were linear.

Each token's embedding times the slope of the log-odds there: the first-order estimate of what
taking the embedding to zero would change. It is one backward pass and the plainest signed
map, and wrong wherever the way to zero is bent; what the estimate misses of the true change
is residual.

Zero rather than the mean embedding, for that is what the name means everywhere; integrated
gradients start from the mean embedding.

Source: Shrikumar, Greenside & Kundaje 2017, arXiv:1704.02685, section 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from audit.attribution.contract import Method, Refused, WordShares
from audit.attribution.gradients import by_word, slopes
from audit.attribution.orders import Explained, Shares, explain_with
from audit.models.contract import Differentiable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.models.cases import Case

BASELINE = "zero embedding in place of every word; markup kept"


def explain(model: Differentiable, cases: Sequence[Case]) -> list[WordShares | Refused]:
    """Explain each case; one result a case, in order."""
    return explain_with(share, model, cases)


def share(explained: Explained) -> Shares:
    """Return each word's embedding times the slope of one order's log-odds, in nats."""
    scores, gradients = slopes(explained, explained.embeddings[None])
    tokens = (gradients[0].double() * explained.embeddings.double()).sum(dim=-1)
    nothing = explained.embeddings.clone()
    nothing[explained.in_words] = 0
    with torch.no_grad():
        baseline_score = float(explained.log_odds(nothing[None]))
    return Shares(by_word(explained, tokens), float(scores), baseline_score, BASELINE)


PLUGIN = Method(
    name="input_x_gradient",
    question="How much would each word bring, if the answer moved in a straight line?",
    source="Shrikumar, Greenside & Kundaje 2017, arXiv:1704.02685",
    interventional=False,
    cannot_show=(
        "It knows the model at one point only: a word on which the answer rests so firmly that "
        "a small change moves nothing gets little."
    ),
    needs=Differentiable,
    explain=explain,
)
