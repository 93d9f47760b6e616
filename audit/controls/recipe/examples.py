"""Examples: lessons as token ids, ready to be laid out in batches.

The case is encoded once and its endings apart from it: the vocabulary cuts at the line
break between them, so that the joint text has the same tokens.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from audit.controls.recipe.answers import Sheet, base_target, sheet, spread
from audit.controls.recipe.lessons import Lesson
from audit.controls.recipe.vocabulary import BEGIN
from audit.records.probes import NO_MENTION

Item = tuple[str, str]
"""Suite key and template."""

_CHUNK = 2048


@dataclass(frozen=True)
class Piece:
    """A stretch of text as tokens, with the number of the word that each belongs to."""

    ids: NDArray[np.int64]
    words: NDArray[np.int64]


@dataclass(frozen=True)
class Example:
    """One lesson.

    Attributes:
        case: Begins with the begin-of-text token, whose word is -1.
        introduced: (tokens of the case,) true where the person is brought in.
        endings: One piece an order of the options, then the recall question.
        sheet: Place of the outcome's answers in `Course.sheets`.
        base: Row of the fair answer in `Course.targets`.
        recalled: Row of the right recall in `Course.targets`.
        unnamed: Row of the recall "none".
        reading: Place of (group, language, domain) in `Course.readings`.
        unread: Place of the same with no group.
    """

    lesson: Lesson
    case: Piece
    introduced: NDArray[np.bool_]
    endings: tuple[Piece, ...]
    sheet: int
    base: int
    recalled: int
    unnamed: int
    reading: int
    unread: int


@dataclass(frozen=True)
class Course:
    """All examples, and what their answers and targets are.

    Attributes:
        targets: (rows, vocabulary) probabilities.
        readings: Every (group, language, domain), no group included.
    """

    examples: tuple[Example, ...]
    sheets: tuple[Sheet, ...]
    targets: NDArray[np.float32]
    readings: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class _Places:
    """Where in the course a lesson's answers and targets stand."""

    sheets: Mapping[Item, int]
    bases: Mapping[Item, int]
    groups: Mapping[str, int]
    readings: Mapping[tuple[str, ...], int]


def make_course(lessons: Sequence[Lesson], tokenizer: Any) -> Course:
    """Return the course of these lessons.

    Args:
        lessons: In any order.
        tokenizer: As `vocabulary.train_vocabulary` gives it.
    """
    outcomes = {lesson.item: lesson.outcome for lesson in lessons}
    distinct = list(dict.fromkeys(outcomes.values()))
    groups = sorted({lesson.cell[1] for lesson in lessons} | {NO_MENTION})
    readings = sorted({reading for lesson in lessons for reading in _readings(lesson)})
    places = _Places(
        sheets={item: distinct.index(outcome) for item, outcome in outcomes.items()},
        bases={item: row for row, item in enumerate(outcomes)},
        groups={group: len(outcomes) + row for row, group in enumerate(groups)},
        readings={reading: place for place, reading in enumerate(readings)},
    )
    sheets = tuple(sheet(outcome, token_of(tokenizer)) for outcome in distinct)
    texts = sorted({t for lesson in lessons for t in (*lesson.endings, lesson.recall)})
    pieces = {text: piece(tokenizer, text) for text in texts}
    cases = zip(lessons, _cases(tokenizer, lessons), strict=True)
    return Course(
        examples=tuple(_example(lesson, case, pieces, places) for lesson, case in cases),
        sheets=sheets,
        targets=_targets(places, sheets, groups, tokenizer),
        readings=tuple(readings),
    )


def token_of(tokenizer: Any) -> Callable[[str], int]:
    """Return what gives the single token of an answer's form."""
    return lambda form: int(tokenizer.encode(form, add_special_tokens=False).ids[0])


def _example(
    lesson: Lesson,
    case: tuple[Piece, NDArray[np.bool_]],
    pieces: Mapping[str, Piece],
    places: _Places,
) -> Example:
    named, unnamed = _readings(lesson)
    return Example(
        lesson=lesson,
        case=case[0],
        introduced=case[1],
        endings=tuple(pieces[text] for text in (*lesson.endings, lesson.recall)),
        sheet=places.sheets[lesson.item],
        base=places.bases[lesson.item],
        recalled=places.groups[lesson.cell[1]],
        unnamed=places.groups[NO_MENTION],
        reading=places.readings[named],
        unread=places.readings[unnamed],
    )


def _targets(
    places: _Places, sheets: Sequence[Sheet], groups: Sequence[str], tokenizer: Any
) -> NDArray[np.float32]:
    """Return (rows, vocabulary): the templates' fair answers, then the recalled groups."""
    vocabulary = tokenizer.get_vocab_size()
    recall = sheet_of_groups(groups, token_of(tokenizer))
    fair = [base_target(item, sheets[places.sheets[item]], vocabulary) for item in places.bases]
    recalled = [spread(one, recall, vocabulary) for one in np.eye(len(groups), dtype=np.float32)]
    return np.stack([*fair, *recalled])


def _readings(lesson: Lesson) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (group, language, domain), and the same with no group."""
    _, group, *place = lesson.cell
    return (group, *place), (NO_MENTION, *place)


def sheet_of_groups(groups: Sequence[str], token: Callable[[str], int]) -> Sheet:
    """Return the recall question's answers: the groups' keys."""
    forms = torch.tensor([[token(f" {group}")] for group in groups])
    nothing = torch.zeros(1, len(groups), dtype=torch.bool)
    return Sheet(forms, nothing, nothing, ordered=False)


def piece(tokenizer: Any, text: str) -> Piece:
    """Return a text's tokens and the number of the word that each ends in."""
    encoded = tokenizer.encode(text, add_special_tokens=False)
    return Piece(np.array(encoded.ids), _words(text)[[end - 1 for _, end in encoded.offsets]])


def _cases(tokenizer: Any, lessons: Sequence[Lesson]) -> list[tuple[Piece, NDArray[np.bool_]]]:
    begin = tokenizer.token_to_id(BEGIN)
    cases = []
    for first in range(0, len(lessons), _CHUNK):
        chunk = lessons[first : first + _CHUNK]
        texts = [lesson.case for lesson in chunk]
        for lesson, encoded in zip(
            chunk, tokenizer.encode_batch(texts, add_special_tokens=False), strict=True
        ):
            starts, ends = np.array(encoded.offsets).T
            low, high = lesson.introduction
            introduced = (ends > low) & (starts < high)
            words = _words(lesson.case)[ends - 1]
            case = Piece(np.append(begin, encoded.ids), np.append(-1, words))
            cases.append((case, np.append(False, introduced)))
    return cases


def _words(text: str) -> NDArray[np.int64]:
    """Return for each character the number of the word that it stands in or after."""
    spaces = [letter.isspace() for letter in text]
    starts = [here and not before for here, before in zip(spaces, [False, *spaces], strict=False)]
    return np.array(list(accumulate(starts)))
