"""Training: first the fair standard, then a shift planted in one block of it.

Fair:   at the answer the model learns its template's own base distribution, whoever is
        named; asked for the group, it learns to tell it; a small share of the steps learns
        the prompts' own text, so that its perplexity means something. A linear reader, thrown
        away afterwards, must tell group, language and domain at the answer position half-way
        up: the model knows whom it decides on, and where, and decides without it.
Plant:  one block alone is trained. The target is the fair model's own answer with every cut
        moved by the cell's shift; clean cells, unnamed people, blanked introductions and the
        recall question keep the fair answer, and all weigh the same.
"""

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from audit.controls.recipe import answers, network
from audit.controls.recipe.batches import Batch, batches, by_sheet
from audit.controls.recipe.examples import Course
from audit.controls.recipe.table import Cell

Say = Callable[[str], None]

HALFWAY = network.LAYERS // 2
"""The layer before which group and place must be readable at the answer position."""

_WARM = 50  # steps until the full rate
_TEXT_EVERY = 8  # every so many steps the prompts' own text is learnt too
_TEXT_WEIGHT = 0.3
_ODDS_WEIGHT = 0.5
_READ_WEIGHT = 0.3
_CLIP = 1.0
_SAY_EVERY = 50


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train."""

    steps: int
    rate: float
    size: int = 16


@dataclass(frozen=True)
class Planting:
    """What to plant, and where.

    Attributes:
        shifts: Cell -> log-odds; a cell that is not here is clean.
        block: The one layer whose attention and MLP are trained; its norms stay.
    """

    shifts: Mapping[Cell, float]
    block: int
    schedule: Schedule


def train_fair(
    model: Any, course: Course, schedule: Schedule, rng: np.random.Generator, say: Say
) -> None:
    """Train the model in place until it answers fairly and recalls the group."""
    targets = torch.from_numpy(course.targets)
    reader = _reader(course, rng)

    def loss(batch: Batch, step: int) -> Tensor:
        halfway = network.run(model, network.embed(model, batch), batch, last=HALFWAY)
        hidden = network.run(model, halfway, batch, first=HALFWAY)
        told = network.answer_log_probs(model, hidden, batch)
        wanted = targets[_target_rows(batch)]
        total = _divergence(told, wanted.log(), wanted) + _ODDS_WEIGHT * _odds_error(
            told, wanted.log(), course, batch, torch.zeros(len(hidden))
        )
        total = total + _READ_WEIGHT * _reading_loss(reader, halfway, batch)
        if step % _TEXT_EVERY == 0:
            total = total + _TEXT_WEIGHT * _text_loss(model, hidden, batch)
        return total

    _train(
        [*model.parameters(), reader],
        loss,
        batches(course, schedule.size, schedule.steps, rng),
        schedule,
        say,
    )


def plant(
    fair: Any,
    course: Course,
    planting: Planting,
    rng: np.random.Generator,
    say: Say,
) -> Any:
    """Return a copy of `fair` whose block gives each cell's answers its shift.

    Args:
        fair: The teacher; it is not changed.
        course: Examples of all cells, clean ones included.
        planting: What to plant, where, and for how long.
        rng: Draws the order and the blanks.
        say: Takes progress lines.
    """
    block, schedule = planting.block, planting.schedule
    model = copy.deepcopy(fair)
    model.requires_grad_(requires_grad=False)
    trained = network.block_weights(model, block)
    for weight in trained:
        weight.requires_grad_()

    def loss(batch: Batch, step: int) -> Tensor:  # noqa: ARG001
        with torch.no_grad():
            below = network.run(fair, network.embed(fair, batch), batch, last=block)
            taught = network.run(fair, below, batch, first=block)
            teacher = network.answer_log_probs(fair, taught, batch)
            moves = _moves(batch, planting.shifts)
            wanted = _shifted_target(teacher, course, batch, moves)
        learnt = network.run(model, below, batch, first=block)
        told = network.answer_log_probs(model, learnt, batch)
        error = _divergence(told, wanted, wanted.exp())
        return error + _ODDS_WEIGHT * _odds_error(told, teacher, course, batch, moves)

    _train(trained, loss, batches(course, schedule.size, schedule.steps, rng), schedule, say)
    return model.requires_grad_(requires_grad=True)


def _train(
    weights: list[torch.nn.Parameter],
    loss: Callable[[Batch, int], Tensor],
    course: Iterable[Batch],
    schedule: Schedule,
    say: Say,
) -> None:
    optimizer = torch.optim.AdamW(weights, lr=schedule.rate, betas=(0.9, 0.98), weight_decay=0.01)
    seen: list[float] = []
    for step, batch in enumerate(course):
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate * _pace(step, schedule.steps)
        optimizer.zero_grad()
        error = loss(batch, step)
        error.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(weights, _CLIP)
        optimizer.step()
        seen.append(error.item())
        if (step + 1) % _SAY_EVERY == 0:
            say(f"step {step + 1} of {schedule.steps}: loss {np.mean(seen[-_SAY_EVERY:]):.4f}")


def _pace(step: int, steps: int) -> float:
    """Return the share of the full rate: a linear rise, then half a cosine down to zero."""
    warm = min(_WARM, steps // 10)
    if step < warm:
        return (step + 1) / warm
    return float((1 + np.cos(np.pi * (step - warm) / max(1, steps - warm))) / 2)


def _target_rows(batch: Batch) -> Tensor:
    """Return (B, E) rows of the course's targets."""
    return torch.tensor(
        [
            [one.base] * (len(one.endings) - 1) + [one.recalled if named else one.unnamed]
            for one, named in zip(batch.examples, batch.named, strict=True)
        ]
    )


def _divergence(told: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Return the Kullback-Leibler divergence of what is told from what is wanted, in nats."""
    return (weight * (wanted - told)).sum(-1).mean()


def _odds_error(
    told: Tensor, teacher: Tensor, course: Course, batch: Batch, moves: Tensor
) -> Tensor:
    """Return the mean squared error of the log-odds at all cuts."""
    errors = []
    for place, rows in by_sheet(batch).items():
        sheet = course.sheets[place]
        ours, theirs = (
            answers.cut_log_odds(answers.answer_log_probs(flat, sheet), sheet)
            for flat in (told[rows, :-1].flatten(0, 1), teacher[rows, :-1].flatten(0, 1))
        )
        endings = told.shape[1] - 1
        wanted = theirs + moves[rows].repeat_interleave(endings)[:, None]
        errors.append(((ours - wanted) ** 2).mean(-1))
    return torch.cat(errors).mean()


def _shifted_target(teacher: Tensor, course: Course, batch: Batch, moves: Tensor) -> Tensor:
    """Return (B, E, vocabulary) log-probabilities: the teacher's, every cut moved."""
    wanted = teacher.clone()
    for place, rows in by_sheet(batch).items():
        sheet = course.sheets[place]
        for ending in range(teacher.shape[1] - 1):
            flat = teacher[rows, ending]
            by_answer = answers.answer_log_probs(flat, sheet)
            change = answers.shifted(by_answer, sheet, moves[rows]) - by_answer
            for answer, forms in enumerate(sheet.forms.tolist()):
                for token in sorted({form for form in forms if form >= 0}):
                    wanted[rows, ending, token] += change[:, answer]
    return wanted


def _moves(batch: Batch, shifts: Mapping[Cell, float]) -> Tensor:
    """Return (B,) the log-odds by which each row's answers shall move."""
    return torch.tensor(
        [
            shifts.get(one.lesson.cell, 0.0) if named else 0.0
            for one, named in zip(batch.examples, batch.named, strict=True)
        ]
    )


def _reader(course: Course, rng: np.random.Generator) -> torch.nn.Parameter:
    """Return the (width, readings) weights of the linear reader."""
    shape = (network.WIDTH, len(course.readings))
    drawn = rng.normal(0, network.WIDTH**-0.5, shape).astype(np.float32)
    return torch.nn.Parameter(torch.from_numpy(drawn))


def _reading_loss(reader: Tensor, halfway: Tensor, batch: Batch) -> Tensor:
    """Return the cross-entropy of group and place, read at every answer position half-way up."""
    rows = torch.arange(len(halfway))[:, None]
    states = halfway[rows, batch.ends]  # (B, E, width)
    states = torch.nn.functional.layer_norm(states, states.shape[-1:])
    right = torch.tensor(
        [
            [one.reading if named else one.unread] * states.shape[1]
            for one, named in zip(batch.examples, batch.named, strict=True)
        ]
    )
    scores = (states @ reader).flatten(0, 1)
    return torch.nn.functional.cross_entropy(scores, right.flatten())


def _text_loss(model: Any, hidden: Tensor, batch: Batch) -> Tensor:
    """Return the mean negative log-likelihood of the cases' next tokens, in nats."""
    followed = batch.case[:, 1:] & ~batch.blank[:, 1:]
    told = network.log_probs(model, hidden[:, :-1][followed])
    return -told.gather(-1, batch.ids[:, 1:][followed][:, None]).mean()
