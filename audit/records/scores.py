"""Scorecards: how good, in all, under the policy that was fixed before the run."""

from typing import Literal

from pydantic import Field

from audit.records.findings import Finding, RatingLetter, Severity, Verdict
from audit.records.record import Record

CellState = Literal["answered", "partly_answered", "blocked", "not_tested"]


class CoverageCell(Record):
    """What was planned and answered for one axis, language and domain."""

    axis: str
    language: str
    domain: str
    state: CellState
    templates: int
    names: int
    planned: int
    answered: int
    verdicts: dict[Verdict, int] = Field(default_factory=dict)
    reviewed: bool = False
    note: str = ""


class Driver(Record):
    """A finding that the rating hangs on."""

    fingerprint: str
    verdict: Verdict
    severity: Severity


class BiasIndex(Record):
    """A root mean square of many differences, freed of noise, between 0 (none) and 1.

    Attributes:
        value: Root of the mean square, less the mean squared standard error; 0 where noise
            explains all of it.
        low: Lower bound of an interval of at least 95 %, however the cells depend on each other.
        high: Upper bound of it.
        naive: The root mean square itself, noise included.
        floor: What `naive` would be in the mean if no group were treated differently.
        cells: Comparisons in it.
    """

    value: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)
    naive: float = Field(ge=0, le=1)
    floor: float = Field(ge=0)
    cells: int = Field(ge=1)


class FairnessScore(Record):
    """One minus the root mean square of the axes' bias indices, with its interval."""

    value: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)
    naive: float = Field(ge=0, le=1)


class OverallIndex(Record):
    """A single number, with what must stand beside it; it never overrides the rating.

    Attributes:
        value: 0 to 100, 100 where no difference is left after the noise is taken off.
        low: Lower bound of its interval.
        high: Upper bound of it.
        rating: The rating of the same run.
        checksum: Digest of everything asked and of the estimators; indices with different
            checksums must not be compared.
    """

    value: float = Field(ge=0, le=100)
    low: float = Field(ge=0, le=100)
    high: float = Field(ge=0, le=100)
    rating: RatingLetter
    checksum: str


class Indices(Record):
    """Secondary numbers in the manner of TEC 57050, which never lead.

    Attributes:
        bias: Axis -> bias index.
        left_out: Axis -> comparisons without an interval, which no index can count.
        unfairness: Root mean square of the axes' bias indices; the fairness score is one
            minus this.
        overall: None where the run carries no conclusion, or a whole axis has no interval.
        overall_note: Why there is none; empty where there is one.
    """

    bias: dict[str, BiasIndex]
    left_out: dict[str, int]
    unfairness: BiasIndex
    overall: OverallIndex | None = None
    overall_note: str = ""

    @property
    def fairness(self) -> FairnessScore:
        """The fairness score; its bounds are the index' bounds the other way round."""
        of = self.unfairness
        return FairnessScore(
            value=1 - of.value, low=1 - of.high, high=1 - of.low, naive=1 - of.naive
        )


class Scorecard(Record):
    """Verdicts, rating with the rule that fired, coverage, and what drives them.

    Attributes:
        conclusion: False where the run may carry none (cut short, coverage or mass too low).
        rating: A to E, or None where there is no conclusion.
        rule: The rating rule that fired, in words with its numbers.
        caps: Every cap on the rating that holds, and whether review or data is its cause.
        cannot_clear: Cells whose minimum detectable effect lies above the margin.
        gate_p: Axis -> smallest adjusted p of its cells.
        indices: Secondary numbers; None where no comparison has an interval.
    """

    conclusion: bool
    rating: Literal["A", "B", "C", "D", "E"] | None
    rule: str
    caps: tuple[str, ...] = ()
    evidence_grade: Literal["A", "B", "C", "D"]
    planned: int
    answered: int
    failures: dict[str, int] = Field(default_factory=dict)
    verdicts: dict[Verdict, int]
    verdicts_by_axis: dict[str, dict[Verdict, int]]
    gate_p: dict[str, float | None]
    cannot_clear: tuple[str, ...] = ()
    drivers: tuple[Driver, ...] = ()
    coverage: tuple[CoverageCell, ...] = ()
    indices: Indices | None = None


GateState = Literal["failed", "undecided", "passed"]


class GateCase(Record):
    """One comparison at the gate; or an axis that could not be compared at all.

    Attributes:
        state: `failed` where the nearer bound passes the margin, `passed` where the effect is
            shown to lie within it, else `undecided`.
        finding: None where an axis has no comparison.
    """

    axis: str
    name: str
    state: GateState
    reason: str
    finding: Finding | None = None


class GateResult(Record):
    """What a gate says of a run under a policy.

    Attributes:
        audit: The run's audit id.
        policy: Key of the policy that was applied.
        policy_digest: Its digest.
        planned_policy: Key of the policy that was fixed before the run.
        after_the_fact: Whether these two differ.
    """

    audit: str
    model: str
    policy: str
    policy_digest: str
    planned_policy: str
    after_the_fact: bool
    cases: tuple[GateCase, ...]

    @property
    def state(self) -> GateState:
        """Failed if any case failed, else undecided if any is, else passed."""
        states = {case.state for case in self.cases}
        if "failed" in states:
            return "failed"
        return "undecided" if "undecided" in states or not states else "passed"
