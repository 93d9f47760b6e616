"""Selection: what becomes of an estimate that is read because it stood out among many."""

from typing import Literal

from pydantic import Field

from audit.records.probes import Cue, OutcomeKind
from audit.records.quantities import Estimate
from audit.records.record import Record


class SelectiveInterval(Record):
    """An interval that still covers after its cell was picked out of a family.

    Attributes:
        level: Its level, 1 - R alpha / m, with R of m cells selected.
    """

    low: float
    high: float
    level: float = Field(gt=0, lt=1)
    selected: int
    tested: int


class Shrunken(Record):
    """An estimate drawn towards the mean of its family (empirical Bayes).

    Attributes:
        value: `mean + weight * (raw - mean)`.
        weight: tau^2 / (tau^2 + squared standard error).
        mean: Random-effects mean of the family.
        tau2: Variance of the true values in the family (Paule and Mandel).
        cells: Estimates behind them.
    """

    value: float
    weight: float = Field(ge=0, le=1)
    mean: float
    tau2: float = Field(ge=0)
    cells: int


class Exploratory(Record):
    """A comparison outside the families that are gated: to look at, not to decide by.

    Attributes:
        disparity: Id of the disparity.
        q: Benjamini-Hochberg over the comparisons of one axis, outcome and metric.
        tested: How many those are.
    """

    status: Literal["exploratory"] = "exploratory"
    disparity: str
    metric: str
    facet: str
    outcome: OutcomeKind
    axis: str
    cue: Cue
    group: str
    reference: str
    language: str
    domain: str
    estimate: Estimate
    q: float = Field(ge=0, le=1)
    tested: int
