"""Mediation: which parts of the network pass a difference on, each number with its doubt.

All effects are in log-odds and turned by the sign of the pair's comparison on its other
templates: positive means that the part carries the difference on, negative that it works
against it.
"""

from typing import Literal

from pydantic import Field

from audit.records.internals import Component, ComponentKind
from audit.records.quantities import Quantity
from audit.records.record import Record

Chosen = Literal["screened", "sampled", "all"]


class Effect(Record):
    """What moving something between the sides of a pair does.

    Attributes:
        denoise: In the reference side's run, with the group's activation.
        noise: In the group's run, with the reference's, turned round.
        control: Between two people of one group, mean of both directions, turned by its own sign,
            which can only make it larger.
        beyond: Mean of both directions minus the control, on the pairs that have one.
        q: Expected share of false alarms among all that are picked at this q or below, of
            `beyond` being other than zero; None where that could not be tested.
        random: Mean of both directions in a network of the same shape with random weights.
    """

    denoise: Quantity
    noise: Quantity
    control: Quantity
    beyond: Quantity
    q: float | None = Field(default=None, ge=0, le=1)
    random: Quantity

    @property
    def stands_out(self) -> bool:
        """Whether it carries more than a change of person does, after correction."""
        found = self.beyond
        return (
            self.q is not None and self.q < _LEVEL and found.kind == "estimate" and found.low > 0
        )


_LEVEL = 0.05


class Mediator(Record):
    """A part of the network that was tried exactly.

    Attributes:
        chosen: Whether the screening named it, chance did, or all of its kind were tried.
        screened: What the screening said of it, mean of both directions and of all its pairs.
    """

    record: Literal["mediator"] = "mediator"
    component: Component
    chosen: Chosen
    effect: Effect
    screened: float


class Path(Record):
    """A way from one part to another, tried exactly."""

    record: Literal["path"] = "path"
    sender: Component
    receiver: Component
    effect: Effect


class MissRate(Record):
    """How many of the parts that chance drew would have belonged to those screened.

    Attributes:
        untried: Parts of this kind that were not tried.
        sampled: Parts that chance drew of those that the screening did not name.
        missed: Those of them whose exact effect is at least that of the middle one of the
            parts that the screening named.
        low: Lower bound of the 95 % Wilson interval of the share missed.
        high: Upper bound of it.
    """

    kind: ComponentKind
    untried: int
    sampled: int
    missed: int
    low: float
    high: float


class Mediation(Record):
    """What the effects of the parts rest on.

    Attributes:
        pairs: Pairs that the effects are reported on.
        templates: Templates of these pairs.
        chosen_on: Templates on which parts were chosen, none of them reported on.
        uncontrolled: Pairs of which no other person of the group fits.
        difference: The pairs' own difference, turned like the effects.
        control_difference: The size of that between two people of one group.
        random_difference: The size of the pairs' difference with random weights.
        agreement: Rank correlation, over parts, of screening and exact effects.
        remarks: What went otherwise than planned.
    """

    record: Literal["mediation"] = "mediation"
    pairs: int
    templates: int
    chosen_on: int
    uncontrolled: int
    difference: Quantity
    control_difference: Quantity
    random_difference: Quantity
    agreement: Quantity
    misses: tuple[MissRate, ...]
    remarks: tuple[str, ...] = ()


class RankAgreement(Record):
    """How alike two questions rank the layers.

    Attributes:
        one: The first question, in words.
        two: The second.
        correlation: Rank correlation over layers, mean over pairs with templates as clusters.
    """

    record: Literal["rank_agreement"] = "rank_agreement"
    one: str
    two: str
    layers: int
    correlation: Quantity
