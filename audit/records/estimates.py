"""Estimates: numbers with their doubt, and the disparities they measure."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from audit.records.probes import NO_MENTION, Cue, OutcomeKind
from audit.records.record import Record


class Estimate(Record):
    """A mean with its standard error and intervals, in the unit of its metric.

    Attributes:
        low: Lower bound of the 95 % interval.
        high: Upper bound of the 95 % interval.
        low90: Lower bound of the 90 % interval, for tests of equivalence.
        high90: Upper bound of the 90 % interval.
        p: Two-sided p-value of the value zero.
        mde: Smallest true effect this design finds with 80 % power at 5 %.
        names: Distinct signalling names on the group's side.
    """

    kind: Literal["estimate"] = "estimate"
    value: float
    se: float = Field(ge=0)
    df: float = Field(gt=0)
    low: float
    high: float
    low90: float
    high90: float
    p: float = Field(ge=0, le=1)
    mde: float = Field(ge=0)
    templates: int
    names: int
    observations: int
    estimator: str

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        if not self.low <= self.low90 <= self.value <= self.high90 <= self.high:
            raise ValueError(f"bounds out of order around {self.value}")
        return self


class Undefined(Record):
    """A number that does not exist here, and why; never a stand-in zero."""

    kind: Literal["undefined"] = "undefined"
    reason: str


Quantity = Annotated[Estimate | Undefined, Field(discriminator="kind")]


class Disparity(Record):
    """How differently one group is answered; says nothing of importance.

    Attributes:
        id: Made of the cell that it measures.
        metric: The metric compared, e.g. "log_odds".
        facet: Where a metric has several numbers, which one, e.g. a cut; else empty.
        primary: Whether it belongs to the family that is corrected and gated.
        estimate: Group minus reference; positive favours the group.
        null: The same contrast between two halves of the same group's names.
        planned: Variants of this cell that were to be asked.
        failed: Variants of this cell that gave no measurement.
        median_mass: Median probability of the offered answers in this cell.
        order_effect: Mean of (first order - second order) over this cell, in the metric's unit.
    """

    id: str
    metric: str
    facet: str = ""
    unit: str
    primary: bool
    outcome: OutcomeKind
    axis: str
    cue: Cue
    group: str
    reference: str
    language: str
    domain: str
    suites: tuple[str, ...]
    harm: str
    estimate: Quantity
    null: Quantity
    planned: int
    failed: int
    median_mass: float | None = None
    order_effect: float | None = None

    @property
    def mentions(self) -> bool:
        """Whether the group is named at all (false for the no-mention variant)."""
        return self.group != NO_MENTION

    @property
    def family(self) -> tuple[str, str, str]:
        """Axis, outcome and metric: the cells that are corrected together."""
        return (self.axis, self.outcome, self.metric)


class RankSummary(Record):
    """How often the changed span comes first among the case's words, by method and cell.

    Attributes:
        first: Share of pairs in which it ranks first.
        low: Lower bound of the 95 % Wilson interval.
        high: Upper bound of it.
        mean_rank: Mean rank, scaled to 0 (first) .. 1 (last).
        shuffled_rank: The mean of the same over shuffled maps.
        rank_gain: `shuffled_rank - mean_rank` with its interval over templates.
        mean_residual: Mean size of what the method could not share out, in nats.
    """

    method: str
    axis: str
    language: str
    domain: str
    pairs: int
    first: float
    low: float
    high: float
    mean_rank: float
    shuffled_rank: float
    rank_gain: Quantity
    mean_residual: float
