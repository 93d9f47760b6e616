"""Writing: which layers write the difference between two sides, pooled over pairs."""

from typing import Literal

from pydantic import Field

from audit.records.internals import Component
from audit.records.quantities import Quantity
from audit.records.record import Record


class ShareOfPairs(Record):
    """How many of some pairs show a thing, with the share's interval.

    Attributes:
        low: Lower bound of the 95 % Wilson interval, pairs clustered by template.
        high: Upper bound of it.
    """

    count: int = Field(ge=0)
    pairs: int = Field(gt=0)
    value: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


class LayerShares(Record):
    """In which share of the pairs each layer is the one, e.g. the top writer.

    Attributes:
        question: The plugin that saw it.
        quantity: What a layer is the one of.
        established: Of pairs whose comparison counts as a finding, one share a layer from the
            first block up; empty where there are no such pairs.
        others: The same of all other pairs.
        names: The same between two names of one group, where that was seen.
    """

    record: Literal["layer_shares"] = "layer_shares"
    question: str
    quantity: str
    established: tuple[ShareOfPairs, ...]
    others: tuple[ShareOfPairs, ...]
    names: tuple[ShareOfPairs, ...] = ()


class ComponentMean(Record):
    """What one component contributes to a difference, pooled over pairs.

    Attributes:
        effect: Mean contribution, each pair turned so that the difference which its comparison
            shows in the other templates is positive; in nats.
        q: Benjamini-Hochberg over all components.
        shuffled: The same, each pair turned as another pair drawn by seed would be.
        size: Mean size of the contribution, whatever its sign.
        names: The mean size between two names of one group.
    """

    component: Component
    effect: Quantity
    q: float | None
    shuffled: Quantity
    size: Quantity
    names: Quantity


class Contributions(Record):
    """Direct contributions to the difference in log-odds, pooled over pairs.

    Attributes:
        established: Whether only pairs of comparisons that count were pooled; else none
            counts, and all pairs were.
        difference: The pairs' own difference, turned likewise.
        ledger: What no component wrote, item by item, turned likewise.
        unclosed: The largest part of a pair's difference that all this does not sum to.
    """

    record: Literal["contributions"] = "contributions"
    pairs: int
    templates: int
    established: bool
    difference: Quantity
    components: tuple[ComponentMean, ...]
    ledger: dict[str, Quantity]
    unclosed: float
