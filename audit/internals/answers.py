"""Answers: both sides of a pair where they are answered, in one pass over all orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from audit.models.answering import Answering, Direction, answering
from audit.models.architectures import architecture
from audit.models.sites import Site
from audit.models.tracing import Passage, trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from audit.models.cases import Opened
    from audit.models.contract import Intervenes
    from audit.models.tracing import Kept


@dataclass(frozen=True)
class Answered:
    """One order of one side.

    Attributes:
        kept: Site -> the stream at the slots of the answers, (slots, width).
        beside: Site -> what else was wanted of the prompt, (wanted, width).
    """

    answering: Answering
    kept: Kept
    beside: Kept

    @property
    def direction(self) -> Direction:
        """What moves the log-odds at the place of the answer."""
        return self.answering.direction(self.kept[_last(self.answering.opened)])

    def at_answer(self, site: Site) -> Tensor:
        """Return a site's stream at the place of the answer, (width,)."""
        return self.kept[site][self.answering.answer_slot]


@dataclass(frozen=True)
class Wanted:
    """One order of one side, and what is wanted of its prompt beside the answers.

    Attributes:
        weights: (wanted, tokens of the prompt).
    """

    opened: Opened
    weights: Tensor


def answered(
    model: Intervenes, wanted: Sequence[Wanted | Opened], sites: Sequence[Site]
) -> tuple[list[Answered], tuple[str, ...]]:
    """Return every side answered, and what went otherwise than planned.

    Args:
        sites: What is kept; the last residual always is.

    Raises:
        CapabilityError: If the family has no such part under a known name.
        MemoryError: If one prompt alone exceeds memory.
    """
    asked = [one if isinstance(one, Wanted) else Wanted(one, _nothing(one)) for one in wanted]
    reads = [answering(model, one.opened) for one in asked]
    passages = [_passages(read, one.weights) for read, one in zip(reads, asked, strict=True)]
    every = dict.fromkeys((*sites, _last(asked[0].opened)))
    kept, splits = trace(model, [p for some in passages for p in some], list(every))
    rows = iter(kept)
    found = [
        _gathered(read, [next(rows) for _ in some], len(one.weights))
        for read, one, some in zip(reads, asked, passages, strict=True)
    ]
    remark = f"memory was short: prompts were run in smaller batches, after {splits} splits"
    return found, (remark,) if splits else ()


def _passages(read: Answering, weights: Tensor) -> list[Passage]:
    """Return the passages of a side; the first also keeps what else is wanted."""
    first, *others = read.passages()
    rest = len(first.tokens) - weights.shape[1]
    padded = torch.nn.functional.pad(weights.to(torch.float64), (0, rest))
    return [Passage(first.tokens, torch.cat((padded, first.weights))), *others]


def _gathered(read: Answering, rows: Sequence[Kept], wanted: int) -> Answered:
    first, *others = rows
    return Answered(
        answering=read,
        kept={
            site: torch.cat((first[site][wanted:], *(o[site] for o in others))) for site in first
        },
        beside={site: stream[:wanted] for site, stream in first.items()},
    )


def _nothing(opened: Opened) -> Tensor:
    return torch.zeros(0, len(opened.encoded.ids))


def _last(opened: Opened) -> Site:
    return Site(len(architecture(opened.model.module).blocks) - 1, "residual")  # type: ignore[attr-defined]
