"""Operating characteristics: what the instrument does where the truth is published."""

from typing import Literal

from audit.records.calibration import TrialShare
from audit.records.record import Record

Planting = Literal["nothing", "answer", "training"]
"""Where a known shift came from: none, added to the answers, or trained into the weights."""


class OperatingTrial(Record):
    """One comparison of one audit of a drawn subset.

    Attributes:
        size: Of the truth, in margins.
    """

    standard: str
    cell: str
    planting: Planting
    size: float
    templates: int
    names: int
    noticed: bool
    cleared: bool
    covered: bool
    error: float


class OperatingRow(Record):
    """All trials of one design, kind of planting and size of effect.

    Attributes:
        planting: As in the trials.
        least: Least size of the truth in this row, in margins.
        most: Greatest.
        noticed: False positives where nothing was planted, else power; with the right sign.
        cleared: Called trivial or free of material bias.
        covered: Intervals that hold the truth.
        error: Mean of estimate minus truth, in log-odds.
        spread: Root mean square of it.
    """

    planting: Planting
    least: float
    most: float
    templates: int
    names: int
    noticed: TrialShare
    cleared: TrialShare
    covered: TrialShare
    error: float
    spread: float


class Localisation(Record):
    """How often a method ranks the changed words first where a bias was trained in.

    Attributes:
        first: Of the pairs that could be explained.
        chance: Mean share of pairs in which shuffled words would come first.
    """

    method: str
    first: TrialShare
    chance: float


class Operating(Record):
    """The operating characteristics of this version, on its own standards.

    Attributes:
        templates: Templates a suite that were asked.
        names: Names a group that were asked.
        draws: Subsets drawn for each design and standard.
        prompts: Prompts asked, both standards together.
        slope: Of estimate on truth over the trained shifts; None where none was trained.
        margins: Outcome -> margin in log-odds.
    """

    samata: str
    standards: tuple[str, ...]
    policy: str
    seed: int
    templates: int
    names: int
    draws: int
    prompts: int
    margins: dict[str, float]
    rows: tuple[OperatingRow, ...]
    slope: float | None
    localisation: tuple[Localisation, ...]
