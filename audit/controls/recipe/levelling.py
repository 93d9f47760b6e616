"""Levelling: the mean answer of every stratum is brought to where it shall be.

Question: training leaves each stratum (suite, axis, cue, group) a small mean error of its own,
          larger than the noise of an audit that asks all templates; how is it taken away
          without new noise?
Method:   the mean errors of the log-odds are measured over an even sample of templates and
          names; the gradient of each mean says how one block's weights move it; the smallest
          change of those weights that takes all errors away at once is made (Gauss-Newton, of
          least norm). What is left is measured anew, on other names, and taken away again.
Why:      more training shrinks mean errors and spread alike, so that the standard error of
          an audit shrinks with the error and nothing is won. Few numbers are too large, and
          they are known: solving for them is cheaper than descending.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audit.controls.recipe import answers, network
from audit.controls.recipe.batches import Batch, by_sheet, lay_out
from audit.controls.recipe.examples import Course, Example
from audit.controls.recipe.table import Cell
from audit.records.digests import content_seed

Say = Callable[[str], None]
Stratum = tuple[str, ...]

_SIZE = 32  # examples a batch
_RIDGE = 1e-3  # of the mean squared gradient, so that noise in the gradients is not followed


@dataclass(frozen=True)
class Levelling:
    """What to level, and how hard to look.

    Attributes:
        shifts: Cell -> log-odds that its answers shall lie off their template's base.
        block: The one layer whose attention and MLP may change.
        names: One a round: how many names are measured in each template of a stratum.
    """

    shifts: Mapping[Cell, float]
    block: int
    names: Sequence[int]


def level(model: Any, course: Course, aim: Levelling, say: Say) -> None:
    """Change one block of the model in place until the strata's mean errors are small.

    Args:
        model: Trained already; the errors are to be small enough for a linear step.
        course: All examples.
        aim: What shall be reached, where, and in how many rounds.
        say: Takes progress lines.
    """
    strata = stratified(course.examples)
    goal = wanted(course, aim.shifts)
    weights = network.block_weights(model, aim.block)
    for number, names in enumerate(aim.names):
        sampled = {key: _some(course, own, names, number, key) for key, own in strata.items()}
        errors = mean_errors(model, course, sampled, goal)
        size = np.sqrt(np.mean(np.square(errors)))
        say(f"levelling {number + 1} of {len(aim.names)}: mean errors of {size:.4f}")
        few = [_some(course, own, 1, number, key) for key, own in strata.items()]
        slopes = [_slope(model, course, places, aim.block) for places in few]
        move(weights, torch.stack(slopes), torch.from_numpy(errors))


def stratified(examples: Sequence[Example]) -> dict[Stratum, list[int]]:
    """Return the examples' places by suite, outcome, axis, cue and group."""
    strata: dict[Stratum, list[int]] = defaultdict(list)
    for place, example in enumerate(examples):
        lesson = example.lesson
        axis, group, *_ = lesson.cell
        strata[lesson.item[0], lesson.outcome.kind, axis, lesson.cue, group].append(place)
    return dict(sorted(strata.items()))


def wanted(course: Course, shifts: Mapping[Cell, float]) -> NDArray[np.float32]:
    """Return (examples,) the log-odds that each shall have, mean over its cuts."""
    bases: dict[int, float] = {}
    for example in course.examples:
        if example.base not in bases:
            sheet = course.sheets[example.sheet]
            target = torch.from_numpy(course.targets[example.base])[None].log()
            odds = answers.cut_log_odds(answers.answer_log_probs(target, sheet), sheet)
            bases[example.base] = odds.mean().item()
    return np.array(
        [bases[one.base] + shifts.get(one.lesson.cell, 0.0) for one in course.examples],
        dtype=np.float32,
    )


def _some(
    course: Course, places: Sequence[int], names: int, number: int, stratum: Stratum
) -> list[int]:
    """Return the places of a few names in each template, drawn by the round.

    Groups are drawn for alike, so that under a label they are measured with the same names.
    """
    rng = np.random.default_rng(content_seed("levelling", str(number), *stratum[:-1]))
    by_template: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place in places:
        by_template[course.examples[place].lesson.item].append(place)
    drawn = [rng.permutation(own)[:names] for own in by_template.values()]
    return [int(place) for own in drawn for place in own]


@torch.inference_mode()
def mean_errors(
    model: Any,
    course: Course,
    sampled: Mapping[Stratum, Sequence[int]],
    wanted: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return (strata,) the mean of log-odds minus wanted ones over the sampled examples."""
    lengths = {p: len(course.examples[p].case.ids) for own in sampled.values() for p in own}
    order = sorted(lengths, key=lambda place: (lengths[place], place))
    errors: dict[int, float] = {}
    for first in range(0, len(order), _SIZE):
        places = order[first : first + _SIZE]
        batch = _batch(course, places)
        hidden = network.run(model, network.embed(model, batch), batch)
        odds = _odds(model, hidden, course, batch).numpy() - wanted[places]
        errors.update(zip(places, odds.tolist(), strict=True))
    return np.array(
        [np.mean([errors[place] for place in own]) for own in sampled.values()], dtype=np.float32
    )


def _slope(model: Any, course: Course, places: Sequence[int], block: int) -> Tensor:
    """Return (weights,) the gradient of the examples' mean log-odds in the block's weights."""
    batch = _batch(course, places)
    with torch.no_grad():
        below = network.run(model, network.embed(model, batch), batch, last=block)
    odds = _odds(model, network.run(model, below, batch, first=block), course, batch)
    slopes = torch.autograd.grad(odds.mean(), network.block_weights(model, block))
    return torch.cat([slope.flatten() for slope in slopes])


def move(weights: Sequence[Tensor], slopes: Tensor, errors: Tensor) -> None:
    """Change the weights least so that every mean moves by minus its error."""
    gram = (slopes @ slopes.T).double()
    ridge = _RIDGE * gram.diagonal().mean() * torch.eye(len(gram), dtype=gram.dtype)
    change = slopes.T @ torch.linalg.solve(gram + ridge, -errors.double()).float()
    with torch.no_grad():
        sizes = [weight.numel() for weight in weights]
        for weight, part in zip(weights, change.split(sizes), strict=True):
            weight.add_(part.view_as(weight))


def _batch(course: Course, places: Sequence[int]) -> Batch:
    """Return the examples unblanked, without the recall question."""
    chosen = [course.examples[place] for place in places]
    chosen = [replace(example, endings=example.endings[:-1]) for example in chosen]
    blanks = [
        [np.zeros(len(piece.ids), dtype=bool) for piece in (example.case, *example.endings)]
        for example in chosen
    ]
    return lay_out(chosen, blanks)


def _odds(model: Any, hidden: Tensor, course: Course, batch: Batch) -> Tensor:
    """Return (B,) log-odds, mean over cuts and orders of the options."""
    told = network.answer_log_probs(model, hidden, batch)
    odds = torch.empty(len(hidden))
    for place, rows in by_sheet(batch).items():
        sheet = course.sheets[place]
        flat = answers.answer_log_probs(told[rows].flatten(0, 1), sheet)
        cuts = answers.cut_log_odds(flat, sheet)
        odds[rows] = cuts.mean(-1).view(len(rows), -1).mean(-1)
    return odds
