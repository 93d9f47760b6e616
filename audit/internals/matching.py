"""Matching: which places of two prompts answer to each other, pass by pass.

Between the sides of a pair these are the matched tokens and, after them, the answer's own
tokens. Some of them may be asked for alone: the group's words, the place of the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from audit.internals.pairs import Order
    from audit.internals.recording import Passes

Where = Literal["everywhere", "group's words", "answer", "elsewhere"]


@dataclass(frozen=True)
class Matched:
    """Places that answer to each other, for each pass, (places,), counted from its first."""

    group: tuple[Tensor, ...]
    reference: tuple[Tensor, ...]


def matched(order: Order, mine: Passes, theirs: Passes, where: Where = "everywhere") -> Matched:
    """Return the matched places of an order.

    Args:
        mine: What flowed through any site on the group's side; it tells the passes' lengths.
        theirs: The same on the reference side.
        where: "answer" means the place where the answer is read and all after it.
    """
    every = [
        list(_of_pass(order, len(one), len(two), where))
        for one, two in zip(mine, theirs, strict=True)
    ]
    device, start = mine[0].device, order.group.start
    group, reference = (
        tuple(
            torch.tensor([pair[n] - start for pair in one], dtype=torch.long, device=device)
            for one in every
        )
        for n in (0, 1)
    )
    return Matched(group, reference)


def _of_pass(order: Order, mine: int, theirs: int, where: Where) -> Iterator[tuple[int, int]]:
    """Yield the matched places of a pass; what both sides begin with alike may be left out."""
    changed = _changed(order)
    last, start = order.group.answer_place, order.group.start
    for pair in order.matched[start:]:
        kind = (
            "answer" if pair[0] == last else "group's words" if pair[0] in changed else "elsewhere"
        )
        if where in ("everywhere", kind):
            yield pair
    if where in ("everywhere", "answer"):
        yield from zip(
            range(len(order.group.encoded.ids), start + mine),
            range(len(order.reference.encoded.ids), start + theirs),
            strict=False,
        )


def _changed(order: Order) -> frozenset[int]:
    """Return the places of the words that name the group, on the group's side."""
    words = (word for word in order.group.words if word.part == "changed")
    return frozenset(place for word in words for place, _ in word.tokens)
