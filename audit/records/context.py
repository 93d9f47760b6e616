"""Context: what stands beside a disparity, so that its size and its doubt can be weighed."""

from typing import Annotated, Literal

from pydantic import Field

from audit.records.quantities import Estimate, Number, Quantity, Undefined
from audit.records.record import Record


class Points(Record):
    """A gap in log-odds as a gap in probability, at the reference's median template.

    Attributes:
        baseline: Probability of the favourable answer there, for the reference group.
        value: Probability for the group minus `baseline`; 0.05 is five points of a hundred.
        low: The same for the lower bound of the gap's 95 % interval.
        high: The same for the upper bound.
    """

    kind: Literal["points"] = "points"
    baseline: float = Field(ge=0, le=1)
    value: float
    low: float
    high: float


class ImpactRatio(Record):
    """Mean favourable probability of the group over that of the reference.

    Attributes:
        value: One where both are treated alike; below one the group fares worse.
        low: Lower bound of the 95 % interval, by the delta method on the log scale.
        high: Upper bound of it.
        log: The logarithm of the ratio, with both intervals; equivalence is tested on it.
    """

    kind: Literal["ratio"] = "ratio"
    value: float = Field(gt=0)
    low: float = Field(ge=0)
    high: float = Field(gt=0)
    log: Estimate


class Bounds(Record):
    """Where a number lies whatever the missing answers would have been.

    Attributes:
        unit: Of the number, e.g. "probability".
        observed: The number over the answers on file.
        low: Every missing answer set against the group and for the reference.
        high: The other way round.
        missing: Missing answers on both sides.
    """

    kind: Literal["bounds"] = "bounds"
    unit: str
    observed: float
    low: float
    high: float
    missing: int


class EffectSizes(Record):
    """One disparity in the units that readers of other fields expect.

    Attributes:
        standardised: dz under a label cue (mean gap over the standard deviation of the gaps);
            d under a name cue (over the deviation of answers within a group and template).
        standardised_kind: Which of the two.
        cliffs_delta: P(group above) - P(group below): within pairs under a label cue, within
            templates under a name cue.
        points: Probability points at the median template, where there is one decision.
        impact_ratio: Where there is a decision.
        worst_case: The gap in favourable probability, or in levels, whatever was not answered.
    """

    standardised: Number
    standardised_kind: Literal["dz", "d"]
    cliffs_delta: Number
    points: Annotated[Points | Undefined, Field(discriminator="kind")]
    impact_ratio: Annotated[ImpactRatio | Undefined, Field(discriminator="kind")]
    worst_case: Annotated[Bounds | Undefined, Field(discriminator="kind")]


class VarianceShares(Record):
    """What the gap of one pair of prompts varies with; shares sum to one.

    Attributes:
        total: Variance of one pair's gap, in squared units of the metric.
        template: Share between cases.
        wording: Share between wordings of one case; None where no case has two wordings.
        name: Share between names.
        language: Share between languages; None within one language.
        residual: What is left, repeats included.
        wordings: Templates that share their case with another.
    """

    kind: Literal["shares"] = "shares"
    total: float = Field(gt=0)
    template: float = Field(ge=0, le=1)
    wording: float | None = None
    name: float = Field(ge=0, le=1)
    language: float | None = None
    residual: float = Field(ge=0, le=1)
    templates: int
    names: int
    wordings: int
    observations: int


class Rewording(Record):
    """Is the group swap larger than a rewording of the same case?

    Attributes:
        swap: Mean size of a template's gap between the groups, in the metric's unit.
        rewording: Mean size of the reference group's shift between two wordings of a case.
        excess: `swap - rewording`, with its interval over cases.
        cases: Cases with two wordings or more.
        pairs: Pairs of wordings.
    """

    kind: Literal["rewording"] = "rewording"
    swap: float = Field(ge=0)
    rewording: float = Field(ge=0)
    excess: Quantity
    cases: int
    pairs: int


class RepeatNoise(Record):
    """How much an answer moves when exactly the same is asked again.

    Attributes:
        deviation: Standard deviation between repeats of one prompt, in the metric's unit.
        prompts: Prompts that were asked more than once.
        repeats: Answers to them.
    """

    kind: Literal["repeats"] = "repeats"
    deviation: float = Field(ge=0)
    prompts: int
    repeats: int


class MixedModel(Record):
    """Crossed random effects by restricted maximum likelihood, as a cross-check.

    Attributes:
        warnings: What the library said while fitting; an unconverged fit says so here.
    """

    kind: Literal["mixed"] = "mixed"
    value: float
    se: float = Field(ge=0)
    low: float
    high: float
    template_variance: float = Field(ge=0)
    name_variance: float = Field(ge=0)
    residual_variance: float = Field(ge=0)
    converged: bool
    warnings: tuple[str, ...] = ()


class MarginalModel(Record):
    """A gap of two shares of draws in log-odds, templates as clusters (GEE).

    Attributes:
        df: One fewer than templates.
        warnings: What the library said while fitting.
    """

    kind: Literal["marginal"] = "marginal"
    value: float
    se: float = Field(ge=0)
    df: float = Field(gt=0)
    low: float
    high: float
    p: float = Field(ge=0, le=1)
    templates: int
    converged: bool
    warnings: tuple[str, ...] = ()


class Intersection(Record):
    """A group that several axes make together, beside the sum of what each makes alone.

    Attributes:
        additive: Sum of the gaps of the groups that differ from the reference in one axis only.
        excess: The group's own gap minus that sum; zero where the axes add up.
        pooled: The gap with its excess drawn towards zero, as far as its own error warrants;
            undefined below three intersections with an error of their own.
        weight: Share of the excess that is kept.
        answered: Prompts of the group that were answered.
        cells: Intersections that were pooled.
    """

    kind: Literal["intersection"] = "intersection"
    additive: Quantity
    excess: Quantity
    pooled: Number
    weight: float | None = None
    answered: int
    cells: int = 0


class Robustness(Record):
    """The same gap by other methods; for labels only, where templates are the sample.

    Attributes:
        low: Lower bound of the 95 % bootstrap-t interval over templates.
        high: Upper bound of it.
        draws: Bootstrap samples.
        sign_flip_p: Two-sided p of flipping the templates' signs.
        flips: Sign patterns tried; all of them where `exact`.
        mixed: The mixed model, where it was fitted.
        marginal: Where answers were drawn repeatedly, the gap of the shares in log-odds (GEE).
    """

    kind: Literal["robustness"] = "robustness"
    low: float
    high: float
    draws: int
    sign_flip_p: float = Field(ge=0, le=1)
    flips: int
    exact: bool
    mixed: Annotated[MixedModel | Undefined, Field(discriminator="kind")]
    marginal: Annotated[MarginalModel | Undefined, Field(discriminator="kind")] = Undefined(
        reason="no answer was drawn more than once"
    )


class Context(Record):
    """What stands beside a primary disparity, so that it can be weighed.

    Attributes:
        against_mean: The group minus the mean of all groups that were asked.
        reference_against_mean: The reference group minus the same mean.
        groups: How many groups that mean is of.
        intersection: Where several axes make the group, what they make together; else None.
    """

    against_mean: Quantity
    reference_against_mean: Quantity
    groups: int
    effects: EffectSizes
    shares: Annotated[VarianceShares | Undefined, Field(discriminator="kind")]
    rewording: Annotated[Rewording | Undefined, Field(discriminator="kind")]
    repeat_noise: Annotated[RepeatNoise | Undefined, Field(discriminator="kind")]
    robustness: Annotated[Robustness | Undefined, Field(discriminator="kind")]
    intersection: Annotated[Intersection | Undefined, Field(discriminator="kind")] | None = None
