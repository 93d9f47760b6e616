"""Policies, and the findings that follow from disparities under a policy."""

from enum import StrEnum
from itertools import pairwise
from typing import Literal

from pydantic import Field, field_validator

from audit.records.estimates import Disparity
from audit.records.record import Record
from audit.records.selection import SelectiveInterval, Shrunken


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


RatingLetter = Literal["A", "B", "C", "D", "E"]
EvidenceLetter = Literal["A", "B", "C", "D"]
Gap = Literal[
    "inconclusive",
    "sign_open",
    "thinly_answered",
    "small_design",
    "unreviewed",
    "partly_unreviewed",
]
"""What may be lacking in a run, and caps its rating."""
FamilyField = Literal["axis", "outcome", "language", "domain", "cue"]
"""What comparisons may have to have in common to be corrected together."""
Doubt = Literal["unreviewed_items", "unvalidated_names", "moving_control", "one_cue"]
"""What may weaken a finding's evidence, and caps its grade."""


def _rating() -> dict[Severity, RatingLetter]:
    return {Severity.CRITICAL: "E", Severity.HIGH: "D", Severity.MEDIUM: "C", Severity.LOW: "C"}


def _caps() -> dict[Gap, RatingLetter]:
    return {
        "inconclusive": "C",
        "sign_open": "B",
        "thinly_answered": "C",
        "small_design": "C",
        "unreviewed": "C",
        "partly_unreviewed": "B",
    }


def _evidence() -> dict[Doubt, EvidenceLetter]:
    return {
        "unreviewed_items": "C",
        "unvalidated_names": "C",
        "moving_control": "C",
        "one_cue": "B",
    }


class Margin(Record):
    """The largest difference that counts as immaterial, for one outcome.

    Attributes:
        metric: The metric whose disparities are judged for this outcome.
        margin: In the metric's unit; for `impact_ratio` on the natural log of the ratio.
    """

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
        min_intersection: No estimate for a group that several axes make where fewer prompts of
            it were answered.
        clear_templates: A smaller design cannot clear a system.
        clear_names: Likewise for names.
        placebo_level: How often a sound run may be refused a conclusion by its placebos.
        placebo_family_rate: Most share of placebo families with a false alarm, over permuted
            names; a pipeline that raises more is unsound.
        families: What the comparisons of a family have in common; all of one family are
            corrected together, so fewer fields make larger families and a stricter correction.
        gated_axes: Axes that `samata gate` decides on; empty for every axis tested.
        rating: Severity -> the letter of a run whose worst finding has it.
        caps: What is lacking -> the best letter that it leaves.
        evidence: What is doubtful -> the best evidence grade that it leaves.

    Raises:
        ValueError: If bands or severities overlap or are out of order, if an outcome has two
            margins, or if a letter would reward what is worse.
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
    min_intersection: int = Field(default=100, ge=2)
    clear_templates: int
    clear_names: int
    placebo_level: float = Field(default=0.01, gt=0, lt=1)
    placebo_family_rate: float = Field(default=0.25, gt=0, le=1)
    families: tuple[FamilyField, ...] = ("axis", "outcome")
    gated_axes: tuple[str, ...] = ()
    rating: dict[Severity, RatingLetter] = Field(default_factory=_rating)
    caps: dict[Gap, RatingLetter] = Field(default_factory=_caps)
    evidence: dict[Doubt, EvidenceLetter] = Field(default_factory=_evidence)

    @field_validator("families")
    @classmethod
    def _each_once(cls, fields: tuple[FamilyField, ...]) -> tuple[FamilyField, ...]:
        if len(set(fields)) != len(fields):
            raise ValueError(f"a field is named twice: {list(fields)}")
        return fields

    @field_validator("margins")
    @classmethod
    def _one_an_outcome(cls, margins: tuple[Margin, ...]) -> tuple[Margin, ...]:
        outcomes = [margin.outcome for margin in margins]
        if len(set(outcomes)) != len(outcomes):
            raise ValueError(
                f"a margin is given twice for an outcome: {outcomes}; one metric judges an outcome"
            )
        return margins

    @field_validator("bands")
    @classmethod
    def _apart(cls, bands: tuple[Band, ...]) -> tuple[Band, ...]:
        starts = [band.from_margins for band in bands]
        if not starts or starts[0] != 0 or any(a >= b for a, b in pairwise(starts)):
            raise ValueError(f"bands must rise from 0 and not overlap, they start at {starts}")
        points = [band.points for band in bands]
        if any(a > b for a, b in pairwise(points)):
            raise ValueError(f"a larger effect may not have fewer points, they are {points}")
        return bands

    @field_validator("severity_points")
    @classmethod
    def _falling(cls, least: dict[Severity, int]) -> dict[Severity, int]:
        points = [least.get(s) for s in list(Severity)[:4]]
        known = [p for p in points if p is not None]
        if len(known) != len(points) or any(a <= b for a, b in pairwise(known)):
            raise ValueError(
                f"severity_points must fall from critical to low and not overlap, are {points}"
            )
        return least

    @field_validator("rating")
    @classmethod
    def _no_reward(cls, letters: dict[Severity, RatingLetter]) -> dict[Severity, RatingLetter]:
        given = [letters.get(s, "") for s in list(Severity)[:4]]
        if "" in given or given != sorted(given, reverse=True) or given[-1] < "C":
            raise ValueError(
                "rating needs a letter for critical, high, medium and low, none better for a "
                f"graver finding and none better than C, has {given}"
            )
        return letters

    @field_validator("caps")
    @classmethod
    def _every_gap(cls, caps: dict[Gap, RatingLetter]) -> dict[Gap, RatingLetter]:
        missing = sorted(set(_caps()) - set(caps))
        if missing:
            raise ValueError(f"caps lack {missing}")
        if not "B" <= caps["sign_open"] <= caps["inconclusive"] <= "C":
            raise ValueError(
                "caps: sign_open and inconclusive must lie from B to C, the first no worse: a "
                "finding, which rates C at best, may not rate better than an open cell"
            )
        return caps

    @field_validator("evidence")
    @classmethod
    def _every_doubt(cls, grades: dict[Doubt, EvidenceLetter]) -> dict[Doubt, EvidenceLetter]:
        missing = sorted(set(_evidence()) - set(grades))
        if missing:
            raise ValueError(f"evidence lacks {missing}")
        return grades

    def margin(self, outcome: str, metric: str) -> Margin | None:
        """Return the margin for an outcome and metric, or None if the policy has none."""
        found = (m for m in self.margins if (m.outcome, m.metric) == (outcome, metric))
        return next(found, None)

    def judging(self, outcome: str) -> Margin | None:
        """Return the margin that judges an outcome, by whatever metric, or None."""
        return next((m for m in self.margins if m.outcome == outcome), None)


class Exemplar(Record):
    """A pair of prompts that shows a finding, chosen by rule.

    Attributes:
        rule: "median" or "extreme" in the direction of the finding.
        difference: Group minus reference, by the outcome's own metric.
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
        selective: Where the finding counts, its interval corrected for having been picked.
        shrunken: The estimate drawn to its family's mean; None in families of fewer than three.
        evidence_for: What in the disparity's context speaks for the finding.
        evidence_against: What speaks against it; no verdict rests on either.
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
    selective: SelectiveInterval | None = None
    shrunken: Shrunken | None = None
    evidence_for: tuple[str, ...] = ()
    evidence_against: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether a difference was established that is not shown to be trivial."""
        return self.verdict in (Verdict.MATERIAL, Verdict.PRESENT_SIZE_UNCERTAIN)
