"""Occlusion: how far the log-odds fall when one word is taken out and all others stay.

A word is taken out by putting the mean embedding in place of each of its tokens, so the
text keeps its length and every other word its place. A changed span goes as a whole. Words
that only work together, or that can stand in for each other, are credited too much or too
little; what the sum of the values misses is kept as residual.

Source: Zeiler & Fergus 2014, arXiv:1311.2901, section 3; on text Li, Monroe & Jurafsky
        2016, arXiv:1612.08220.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from audit.attribution.contract import Method, Refused, WordShares
from audit.attribution.orders import Explained, Shares, explain_with
from audit.models.contract import Differentiable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from audit.models.cases import Case


def explain(model: Differentiable, cases: Sequence[Case]) -> list[WordShares | Refused]:
    """Explain each case; one result a case, in order."""
    return explain_with(share, model, cases)


def share(explained: Explained) -> Shares:
    """Return how far one order's log-odds fall without each word, in nats."""
    hidden = [[token for token, _ in word.tokens] for word in explained.words]
    changed = [[], explained.in_words, *hidden]
    found: list[float] = []
    with torch.no_grad():
        for start in range(0, len(changed), explained.rows):
            batch = changed[start : start + explained.rows]
            found += explained.log_odds(_without(explained, batch)).tolist()
    score, baseline_score, *without = found
    return Shares(tuple(score - other for other in without), score, baseline_score)


def _without(explained: Explained, hidden: list[list[int]]) -> Tensor:
    """Return the prompt once for each list, those tokens hidden, (lists, tokens, width)."""
    prompts = explained.embeddings.repeat(len(hidden), 1, 1)
    for number, tokens in enumerate(hidden):
        prompts[number, tokens] = explained.baseline[tokens]
    return prompts


PLUGIN = Method(
    name="occlusion",
    question="How far does the answer move when a word is taken out?",
    source="Zeiler & Fergus 2014, arXiv:1311.2901; Li, Monroe & Jurafsky 2016, arXiv:1612.08220",
    interventional=True,
    cannot_show=(
        "It removes one word at a time, so words that can stand in for each other each seem to "
        "matter little, and a prompt with a gap is no prompt that anybody writes."
    ),
    needs=Differentiable,
    explain=explain,
)
