"""Counterfactual sets: the same text, only the named group changes; the law stands in the type."""

from itertools import pairwise
from typing import Self

from pydantic import Field, model_validator

from audit.records.probes import PLUS, Cue, OutcomeKind, is_control
from audit.records.record import Record


class Span(Record):
    """Where the group's own words stand: turn, and characters from start to end."""

    turn: int = Field(ge=0)
    start: int = Field(ge=0)
    end: int

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"a span cannot end before it starts: {self.start}..{self.end}")
        return self


class Variant(Record):
    """A case with the group's words filled in.

    Attributes:
        id: Made of the content.
        group: A group of the set's axis, or "none" where the axis is not mentioned.
        name: Key of the name that stands in the text; empty where nobody is named.
        unit: The signalling part of the name (see `Name.unit`).
        spans: The words that differ between the variants of a set, in reading order.
    """

    id: str
    group: str
    name: str
    unit: str
    turns: tuple[str, ...]
    spans: tuple[Span, ...]

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        for span in self.spans:
            if span.turn >= len(self.turns) or span.end > len(self.turns[span.turn]):
                raise ValueError(f"variant {self.id}: span {span} lies outside the text")
        for one, two in pairwise(self.spans):
            if (one.turn, one.end) > (two.turn, two.start):
                raise ValueError(f"variant {self.id}: spans overlap or are out of order")
        return self

    @property
    def skeleton(self) -> tuple[tuple[str, ...], ...]:
        """What is left of each turn without the spans, as the pieces between them."""
        pieces = []
        for number, turn in enumerate(self.turns):
            cuts = [0]
            for span in self.spans:
                if span.turn == number:
                    cuts += [span.start, span.end]
            cuts.append(len(turn))
            pieces.append(tuple(turn[a:b] for a, b in zip(cuts[::2], cuts[1::2], strict=True)))
        return tuple(pieces)


class CounterfactualSet(Record):
    """One template, written for every group of one axis.

    Every word but those that name the group is held equal, so inside a set a different
    answer has one cause only (Kusner et al. 2017, arXiv:1703.06856). Under a label cue the
    same name stands in every group; under a name cue each group has names of its own.

    An axis such as "caste+gender" is an intersection: every group then names one group of each
    of its axes, in their order, e.g. "sc+woman".

    Raises:
        ValueError: If the variants differ outside their spans, if a (group, name) comes
            twice, if the reference is missing, or if a group does not name one of each axis.
    """

    id: str
    suite: str
    language: str
    domain: str
    template: str
    outcome: OutcomeKind
    axis: str
    cue: Cue
    reference: str
    variants: tuple[Variant, ...]

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        seen = [(variant.group, variant.name) for variant in self.variants]
        if len(set(seen)) != len(seen):
            raise ValueError(f"set {self.id}: a group and name come twice")
        if self.reference not in {group for group, _ in seen}:
            raise ValueError(f"set {self.id}: reference {self.reference!r} is missing")
        if len({variant.skeleton for variant in self.variants}) != 1:
            raise ValueError(f"set {self.id}: variants differ outside the group's words")
        axes = self.axis.count(PLUS)
        odd = [g for g, _ in seen if not is_control(g) and g.count(PLUS) != axes]
        if odd:
            raise ValueError(f"set {self.id}: {odd[0]!r} does not name one of each of {self.axis}")
        return self

    @property
    def suite_key(self) -> str:
        """Suite and language, e.g. "healthcare/triage.hi"."""
        return f"{self.suite}.{self.language}"

    def variant(self, variant_id: str) -> Variant:
        """Return a variant of this set."""
        return next(variant for variant in self.variants if variant.id == variant_id)
