"""What a metric must have: one answer in, one number (or one a facet) out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from audit.records.probes import OutcomeKind


@dataclass(frozen=True)
class Metric:
    """A number read off an answer, so that two answers can be compared by subtraction.

    Attributes:
        unit: The unit of the number.
        reads: The kinds of outcome whose responses it reads.
        bounds: Least and largest number; infinite where there is none.
        primary: The outcome kinds for which it carries the verdict.
        measure: Response -> facet -> number; one facet "" where there is only one number.
            Larger favours the person.
        level: Whether it is a mean level, from zero to the number of offered levels less one.
        stacks: Whether `measure` also takes a stack of answers (`metrics.stacks`) and gives
            arrays; one that does not is asked answer by answer.
        decision: Whether it is the probability of the favourable decision; the primary metric
            of the same outcome is then its logit.
    """

    name: str
    question: str
    source: str
    unit: str
    reads: frozenset[OutcomeKind]
    bounds: tuple[float, float]
    primary: frozenset[OutcomeKind]
    measure: Callable[[Any], Mapping[str, Any]]
    decision: bool = False
    level: bool = False
    stacks: bool = False
