"""The record: what all nouns have in common."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen, closed record; no field takes NaN or infinity.

    Validation, JSON and the published JSON Schema come from this one definition.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
