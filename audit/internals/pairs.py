"""Pairs: two variants of one set, opened side by side, with their tokens matched.

Tokens outside the changed spans are the same on both sides and are matched one to one. A
changed span may have more tokens on one side (a longer name, another script); its tokens
are matched from its last one backwards, for a causal model has read the whole of a span only
at its end. What is left unmatched stays as it is when activations are moved between sides.
Two names of one group may come again outside the spans, with unequal tokens; there the
stretches that are equal are matched, and what lies between them from its last token backwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile
from typing import TYPE_CHECKING

from audit.models.cases import Case, Opened, open_case
from audit.models.contract import NotScored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.models.contract import Intervenes
    from audit.models.words import Word


@dataclass(frozen=True)
class Order:
    """One order of the options, for both sides of a pair.

    Attributes:
        matched: (place on the group's side, place on the reference side) of the tokens that
            answer to each other, rising; special tokens and chat markup included.
        words: The two sides' words that answer to each other, in reading order.
    """

    group: Opened
    reference: Opened
    matched: tuple[tuple[int, int], ...]
    words: tuple[tuple[Word, Word], ...]

    @property
    def alike(self) -> int:
        """How many places both sides begin with alike; the place of the answer is none."""
        one, two = self.group.encoded.ids, self.reference.encoded.ids
        last = min(len(one), len(two)) - 1  # a pass has one place at least
        same = (
            pair == (place, place) and one[place] == two[place]
            for place, pair in enumerate(self.matched[:last])
        )
        return sum(takewhile(bool, same))


@dataclass(frozen=True)
class Pair:
    """A group's variant beside the reference group's, ready to be looked into.

    Attributes:
        template: The template's id: pairs of one template share their wording.
        orders: One an order of the options.
        other: The reference group under another name, one an order: what a name alone does.
            Empty where the question asks for no control, or there is no other name.
    """

    set_id: str
    template: str
    variant: str
    reference_variant: str
    orders: tuple[Order, ...]
    other: tuple[Opened, ...] = ()

    @property
    def control(self) -> tuple[Order, ...]:
        """The reference group under another name, in the group's place; empty without one."""
        return tuple(
            _order(other, order.reference)
            for other, order in zip(self.other, self.orders, strict=False)
        )

    @property
    def sides(self) -> Iterator[tuple[Opened, Opened]]:
        """Group and reference of each order."""
        return ((order.group, order.reference) for order in self.orders)


def open_pair(  # noqa: PLR0913
    model: Intervenes,
    group: Case,
    reference: Case,
    *,
    set_id: str,
    template: str,
    other: Case | None = None,
) -> Pair | NotScored:
    """Return the pair of two variants of one set, or why it cannot be opened."""
    mine, theirs = open_case(model, group), open_case(model, reference)
    control = () if other is None else open_case(model, other)
    for side in (mine, theirs):
        if isinstance(side, NotScored):
            return side
    if isinstance(mine, NotScored) or isinstance(theirs, NotScored):
        return NotScored("error", "a side cannot be opened")
    return Pair(
        set_id=set_id,
        template=template,
        variant=group.variant,
        reference_variant=reference.variant,
        orders=tuple(_order(one, two) for one, two in zip(mine, theirs, strict=True)),
        other=() if isinstance(control, NotScored) else control,
    )


def _order(group: Opened, reference: Opened) -> Order:
    theirs = {word.key: word for word in reference.words}
    words = tuple((word, theirs[word.key]) for word in group.words if word.key in theirs)
    return Order(group, reference, tuple(_matched(group, reference, words)), words)


def _matched(
    group: Opened, reference: Opened, words: tuple[tuple[Word, Word], ...]
) -> Iterator[tuple[int, int]]:
    """Yield the places of matched tokens: stretches between changed spans, and span ends."""
    start, other = 0, 0
    for word, partner in words:
        if word.part != "changed":
            continue
        mine, theirs = _places(word, group), _places(partner, reference)
        yield from _alike(group, reference, range(start, mine.start), range(other, theirs.start))
        yield from _from_the_end(mine, theirs)
        start, other = mine.stop, theirs.stop
    yield from _alike(
        group,
        reference,
        range(start, len(group.encoded.ids)),
        range(other, len(reference.encoded.ids)),
    )


def _places(word: Word, side: Opened) -> range:
    """Return the places of a word's tokens; an empty word lies between two places."""
    if word.tokens:
        return range(word.tokens[0][0], word.tokens[-1][0] + 1)
    ends = (end for _, end in side.encoded.offsets)
    place = next((n for n, end in enumerate(ends) if end > word.start), len(side.encoded.ids))
    return range(place, place)


def _alike(
    group: Opened, reference: Opened, mine: range, theirs: range
) -> Iterator[tuple[int, int]]:
    """Yield the matched places of a stretch between spans, which is the same on both sides.

    Where its length is not the same, its equal parts are matched with each other.
    """
    if len(mine) == len(theirs):
        yield from zip(mine, theirs, strict=True)
        return
    one, two = (
        [side.encoded.ids[n] for n in places]
        for side, places in ((group, mine), (reference, theirs))
    )
    for _, a, b, c, d in SequenceMatcher(a=one, b=two, autojunk=False).get_opcodes():
        yield from _from_the_end(mine[a:b], theirs[c:d])


def _from_the_end(mine: range, theirs: range) -> Iterator[tuple[int, int]]:
    """Yield places matched from the last one backwards, in rising order."""
    count = min(len(mine), len(theirs))
    yield from zip(mine[len(mine) - count :], theirs[len(theirs) - count :], strict=True)
