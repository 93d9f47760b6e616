"""Packing: token sequences that share prefixes as one row, each shared token once.

A row is a tree written out in reading order. With the sequences sorted, a token's
descendants follow it directly, so "may look at" is two comparisons: token j stands on
the way to token i if and only if j <= i < end[j]. Positions count depth in the tree, not
place in the row. The answers are the same as from one sequence at a time.

Source: tree attention as in Miao et al. 2024, arXiv:2305.09781, section 4.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

_NEAR = 3


@dataclass(frozen=True)
class Row:
    """A tree of token sequences.

    Attributes:
        tokens: The tree's tokens in reading order.
        depths: For each token, how many stand before it on its way from the root.
        ends: For each token, one past the last of its descendants in `tokens`.
    """

    tokens: tuple[int, ...]
    depths: tuple[int, ...]
    ends: tuple[int, ...]

    @property
    def branches(self) -> bool:
        """Whether the row holds more than one sequence."""
        return any(two != one + 1 for one, two in pairwise(self.depths))


@dataclass(frozen=True)
class Tree:
    """A row, and for each sequence the place in it of the sequence's last token."""

    row: Row
    places: tuple[int, ...]


def plant(sequences: Sequence[tuple[int, ...]]) -> Tree:
    """Return one row that holds all sequences (none of them empty)."""
    tokens: list[int] = []
    depths: list[int] = []
    path: list[int] = []  # places of the current sequence's tokens
    places = [0] * len(sequences)
    before: tuple[int, ...] = ()
    for number in sorted(range(len(sequences)), key=sequences.__getitem__):
        sequence = sequences[number]
        shared = common_prefix(before, sequence)
        del path[shared:]
        for depth in range(shared, len(sequence)):
            path.append(len(tokens))
            tokens.append(sequence[depth])
            depths.append(depth)
        places[number] = path[-1]
        before = sequence
    return Tree(Row(tuple(tokens), tuple(depths), _ends(depths)), tuple(places))


def chains(sequences: Sequence[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    """Yield the sequences that no other one extends, sorted: a row each, where none branches."""
    ordered = sorted(set(sequences))
    for one, two in pairwise([*ordered, ()]):
        if two[: len(one)] != one:
            yield one


def common_prefix(one: tuple[int, ...], two: tuple[int, ...]) -> int:
    """Return how many tokens two sequences share from the start."""
    limit = min(len(one), len(two))
    for length in range(limit, max(limit - _NEAR, 0), -1):  # most differ at the end, if at all
        if one[:length] == two[:length]:
            return length
    for place in range(limit):
        if one[place] != two[place]:
            return place
    return limit


def _ends(depths: Sequence[int]) -> tuple[int, ...]:
    """Return for each token one past its last descendant: the next token no deeper than it."""
    ends = [len(depths)] * len(depths)
    open_at: list[int] = []
    for place, depth in enumerate(depths):
        while len(open_at) > depth:
            ends[open_at.pop()] = place
        open_at.append(place)
    return tuple(ends)
