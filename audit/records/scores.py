"""Scorecards: how good, in all, under the policy that was fixed before the run."""

from typing import Literal

from pydantic import Field

from audit.records.findings import Severity, Verdict
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


class Scorecard(Record):
    """Verdicts, rating with the rule that fired, coverage, and what drives them.

    Attributes:
        conclusion: False where the run may carry none (cut short, coverage or mass too low).
        rating: A to E, or None where there is no conclusion.
        rule: The rating rule that fired, in words with its numbers.
        caps: Every cap on the rating that holds, and whether review or data is its cause.
        cannot_clear: Cells whose minimum detectable effect lies above the margin.
        gate_p: Axis -> smallest adjusted p of its cells.
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
