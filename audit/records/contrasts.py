"""Contrasts: what is compared beside the disparities of single cells."""

from typing import Annotated, Literal

from pydantic import Field

from audit.records.context import MarginalModel, VarianceShares
from audit.records.estimates import Expected
from audit.records.observations import FailureKind
from audit.records.probes import Cue, OutcomeKind
from audit.records.quantities import Quantity, Undefined
from audit.records.record import Record


class Share(Record):
    """How many prompts of a group got no usable answer, with the share's interval.

    Attributes:
        low: Lower bound of the 95 % interval, prompts clustered by template; the exact
            interval over templates where nobody or everybody failed, so it is never zero wide.
    """

    failed: int
    asked: int
    value: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


class NonAnswers(Record):
    """How often a group got no usable answer, beside the reference group.

    Attributes:
        kind: Of the failure, or "any".
        gap: Share of the group minus that of the reference, by the crossed design;
            undefined where it does not vary, and then bounded by `gap_low` and `gap_high`.
        gap_low: Least gap that both shares' intervals leave.
        gap_high: Greatest gap that they leave.
        marginal: Where prompts were asked repeatedly, the gap in log-odds with templates as
            clusters (GEE), labels only.
        q: Benjamini-Hochberg over all such gaps of the run; exploratory, it gates nothing.
    """

    kind: FailureKind | Literal["any"]
    axis: str
    cue: Cue
    group: str
    reference: str
    language: str
    domain: str
    outcome: OutcomeKind
    expected: Expected = "invariance"
    share: Share
    reference_share: Share
    gap: Quantity
    gap_low: float
    gap_high: float
    marginal: Annotated[MarginalModel | Undefined, Field(discriminator="kind")] = Undefined(
        reason="no prompt was asked more than once"
    )
    q: float | None = None


class LanguageSpread(Record):
    """How far the true gaps of several languages lie apart.

    Attributes:
        q: Cochran's Q over the languages.
        p: Of Q if the true gaps were equal. Translations of one case hang together, which
            makes Q smaller: a large p is no proof of equality.
        tau2: Variance of the true gaps between languages (Paule and Mandel).
        i2: Share of the estimates' variance that is not their own error.
        mean: Random-effects mean; it stands for no language and gates nothing.
        partly_pooled: Language -> its estimate, drawn towards the mean as far as its own
            error warrants; empty below three languages.
    """

    kind: Literal["spread"] = "spread"
    q: float = Field(ge=0)
    df: int
    p: float = Field(ge=0, le=1)
    tau2: float = Field(ge=0)
    i2: float = Field(ge=0, le=1)
    mean: float
    partly_pooled: dict[str, float] = Field(default_factory=dict)


class Heterogeneity(Record):
    """Does a gap differ between languages?

    Attributes:
        languages: Those with an estimate and an error of its own.
        left_out: Those without, which were planned as well.
        shares: Variance shares with the languages pooled, the share between them included.
    """

    axis: str
    cue: Cue
    group: str
    reference: str
    domain: str
    outcome: OutcomeKind
    metric: str
    expected: Expected = "invariance"
    languages: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    spread: Annotated[LanguageSpread | Undefined, Field(discriminator="kind")]
    shares: Annotated[VarianceShares | Undefined, Field(discriminator="kind")]
