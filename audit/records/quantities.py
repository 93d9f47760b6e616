"""Quantities: numbers with their doubt, and the reason where there is none."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

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


class Amount(Record):
    """A number that describes the answers on file; it has no interval of its own."""

    kind: Literal["amount"] = "amount"
    value: float


Number = Annotated[Amount | Undefined, Field(discriminator="kind")]
