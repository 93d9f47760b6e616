"""Faithfulness: take a case's words out of the prompt and ask the model under audit again.

A word goes as it does in occlusion: the mean embedding stands in place of its tokens, so
every other word keeps its place. Only words of the case go, for the question and the
listed options are what is asked, not what the answer should rest on. Log-odds are the mean
over both orders of the options, as they were measured. Changed prompts of one order of
options share forward passes.

The replacement is occlusion's own, so occlusion's order is partly judged by itself.

Source: see `emptying`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from audit.attribution.contract import Refused
from audit.attribution.emptying import Trial, empty_out
from audit.attribution.orders import prepare
from audit.models.asking import listings
from audit.models.contract import NotScored

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from audit.attribution.emptying import Gone, LogOdds
    from audit.attribution.orders import Explained
    from audit.models.cases import Case
    from audit.models.contract import Differentiable

CASE = ("changed", "fact")
"""The parts whose words are taken out."""
_FEWEST = 2


def try_words(
    model: Differentiable, case: Case, maps: Mapping[str, Sequence[float]]
) -> Trial | Refused:
    """Take the case's words out in the order of each map, and in random orders.

    Args:
        model: The model under audit.
        case: One variant with its question.
        maps: Method -> a share for each word of the case, in reading order.
    """
    prepared = []
    for listing in listings(case, case.spans):
        ready = prepare(model, case, listing)
        if isinstance(ready, NotScored):
            return Refused(ready.detail)
        prepared.append(ready)
    words = len(_case_words(prepared[0]))
    if words < _FEWEST:
        return Refused("the case has fewer than two words")
    if any(len(values) != words for values in maps.values()):
        raise ValueError(f"a map has no share for each of the case's {words} words")
    try:
        trial = empty_out(_mean_log_odds(prepared), words, maps, case.variant)
    except MemoryError:
        return Refused("out of memory with one prompt at a time")
    numbers = [x for one in trial.orders for x in (*one.without, *one.only)]
    if not np.isfinite([trial.score, trial.empty, trial.lowest, trial.highest, *numbers]).all():
        return Refused("logits are not finite")
    return trial


def _case_words(ready: Explained) -> list[list[int]]:
    """Return the tokens of each word of the case."""
    return [[token for token, _ in word.tokens] for word in ready.words if word.part in CASE]


def _mean_log_odds(prepared: Sequence[Explained]) -> LogOdds:
    """Return a function from the words taken out to the log-odds, mean over orders."""

    def log_odds(gone: Gone) -> NDArray[np.float64]:
        found = [_asked(ready, gone, ready.rows) for ready in prepared]
        mean: NDArray[np.float64] = np.mean(found, axis=0)
        return mean

    return log_odds


def _asked(ready: Explained, gone: Gone, rows: int) -> list[float]:
    """Return the log-odds of one order's changed prompts, so many a pass as memory allows.

    Raises:
        MemoryError: If one prompt at a time is too much.
    """
    hidden = _hidden_tokens(ready, gone)
    try:
        with torch.no_grad():
            found = [
                ready.log_odds(_without(ready, hidden[start : start + rows]))
                for start in range(0, len(hidden), rows)
            ]
    except MemoryError:
        if rows == 1:
            raise
        return _asked(ready, gone, rows // 2)
    answers: list[float] = torch.cat(found).double().tolist()
    return answers


def _hidden_tokens(ready: Explained, gone: Gone) -> Tensor:
    """Return which tokens go with the words that go, (prompts, tokens)."""
    words = _case_words(ready)
    stands_on = np.zeros((len(words), len(ready.embeddings)), dtype=np.int64)
    for number, tokens in enumerate(words):
        stands_on[number, tokens] = 1
    hidden = torch.from_numpy(gone.astype(np.int64) @ stands_on > 0)
    return hidden.to(ready.embeddings.device)


def _without(ready: Explained, hidden: Tensor) -> Tensor:
    """Return the prompt once for each row, its hidden tokens replaced."""
    return torch.where(hidden[..., None], ready.baseline, ready.embeddings)
