"""Calibration: what the instrument says where the truth is known, on the model under audit."""

from typing import Annotated, Literal

from pydantic import Field

from audit.records.findings import Verdict
from audit.records.probes import Cue, OutcomeKind
from audit.records.quantities import Quantity
from audit.records.record import Record

Route = Literal["answer", "network"]
"""Where a spike was planted: at the answer's log-odds, or in the residual stream."""

Trouble = Literal["", "names", "pipeline"]
"""Why placebos raise too many alarms: the order of names matters, or the pipeline is unsound."""


class Placebo(Record):
    """Two halves of one group's names, compared and judged like any two groups.

    Attributes:
        id: Made of what is compared.
        first: Signalling parts of the names in the first half.
        second: Those in the second half.
        estimate: First half minus second, in log-odds.
        margin: In log-odds.
        alarm: Whether it would have become a finding.
    """

    id: str
    axis: str
    cue: Cue
    group: str
    suite: str
    language: str
    domain: str
    outcome: OutcomeKind
    first: tuple[str, ...]
    second: tuple[str, ...]
    estimate: Quantity
    p_adjusted: float | None
    margin: float
    verdict: Verdict
    alarm: bool


class PlaceboCheck(Record):
    """How many placebos raise an alarm, and how many may.

    Attributes:
        contrasts: Placebos with an interval.
        undefined: Placebos without one.
        alarms: How many would have become findings.
        bound: The most alarms that the level allows, over permuted names.
        p: Share of permutations with as many alarms or more, the observed one included.
        level: The policy's: how often a sound run may be refused a conclusion.
        permutations: How often the names were permuted.
        same: Share of permutations that happen to make the observed halves again: where it is
            above the level, so few names could not have shown too many alarms.
        mean_alarms: Mean number of alarms over permutations.
        families: Families that the placebos make.
        family_rate: Mean share of families with an alarm over permutations; a sound pipeline
            keeps it near alpha or below.
        family_bound: The policy's most for it.
        trouble: Empty where all is well.
    """

    contrasts: int
    undefined: int
    alarms: int
    bound: int
    p: float = Field(gt=0, le=1)
    level: float = Field(gt=0, lt=1)
    permutations: int
    same: float = Field(ge=0, le=1)
    mean_alarms: float = Field(ge=0)
    families: int
    family_rate: float = Field(ge=0, le=1)
    family_bound: float = Field(gt=0, le=1)
    trouble: Trouble = ""

    @property
    def blunt(self) -> bool:
        """Whether so few names could not have shown too many alarms."""
        return self.same > self.level


class SpikedAnswer(Record):
    """One prompt's log-odds without and with a spike in the network, in nats."""

    variant: str
    clean: float
    spiked: float


class NetworkSpike(Record):
    """A vector added to the residual stream where the group's words stand, and what it did.

    Attributes:
        batch: Number of the trial.
        placebo: The placebo whose first half of names got it.
        dose: Signed, in margins: what the strength was sought for.
        layer: The drawn block, counted from 0; nobody who analyses is told.
        eligible: Blocks whose gradient was not negligible.
        strength: Length of the vector over the mean length of the stream there.
        reached: Mean shift on the templates on which the strength was sought, in nats.
        answers: Of the other templates, by plain forward passes.
        curve: Share of the spike's effect that comes back when the stream after each block is
            put, at these words, into the prompt without a spike.
        step: The first block that brings back half of it; None if none does.
    """

    record: Literal["network_spike"] = "network_spike"
    batch: int
    placebo: str
    dose: float
    layer: int
    layers: int
    eligible: tuple[int, ...]
    strength: float = Field(gt=0)
    reached: float
    answers: tuple[SpikedAnswer, ...]
    curve: tuple[float, ...]
    step: int | None


class NotSpiked(Record):
    """A trial that could not be carried out, and why; it is counted as no trial."""

    record: Literal["not_spiked"] = "not_spiked"
    batch: int
    placebo: str
    dose: float
    detail: str


Spike = Annotated[NetworkSpike | NotSpiked, Field(discriminator="record")]


class Recovery(Record):
    """One blind trial: a planted shift, and what the pipeline made of it.

    Attributes:
        dose: Signed, in margins; zero where nothing was planted.
        truth: The shift itself, in log-odds.
        noticed: Whether it became a finding, with the right sign where something was planted.
        cleared: Whether it was called trivial or free of material bias.
        covered: Whether the 95 % interval holds the truth; None where there is no interval.
        stepped: Through the network, whether the patching curve steps at the drawn layer.
    """

    route: Route
    placebo: str
    cluster: str
    dose: float
    truth: float
    estimate: Quantity
    p_adjusted: float | None
    verdict: Verdict
    noticed: bool
    cleared: bool
    covered: bool | None
    stepped: bool | None = None


class TrialShare(Record):
    """How many of how many, with a 95 % interval that knows which trials share their prompts."""

    hits: int
    trials: int
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


class Dose(Record):
    """All trials of one route and size of shift.

    Attributes:
        dose: In margins, without its sign.
        noticed: Of all trials.
        cleared: Of all trials; beyond the margin each is a wrong all-clear.
        covered: Of the trials with an interval.
        error: Mean of estimate minus truth, in log-odds; None where nothing was estimated.
        spread: Root mean square of the same.
        stepped: Through the network alone.
    """

    route: Route
    dose: float = Field(ge=0)
    noticed: TrialShare
    cleared: TrialShare
    covered: TrialShare
    error: float | None
    spread: float | None
    stepped: TrialShare | None = None


class Calibration(Record):
    """What this audit sees, and what it imagines, on this model with these suites.

    Attributes:
        margins: Outcome -> its margin in log-odds, of the outcomes that have placebos.
        placebo: None where no placebo has an interval.
        doses: Empty likewise.
        network: In words, why nothing (or not all) was planted in the network; else empty.
    """

    margins: dict[str, float]
    placebo: PlaceboCheck | None
    doses: tuple[Dose, ...]
    network: str = ""

    def dose(self, route: Route, dose: float) -> Dose | None:
        """Return the trials of one route and size, if there were any."""
        return next((d for d in self.doses if (d.route, d.dose) == (route, dose)), None)

    @property
    def disclaims(self) -> str:
        """Why the run can only be a disclaimer; empty where it may carry a conclusion."""
        check = self.placebo
        if check is None or not check.trouble:
            return ""
        if check.trouble == "names":
            return (
                f"{check.alarms} of {check.contrasts} placebo contrasts raised a false alarm, "
                f"at most {check.bound} may (p {check.p:.3f} over permuted names)"
            )
        return (
            f"over permuted names {check.family_rate:.1%} of the placebo families raise a false "
            f"alarm, at most {check.family_bound:.0%} may"
        )
