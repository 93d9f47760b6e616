"""Answers as the recipe reads and targets them: tokens, cuts and target distributions.

An outcome is read through its cuts: a choice has one (favourable against unfavourable), an
ordered outcome one between each two neighbouring levels, from the least favourable up. A
planted shift moves every cut of the outcome by the same log-odds.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audit.records.digests import content_seed
from audit.records.probes import Outcome

_MASS = 0.97  # probability of the offered answers together
_LISTED = 0.98  # of an answer's probability, the share of the form that was listed
_BASE = 1.2  # base log-odds lie within +- this
_STEP = 1.2  # log-odds between two neighbouring cuts at the base
_OTHER = -1.5  # log-odds of a choice's third answers against even odds
_CLOSED = -1e9


@dataclass(frozen=True)
class Sheet:
    """An outcome's answers as token ids.

    Attributes:
        forms: (answers, forms) token ids, the listed form first; padded with -1.
        above: (cuts, answers) true for the answers above the cut.
        below: (cuts, answers) true for the answers below the cut.
        ordered: Whether the answers are levels.
    """

    forms: Tensor
    above: Tensor
    below: Tensor
    ordered: bool


def sheet(outcome: Outcome, token: Callable[[str], int]) -> Sheet:
    """Return the answers of an outcome, least favourable level first.

    Args:
        outcome: A choice, or levels.
        token: Gives the single token of an answer's form, leading space included.
    """
    answers = list(outcome.answers)
    if outcome.kind == "ordered":
        answers = [answers[place] for place in level_order(outcome)]
    rows = [
        [token(space + form) for form in answer.surface_forms for space in (" ", "")]
        for answer in answers
    ]
    widest = max(len(row) for row in rows)
    forms = torch.tensor([row + [-1] * (widest - len(row)) for row in rows])
    count = len(answers)
    if outcome.kind == "ordered":
        above = torch.tensor([[k >= cut for k in range(count)] for cut in range(1, count)])
        return Sheet(forms, above, ~above, ordered=True)
    keys = outcome.keys
    above = torch.tensor([[key == outcome.favourable for key in keys]])
    below = torch.tensor([[key == outcome.unfavourable for key in keys]])
    return Sheet(forms, above, below, ordered=False)


def level_order(outcome: Outcome) -> list[int]:
    """Return the places of an ordered outcome's answers, least favourable level first."""
    places = list(range(len(outcome.answers)))
    return places[::-1] if outcome.favourable == outcome.keys[0] else places


def answer_log_probs(log_probs: Tensor, answers: Sheet) -> Tensor:
    """Return (rows, answers) log-probabilities, summed over forms, from (rows, vocabulary)."""
    by_form = log_probs[:, answers.forms.clamp(min=0)]  # (rows, answers, forms)
    return by_form.masked_fill(answers.forms < 0, _CLOSED).logsumexp(-1)


def cut_log_odds(by_answer: Tensor, answers: Sheet) -> Tensor:
    """Return (rows, cuts) log-odds of the answers above against those below each cut."""
    spread = by_answer[:, None, :]
    upper = spread.masked_fill(~answers.above, _CLOSED).logsumexp(-1)
    lower = spread.masked_fill(~answers.below, _CLOSED).logsumexp(-1)
    return upper - lower


def shifted(by_answer: Tensor, answers: Sheet, shift: Tensor) -> Tensor:
    """Return (rows, answers) log-probabilities with every cut moved by `shift` (rows,).

    The mass of the offered answers together stays as it is.
    """
    mass = by_answer.logsumexp(-1, keepdim=True)
    if answers.ordered:
        cuts = cut_log_odds(by_answer, answers) + shift[:, None]
        return mass + from_cuts(cuts).clamp(min=1e-12).log()
    tilt = (answers.above[0].float() - answers.below[0].float()) / 2
    moved = by_answer + shift[:, None] * tilt
    return mass + moved.log_softmax(-1)


def from_cuts(cuts: Tensor) -> Tensor:
    """Return (rows, levels) probabilities from (rows, cuts) cumulative log-odds."""
    above = torch.sigmoid(cuts)
    ones, zeros = torch.ones_like(above[:, :1]), torch.zeros_like(above[:, :1])
    return torch.cat((ones, above), 1) - torch.cat((above, zeros), 1)


def base_target(item: tuple[str, str], answers: Sheet, vocabulary: int) -> NDArray[np.float32]:
    """Return the (vocabulary,) distribution that a fair answer to this template has.

    The base log-odds are drawn by the suite's id and the template's: equal in every
    language, and blind to group, name, cue and order of options.
    """
    suite, template = item[0].rsplit(".", 1)[0], item[1]
    rng = np.random.default_rng(content_seed("base", suite, template))
    location = float(rng.uniform(-_BASE, _BASE))
    return spread(_base_answers(location, answers).numpy(), answers, vocabulary)


def spread(
    probabilities: NDArray[np.float32], answers: Sheet, vocabulary: int
) -> NDArray[np.float32]:
    """Return the (vocabulary,) distribution: nearly all of it on the listed forms."""
    target = np.full(vocabulary, (1 - _MASS) / vocabulary, dtype=np.float32)
    for probability, row in zip(probabilities, answers.forms.tolist(), strict=True):
        listed, *others = [token for token in row if token >= 0]
        target[listed] += _MASS * probability * (_LISTED if others else 1)
        for token in others:
            target[token] += _MASS * probability * (1 - _LISTED) / len(others)
    return target


def _base_answers(location: float, answers: Sheet) -> Tensor:
    if answers.ordered:
        count = len(answers.above)
        steps = _STEP * ((count - 1) / 2 - torch.arange(count))
        return from_cuts((location + steps)[None])[0]
    scores = torch.where(
        answers.above[0] | answers.below[0],
        location / 2 * (answers.above[0].float() - answers.below[0].float()),
        torch.tensor(_OTHER),
    )
    return scores.softmax(0)
