"""Estimates: disparities, measured with their doubt."""

from typing import Literal

from audit.records.context import Context
from audit.records.probes import OFFERED, Cue, OutcomeKind, is_control
from audit.records.quantities import Estimate, Quantity, Undefined
from audit.records.record import Record

__all__ = ["Disparity", "Estimate", "Expected", "Quantity", "RankSummary", "Undefined"]

Expected = Literal["invariance", "difference"]


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
        median_mass: Median probability of the offered answers in this cell; None where none are.
        order_effect: Mean of (first order - second order) over this cell, in the metric's unit.
        expected: `difference` where equal treatment would be the fault.
        context: What stands beside it; None where the metric carries no verdict.
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
    expected: Expected = "invariance"
    context: Context | None = None

    @property
    def mentions(self) -> bool:
        """Whether a group of people is named at all (not so for a control)."""
        return not is_control(self.group)

    @property
    def offered(self) -> bool:
        """Whether answers were offered, so that they have a probability together."""
        return self.outcome in OFFERED

    @property
    def family(self) -> tuple[str, ...]:
        """Axis, outcome and metric: the cells that are corrected together.

        Cells where a difference is expected ask another question, and are a family apart.
        """
        apart = () if self.expected == "invariance" else (self.expected,)
        return (self.axis, self.outcome, self.metric, *apart)


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
