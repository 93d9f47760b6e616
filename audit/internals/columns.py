"""Columns: the words that both sides of a pair have in every order of the options.

A map has one column for each of them, in the reading order of the first order, and a last
one for the place where the answer is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.internals.pairs import Order, Pair
    from audit.models.cases import Opened
    from audit.models.words import Word


@dataclass(frozen=True)
class Columns:
    """The columns of a pair's maps.

    Attributes:
        words: The first order's words, (group's, reference's).
    """

    words: tuple[tuple[Word, Word], ...]

    def __len__(self) -> int:
        return len(self.words) + 1

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """What the columns are; the last one, the place of the answer, is no word."""
        return {
            "word": (*(word.text for word, _ in self.words), ""),
            "reference_word": (*(other.text for _, other in self.words), ""),
            "part": (*(word.part for word, _ in self.words), "answer"),
        }

    def of(self, order: Order, side: int) -> tuple[Word, ...]:
        """Return the words of one order and side (0 group, 1 reference), column by column."""
        by_key = {both[0].key: both[side] for both in order.words}
        return tuple(by_key[word.key] for word, _ in self.words)


def columns(pair: Pair) -> Columns:
    """Return the columns of a pair's maps; a word that stands on no token has none."""
    known = [
        {word.key for word, other in order.words if word.tokens and other.tokens}
        for order in pair.orders
    ]
    first = pair.orders[0].words
    return Columns(tuple(both for both in first if all(both[0].key in some for some in known)))


def side_of(order: Order, side: int) -> Opened:
    """Return the group's side for 0, the reference for 1."""
    return (order.group, order.reference)[side]
