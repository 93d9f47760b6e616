"""Ledgers: where a method's shares go on the model under audit, counted once before its use."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from audit.records.record import Record


class RelevanceLedger(Record):
    """How relevance of one score is shared out on one model, on a short fixed prompt.

    `tokens + added + softmax = score`, but for `gap`. A model on which this does not close
    has no such record: the method is refused there.

    Attributes:
        method: The attribution method.
        family: The class of the model.
        dtype: What it was computed in.
        score: The logit difference that was shared out.
        tokens: What reaches the prompt's words.
        added: What goes to numbers that the model adds whatever the words are: biases,
            shifts of norms, positions.
        softmax: What the softmax of attention makes or takes, in closed form.
        gap: |score - tokens - added - softmax| / max(1, |score|).
        limit: The largest gap with which the method may be used.
    """

    record: Literal["relevance_ledger"] = "relevance_ledger"
    method: str
    family: str
    dtype: str
    score: float
    tokens: float
    added: float
    softmax: float
    gap: float
    limit: float

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        unaccounted = abs(self.score - self.tokens - self.added - self.softmax)
        if unaccounted > self.limit * max(1.0, abs(self.score)):
            raise ValueError(f"{unaccounted:.2g} of {self.score:.6g} is not accounted for")
        return self


class LedgerRefused(Record):
    """Why a method may not be used on the model under audit."""

    record: Literal["ledger_refused"] = "ledger_refused"
    method: str
    reason: str = Field(min_length=1)


Ledger = Annotated[RelevanceLedger | LedgerRefused, Field(discriminator="record")]
