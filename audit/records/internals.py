"""Internals: what was seen inside the network, pair by pair; arrays lie in files of their own."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from audit.records.record import Record

ComponentKind = Literal["attention", "mlp", "head", "neuron"]
KINDS: tuple[ComponentKind, ...] = ("attention", "mlp", "head", "neuron")
"""The kinds of components, in the order in which arrays number them."""


class Component(Record):
    """A part of the network that can be read, moved or removed.

    Attributes:
        index: Of the head or neuron in its layer; -1 for a whole attention or MLP.
    """

    kind: ComponentKind
    layer: int = Field(ge=0)
    index: int = Field(default=-1, ge=-1)

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        if (self.kind in ("head", "neuron")) != (self.index >= 0):
            raise ValueError(f"a {self.kind} {'needs' if self.index < 0 else 'has no'} index")
        return self

    @property
    def key(self) -> str:
        """Its name in tables, e.g. "layer 2, head 5" (layers and heads counted from 0)."""
        part = self.kind if self.index < 0 else f"{self.kind} {self.index}"
        return f"layer {self.layer}, {part}"


class Looked(Record):
    """What a question saw in one pair.

    Attributes:
        arrays: Array name -> shape; the numbers lie in `file`.
        labels: Dimension -> what its places are, where they differ from pair to pair.
        direction: The mean difference of the same comparison over its other templates, in nats:
            what this pair should show if the comparison is real; 0 where no other was asked.
        established: Whether the comparison counts as a finding.
        file: Below the run folder; safetensors.
        digest: Of that file's contents.
        remarks: What went otherwise than planned.
        name: The name that stands in the group's text; empty where nobody is named.
    """

    record: Literal["looked"] = "looked"
    batch: int
    question: str
    set_id: str
    template: str
    variant: str
    reference_variant: str
    direction: float = 0.0
    established: bool = False
    arrays: dict[str, tuple[int, ...]]
    labels: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    file: str
    digest: str
    remarks: tuple[str, ...] = ()
    axis: str = ""
    group: str = ""
    reference: str = ""
    language: str = ""
    name: str = ""
    reference_name: str = ""


class NotLooked(Record):
    """A pair that a question could not look into, with its reason."""

    record: Literal["not_looked"] = "not_looked"
    batch: int
    question: str
    set_id: str
    variant: str
    reference_variant: str
    detail: str


Look = Annotated[Looked | NotLooked, Field(discriminator="record")]
