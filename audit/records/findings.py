"""Policies, and the findings that follow from disparities under a policy."""

from enum import StrEnum
from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from audit.records.estimates import Disparity
from audit.records.record import Record


class Verdict(StrEnum):
    """The five verdicts, in the order in which they are tried."""

    MATERIAL = "material"
    TRIVIAL = "trivial"
    PRESENT_SIZE_UNCERTAIN = "present_size_uncertain"
    NO_MATERIAL_BIAS = "no_material_bias"
    INCONCLUSIVE = "inconclusive"


class Severity(StrEnum):
    """How much a finding matters: effect band times harm class."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"


class Margin(Record):
    """The largest difference that counts as immaterial, for one outcome and metric."""

    outcome: str
    metric: str
    margin: float = Field(gt=0)
    unit: str
    author: str
    rationale: str


class Band(Record):
    """An effect band: from how many margins on, and how severe it is by itself."""

    key: str
    from_margins: float = Field(ge=0)
    points: int = Field(ge=0)


class Policy(Record):
    """Everything that turns numbers into verdicts; fixed and hashed before the run.

    Attributes:
        harm_points: Harm class -> points that are added to the band's.
        severity_points: Least points for each severity, from critical to low.
        coverage_floor: Least share of planned variants answered, for an all-clear.
        mass_floor: Least median probability of the offered answers, for an all-clear.
        min_templates: No interval below this many templates.
        min_names: No interval below this many names.

    Raises:
        ValueError: If bands or severities overlap or are out of order.
    """

    key: str
    title: str
    version: str
    author: str
    rationale: str
    alpha: float = Field(gt=0, lt=1)
    margins: tuple[Margin, ...]
    bands: tuple[Band, ...]
    harm_points: dict[str, int]
    severity_points: dict[Severity, int]
    coverage_floor: float = Field(ge=0, le=1)
    mass_floor: float = Field(ge=0, le=1)
    min_templates: int = Field(ge=2)
    min_names: int = Field(ge=2)
    clear_templates: int
    clear_names: int

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        starts = [band.from_margins for band in self.bands]
        if not starts or starts[0] != 0 or any(a >= b for a, b in pairwise(starts)):
            raise ValueError(f"policy {self.key}: bands must rise from 0, are {starts}")
        points = [self.severity_points.get(s) for s in list(Severity)[:4]]
        known = [p for p in points if p is not None]
        if len(known) != len(points) or any(a <= b for a, b in pairwise(known)):
            raise ValueError(
                f"policy {self.key}: severity_points must fall from critical to low, are {points}"
            )
        keys = [(m.outcome, m.metric) for m in self.margins]
        if len(set(keys)) != len(keys):
            raise ValueError(f"policy {self.key}: a margin is given twice: {keys}")
        return self

    def margin(self, outcome: str, metric: str) -> Margin | None:
        """Return the margin for an outcome and metric, or None if the policy has none."""
        found = (m for m in self.margins if (m.outcome, m.metric) == (outcome, metric))
        return next(found, None)


class Exemplar(Record):
    """A pair of prompts that shows a finding, chosen by rule.

    Attributes:
        rule: "median" or "extreme" in the direction of the finding.
        difference: Group minus reference, in nats.
    """

    rule: Literal["median", "extreme", "explained"]
    set_id: str
    variant: str
    reference_variant: str
    difference: float


class Finding(Record):
    """One primary disparity, judged.

    Attributes:
        fingerprint: Stable across runs of the same suite and system: made of the cell alone.
        p_adjusted: Holm over the family; None where the estimate is undefined.
        verdict_reason: The rule that fired, in words with its numbers.
        evidence_grade: A to D; what caps it stands in `evidence_reason`.
    """

    fingerprint: str
    disparity: Disparity
    family_size: int
    p_adjusted: float | None
    margin: float
    verdict: Verdict
    verdict_reason: str
    band: str
    severity: Severity
    evidence_grade: Literal["A", "B", "C", "D"]
    evidence_reason: str
    exemplars: tuple[Exemplar, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether a difference was established that is not shown to be trivial."""
        return self.verdict in (Verdict.MATERIAL, Verdict.PRESENT_SIZE_UNCERTAIN)
