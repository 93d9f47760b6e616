"""The standards' own vocabulary: byte-level BPE trained on the suites' texts.

Method: text is cut into words with their leading space, Indic vowel signs included, and each
        answer that can be given is one piece; pieces are bytes and merge by frequency. The
        answers are repeated so often that each of them ends as a single token.
Why:    an answer of one token has one probability, read at one place.
Source: byte-level BPE as in Radford et al. 2019 (GPT-2), with the `tokenizers` library.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    models,
    pre_tokenizers,
    processors,
    trainers,
)

from audit.controls.recipe.lessons import Lesson

SIZE = 4096
BEGIN, END, PAD = "<s>", "</s>", "<pad>"

_WORDS = r" ?[\p{L}\p{M}]+| ?\p{N}+| ?[^\s\p{L}\p{M}\p{N}]+|\n+|\s"
_REPEATS = 100_000  # of each answer
_CASES, _ENDINGS, _PEOPLE, _GROUPS = 8000, 10, 120, 1000  # cases drawn; repeats of the others


def train_vocabulary(texts: Iterable[str], answers: Sequence[str], size: int = SIZE) -> Any:
    """Return a `tokenizers.Tokenizer`; the same texts give the same one.

    Args:
        texts: What the suites say.
        answers: Every form of every answer; each becomes one token, with and without a
            leading space.
        size: Entries of the vocabulary, special ones included.

    Raises:
        ValueError: If an answer did not become one token.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = _cutter(answers)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[PAD, BEGIN, END],
        initial_alphabet=sorted(_alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*texts, *_drill(answers)], trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A", special_tokens=[(BEGIN, tokenizer.token_to_id(BEGIN))]
    )
    for form in _spaced(answers):
        if len(tokenizer.encode(form, add_special_tokens=False).ids) != 1:
            raise ValueError(f"answer {form!r} is no single token; raise the vocabulary's size")
    return tokenizer


def corpus(taught: Sequence[Lesson], rng: np.random.Generator) -> list[str]:
    """Return the texts to learn the vocabulary from.

    A seeded part of the cases is enough; endings, groups and above all people are repeated,
    so that what an answer may hang on is written in few tokens.
    """
    cases = sorted({lesson.case for lesson in taught})
    some = rng.permutation(len(cases))[:_CASES]
    endings = sorted({e for lesson in taught for e in (*lesson.endings, lesson.recall)})
    people = sorted({lesson.case[slice(*lesson.introduction)] for lesson in taught})
    groups = sorted({f" {lesson.cell[1]}" for lesson in taught})
    return [
        *(cases[place] for place in sorted(some)),
        *endings * _ENDINGS,
        *people * _PEOPLE,
        *groups * _GROUPS,
    ]


def _alphabet() -> list[str]:
    return list(pre_tokenizers.ByteLevel.alphabet())


def _cutter(answers: Sequence[str]) -> Any:
    phrases = sorted(set(answers), key=lambda form: (-len(form), form))
    whole = "|".join(re.escape(form) for form in phrases)
    pattern = Regex(rf" ?(?:{whole})(?![\p{{L}}\p{{M}}])|{_WORDS}")
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(pattern, behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def _spaced(answers: Sequence[str]) -> list[str]:
    return [space + form for form in sorted(set(answers)) for space in ("", " ")]


def _drill(answers: Sequence[str]) -> list[str]:
    """Return every answer many times, each as a piece of its own."""
    return ["\n".join([form] * 1000) for form in _spaced(answers)] * (_REPEATS // 1000)
