"""Comparisons: several runs beside each other, on what all of them were asked."""

from typing import Literal

from pydantic import Field

from audit.records.estimates import Quantity
from audit.records.findings import Finding, Policy
from audit.records.observations import FailureKind
from audit.records.probes import Cue, OutcomeKind
from audit.records.record import Record
from audit.records.runs import RunFile
from audit.records.scores import Scorecard


class ComparedRun(Record):
    """One of the runs.

    Attributes:
        letter: What tables call it: "A", "B", ...
        rating: Its own, over all that it was asked, under its own policy; None without one.
        policy: Key of the policy that was fixed before it.
    """

    letter: str
    audit: str
    run: RunFile
    scorecard: Scorecard
    policy: str


class Answered(Record):
    """What one run answered of the common prompts of an axis, language and domain."""

    run: int
    planned: int
    answered: int
    failures: dict[FailureKind, int] = Field(default_factory=dict)


class Place(Record):
    """Axis, language and domain, with what each run answered there.

    Attributes:
        everyone: Common prompts that every run answered.
    """

    axis: str
    language: str
    domain: str
    everyone: int
    answered: tuple[Answered, ...]


class Standing(Record):
    """One run in one comparison.

    Attributes:
        finding: Estimated and judged anew, on the prompts that every run answered.
        best: Best place that the intervals allow, 1 for the smallest difference.
        worst: Worst place that they allow; a rank exists only where both are equal.
    """

    run: int
    finding: Finding
    best: int
    worst: int

    @property
    def rank(self) -> int | None:
        """The place, where the intervals leave one only."""
        return self.best if self.best == self.worst else None


class Paired(Record):
    """Two runs in one comparison, on the same prompts.

    Attributes:
        difference: The first run's disparity minus the second's, in log-odds.
        p_adjusted: Holm over all pairs of runs and all comparisons of a family of the policy.
        size: Size of the first run's disparity minus that of the second's.
        size_p_adjusted: The same correction, over sizes.
    """

    first: int
    second: int
    difference: Quantity
    p_adjusted: float | None
    size: Quantity
    size_p_adjusted: float | None


class ComparedCell(Record):
    """One group against its reference in one language and domain, for every run."""

    axis: str
    cue: Cue
    group: str
    reference: str
    language: str
    domain: str
    outcome: OutcomeKind
    standings: tuple[Standing, ...]
    pairs: tuple[Paired, ...]


ChangeState = Literal["new", "persisting", "mended", "regressed", "unsettled"]


class Change(Record):
    """What became of a comparison between two runs of one system.

    Attributes:
        state: `persisting`: found twice. `regressed`: shown clear, now found. `new`: open
            before, now found. `mended`: found, now shown clear. `unsettled`: found, now open,
            which is no mending.
    """

    fingerprint: str
    state: ChangeState
    earlier: Finding
    later: Finding


class Unshared(Record):
    """Sets that cannot be compared, of one suite and language in one run."""

    run: int
    suite: str
    version: str
    sets: int
    shared: int


class RunsCompared(Record):
    """Several runs, compared.

    Attributes:
        policy: Judges all runs here; the first run's, unless another was named.
        after_the_fact: Letters of the runs whose own policy is another.
        conditions: What is unequal between the runs, a sentence each.
        sets: Common sets.
        prompts: Prompts in them.
        everyone: Those that every run answered.
        changes: Between two runs of one system; None for other runs.
    """

    runs: tuple[ComparedRun, ...]
    policy: Policy
    after_the_fact: tuple[str, ...]
    conditions: tuple[str, ...]
    unshared: tuple[Unshared, ...]
    sets: int
    prompts: int
    everyone: int
    places: tuple[Place, ...]
    cells: tuple[ComparedCell, ...]
    changes: tuple[Change, ...] | None = None
