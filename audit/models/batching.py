"""Batching: many asks as the rows of one forward pass, and the reads that answer them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from audit.models.packing import Row, chains, common_prefix, plant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from audit.models.encoding import Context

_PACKED = 4  # asks that share a row at most: a branching row's mask grows with its square
_SHARED = 0.5  # share of a prompt that must be common for packing to pay

Slice = tuple[int, int]


class Read(NamedTuple):
    """A wanted log-probability: of `token`, after the token at `place` of row `row`."""

    row: int
    place: int
    token: int


@dataclass(frozen=True)
class Plan:
    """One forward pass.

    Attributes:
        rows: From the shortest to the longest.
        reads: The wanted log-probabilities.
        forms: For each ask, for each answer, for each surface form: from which to which read
            its tokens stand.
    """

    rows: tuple[Row, ...]
    reads: tuple[Read, ...]
    forms: tuple[tuple[tuple[Slice, ...], ...], ...]


def plan_batch(contexts: Sequence[Context], *, packs: bool, together: bool) -> Plan:
    """Return the forward pass that answers all asks.

    Args:
        contexts: The encoded asks, one or more.
        packs: Whether the model takes rows that branch.
        together: Whether asks that begin alike may share a row.
    """
    groups = _alike(contexts) if packs and together else [[context] for context in contexts]
    grown = [_packed(group) if packs else _apart(group) for group in groups]
    sized = sorted(
        (len(row.tokens), group, number)
        for group, (rows, _) in enumerate(grown)
        for number, row in enumerate(rows)
    )
    moved = {(group, number): row for row, (_, group, number) in enumerate(sized)}
    reads: list[Read] = []
    forms: list[tuple[tuple[Slice, ...], ...]] = []
    for number, (group, (_, found)) in enumerate(zip(groups, grown, strict=True)):
        places = ((moved[number, row], place) for row, place in found)
        forms += [_reads(context, places, reads) for context in group]
    return Plan(tuple(grown[g][0][n] for _, g, n in sized), tuple(reads), tuple(forms))


def summed_forms(plan: Plan, found: Tensor) -> Tensor:
    """Return one ask's answers, summed over their forms: (batch, reads) -> (batch, answers)."""
    import torch  # noqa: PLC0415 - what only plans needs no torch

    (answers,) = plan.forms
    columns = [
        torch.logsumexp(torch.stack([found[:, a:b].sum(dim=1) for a, b in answer]), dim=0)
        for answer in answers
    ]
    return torch.stack(columns, dim=1)


Places = list[tuple[int, int]]
"""Row and place of the last token of each sequence that is read."""


def _alike(contexts: Sequence[Context]) -> list[list[Context]]:
    """Return neighbours that share much of their prompts, in order."""
    groups: list[list[Context]] = []
    for context in contexts:
        ids = context.tokens.ids
        if groups and len(groups[-1]) < _PACKED:
            shared = common_prefix(groups[-1][0].tokens.ids, ids)
            if shared >= _SHARED * len(ids):
                groups[-1].append(context)
                continue
        groups.append([context])
    return groups


def _read_sequences(group: Sequence[Context]) -> list[tuple[int, ...]]:
    """Return the token sequence before each token whose probability is wanted, in order."""
    return [
        context.tokens.ids + form[:length]
        for context in group
        for answer in context.answers
        for form in answer
        for length in range(len(form))
    ]


def _packed(group: Sequence[Context]) -> tuple[list[Row], Places]:
    """Return one row for all asks of a group."""
    tree = plant(_read_sequences(group))
    return [tree.row], [(0, place) for place in tree.places]


def _apart(group: Sequence[Context]) -> tuple[list[Row], Places]:
    """Return a row for each longest sequence, none of them branching."""
    sequences = _read_sequences(group)
    whole = list(chains(sequences))
    rows = [plant([sequence]).row for sequence in whole]
    first = [
        next(n for n, chain in enumerate(whole) if chain[: len(sequence)] == sequence)
        for sequence in sequences
    ]
    return rows, [(row, len(s) - 1) for row, s in zip(first, sequences, strict=True)]


def _reads(
    context: Context, places: Iterator[tuple[int, int]], reads: list[Read]
) -> tuple[tuple[Slice, ...], ...]:
    """Append one ask's reads; return for each answer the slices of its forms."""
    answers = []
    for answer in context.answers:
        slices = []
        for form in answer:
            start = len(reads)
            reads += [Read(*next(places), token) for token in form]
            slices.append((start, len(reads)))
        answers.append(tuple(slices))
    return tuple(answers)
