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
    """

    name: str
    question: str
    source: str
    unit: str
    reads: frozenset[OutcomeKind]
    bounds: tuple[float, float]
    primary: frozenset[OutcomeKind]
    measure: Callable[[Any], Mapping[str, float]]
