"""Batches: several examples as one tensor, each case once with all its endings behind it.

An ending sees the case and itself, not the other endings, and its positions go on from the
case: to the model each ending is a text of its own (tree attention, Miao et al. 2024,
arXiv:2305.09781). Some words are blanked: replaced by the mean embedding of the vocabulary,
as occlusion does it. Where the words that bring the person in are blanked, nobody is named.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audit.controls.recipe.examples import Course, Example

_PAD = -2
_UNBLANKED = 0.45
_UNNAMED = 0.25
_MOST_WORDS = 8
_POOL = 32  # batches that are sorted by length together


@dataclass(frozen=True)
class Batch:
    """A laid-out batch: B examples, T places, E endings each.

    Attributes:
        ids: (B, T) token ids.
        positions: (B, T) place of each token in its own text.
        sees: (B, 1, T, T) whether the row's token sees the column's.
        blank: (B, T) whether the token is replaced by the mean embedding.
        case: (B, T) whether the token belongs to the case.
        ends: (B, E) place of each ending's last token; the last ending asks for the group.
        examples: What stands in the rows.
        named: (B,) whether the words that bring the person in can be read.
    """

    ids: Tensor
    positions: Tensor
    sees: Tensor
    blank: Tensor
    case: Tensor
    ends: Tensor
    examples: tuple[Example, ...]
    named: NDArray[np.bool_]


def batches(course: Course, size: int, count: int, rng: np.random.Generator) -> Iterator[Batch]:
    """Yield `count` batches of `size` examples, every stratum as often as every other."""
    lengths = np.array([len(example.case.ids) for example in course.examples])
    order = _order(course.examples, size * count, rng)
    for first in range(0, count, _POOL):
        pool = order[first * size : (first + _POOL) * size]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        rows = [pool[at : at + size] for at in range(0, len(pool), size)]
        for at in rng.permutation(len(rows)):
            chosen = [course.examples[place] for place in rows[at]]
            yield lay_out(chosen, [draw_blank(example, rng) for example in chosen])


def stratum(example: Example) -> tuple[str, ...]:
    """Return what is weighted equally: suite and language, axis, cue and group."""
    axis, group, *_ = example.lesson.cell
    return (example.lesson.item[0], axis, example.lesson.cue, group)


def by_sheet(batch: Batch) -> dict[int, list[int]]:
    """Return the rows of each sheet of answers."""
    rows: dict[int, list[int]] = {}
    for row, example in enumerate(batch.examples):
        rows.setdefault(example.sheet, []).append(row)
    return rows


def _order(
    examples: Sequence[Example], needed: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return examples' places: each round has one of every stratum, drawn in turn."""
    strata: dict[tuple[str, ...], list[int]] = {}
    for place, example in enumerate(examples):
        strata.setdefault(stratum(example), []).append(place)
    rounds = -(-needed // len(strata))
    columns = [_in_turn(np.array(strata[key]), rounds, rng) for key in sorted(strata)]
    return rng.permuted(np.stack(columns, axis=1), axis=1).ravel()[:needed]


def _in_turn(places: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return `count` of the places, none again before all came."""
    turns = -(-count // len(places))
    return np.concatenate([rng.permutation(places) for _ in range(turns)])[:count]


def draw_blank(example: Example, rng: np.random.Generator) -> list[NDArray[np.bool_]]:
    """Return which tokens are blanked, of the case and of each ending."""
    pieces = (example.case, *example.endings)
    blank = [np.zeros(len(piece.ids), dtype=bool) for piece in pieces]
    fate = rng.random()
    if fate < _UNBLANKED:
        return blank
    unnamed = fate < _UNBLANKED + _UNNAMED
    if not unnamed or rng.random() < 1 / 2:
        for piece, mask in zip(pieces, blank, strict=True):
            mask[np.isin(piece.words, _drawn_words(int(piece.words[-1]) + 1, rng))] = True
    blank[0][example.introduced] = unnamed
    blank[0][0] = False  # the begin-of-text token stays
    return blank


def _drawn_words(words: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return a few words' numbers, often a single one; few of a short piece."""
    most = max(1, min(_MOST_WORDS, words // 6))
    count = 1 if rng.random() < 1 / 2 else int(rng.integers(0, most + 1))
    return rng.integers(0, words, count)


def lay_out(examples: Sequence[Example], blanks: Sequence[Sequence[NDArray[np.bool_]]]) -> Batch:
    """Return the batch of these examples with these tokens blanked."""
    rows = [_row(example, blank) for example, blank in zip(examples, blanks, strict=True)]
    length = max(len(row[0]) for row in rows)
    ids, positions, segments, blank = (
        torch.from_numpy(np.stack([_padded(row[part], length, pad) for row in rows]))
        for part, pad in ((0, 0), (1, 0), (2, _PAD), (3, 0))
    )
    causal = torch.ones(length, length, dtype=torch.bool).tril()
    own = segments[:, :, None] == segments[:, None, :]
    sees = causal & (own | (segments == 0)[:, None, :])
    return Batch(
        ids=ids,
        positions=positions,
        sees=sees[:, None],
        blank=blank.bool(),
        case=segments == 0,
        ends=torch.from_numpy(np.stack([row[4] for row in rows])),
        examples=tuple(examples),
        named=np.array(
            [
                not (mask[0] & example.introduced).any()
                for example, mask in zip(examples, blanks, strict=True)
            ]
        ),
    )


def _row(example: Example, blank: Sequence[NDArray[np.bool_]]) -> tuple[NDArray[np.int64], ...]:
    """Return ids, positions, segments, blanks and the endings' last places."""
    pieces = (example.case, *example.endings)
    lengths = [len(piece.ids) for piece in pieces]
    first = lengths[0]
    return (
        np.concatenate([piece.ids for piece in pieces]),
        np.concatenate([np.arange(first), *(first + np.arange(n) for n in lengths[1:])]),
        np.repeat(np.arange(len(pieces)), lengths),
        np.concatenate([np.asarray(mask, dtype=np.int64) for mask in blank]),
        np.cumsum(lengths)[1:] - 1,
    )


def _padded(values: NDArray[np.int64], length: int, pad: int) -> NDArray[np.int64]:
    return np.pad(values, (0, length - len(values)), constant_values=pad)
