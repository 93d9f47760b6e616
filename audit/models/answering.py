"""Answering: where in the stream an opened case's answers are read, and along which direction.

The first token of every answer is read at one place, the last that all have in common; later
tokens of long answers are read at places of their own. With the final norm frozen and the
log-odds m made linear at the observed logits, each surface form and each cut at its observed
weight, m is

    m = d . h + later + rest

with h the stream after the last block at the place of the answer, d the direction of the
log-odds there, `later` the weighted log-probabilities of later answer tokens, and `rest` what
is constant or curved: the norm's bias, and that log sum exp is no sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from audit.models.architectures import architecture
from audit.models.batching import plan_batch, summed_forms
from audit.models.cases import log_odds
from audit.models.encoding import Context, Tokens
from audit.models.readout import Readout, readout
from audit.models.tracing import Passage, at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from audit.models.batching import Plan
    from audit.models.cases import Opened
    from audit.models.contract import Intervenes


@dataclass(frozen=True)
class Direction:
    """What moves the log-odds at the place of the answer; m = along . stream + later + rest.

    Attributes:
        log_odds: m, in nats.
        along: d, (width,).
        stream: h, (width,).
    """

    log_odds: float
    along: Tensor
    stream: Tensor
    later: float

    @property
    def linear(self) -> float:
        """The part of the log-odds that the stream at the answer carries, d . h."""
        return float(self.along @ self.stream)

    @property
    def rest(self) -> float:
        """The part that is constant or curved."""
        return self.log_odds - self.linear - self.later


@dataclass(frozen=True)
class Answering:
    """Where one order of one case is answered.

    Attributes:
        plan: The token sequences that the answers take, none of them branching.
    """

    opened: Opened
    readout: Readout
    plan: Plan

    @cached_property
    def slots(self) -> tuple[tuple[int, int], ...]:
        """The (row, place) pairs where some token is read, in rising order."""
        return tuple(sorted({(read.row, read.place) for read in self.plan.reads}))

    @property
    def answer_slot(self) -> int:
        """Which slot is the place of the answer."""
        places = [place for _, place in self.slots]
        return places.index(self.opened.answer_place)

    def passages(self) -> list[Passage]:
        """Return one passage a row; together they keep one place a slot."""
        return [
            Passage(row.tokens, at([p for r, p in self.slots if r == number], len(row.tokens)))
            for number, row in enumerate(self.plan.rows)
        ]

    def log_odds(self, logits: Tensor) -> Tensor:
        """Return the log-odds: (batch, slots, vocabulary) -> (batch,), in nats."""
        return log_odds(
            self.opened.outcome, self.opened.order, summed_forms(self.plan, self._reads(logits))
        )

    def direction(self, streams: Tensor) -> Direction:
        """Return what moves the log-odds at the place of the answer.

        Args:
            streams: After the last block, (slots, width), as observed.
        """
        here = self.answer_slot
        stream = streams[here]
        normaliser = self.readout.normaliser(stream)
        with torch.enable_grad():
            moving = stream.detach().clone().requires_grad_()
            with torch.no_grad():
                fixed = self.readout.logits(streams)
            answer = self.readout.head(self.readout.frozen(moving, normaliser))
            logits = torch.cat((fixed[:here], answer[None], fixed[here + 1 :]))
            reads = self._reads(logits[None])
            reads.retain_grad()
            odds = log_odds(self.opened.outcome, self.opened.order, summed_forms(self.plan, reads))
            odds.sum().backward()  # type: ignore[no-untyped-call]
        return Direction(float(odds.detach()), _gradient(moving), stream, self._later(reads))

    def _reads(self, logits: Tensor) -> Tensor:
        """Return the wanted log-probabilities: (batch, slots, vocabulary) -> (batch, reads)."""
        known = torch.log_softmax(logits, dim=-1)
        slot = [self.slots.index((read.row, read.place)) for read in self.plan.reads]
        return known[:, slot, [read.token for read in self.plan.reads]]

    def _later(self, reads: Tensor) -> float:
        """Return the later tokens' log-probabilities, each at its weight in the log-odds."""
        weights, found = _gradient(reads)[0], reads.detach()[0]
        return sum(
            float(weights[n] * found[n])
            for n, read in enumerate(self.plan.reads)
            if read.place != self.opened.answer_place
        )


def answering(model: Intervenes, opened: Opened) -> Answering:
    """Return where an opened case is answered.

    Raises:
        CapabilityError: If the family keeps its final norm under no known name.
    """
    encoded = opened.encoded
    context = Context(Tokens(encoded.ids, encoded.offsets), encoded.answers)
    return Answering(
        opened=opened,
        readout=readout(architecture(model.module), model.module.config),
        plan=plan_batch([context], packs=False, together=False),
    )


def answering_passages(sides: Sequence[Answering]) -> list[Passage]:
    """Return the passages of several sides, one after the other."""
    return [passage for side in sides for passage in side.passages()]


def _gradient(tensor: Tensor) -> Tensor:
    if tensor.grad is None:
        raise ValueError("nothing was read there")
    return tensor.grad
