"""Coverage: what was planned and what was answered, for every axis, language and domain.

A combination that the run could have asked and did not stands in the matrix as well: what
was not tested must not look like what was tested and found equal.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from audit.records.counterfactuals import CounterfactualSet
from audit.records.estimates import Disparity
from audit.records.findings import Finding, Verdict
from audit.records.observations import Failure
from audit.records.probes import UNREVIEWED, ProbeSuite
from audit.records.scores import CellState, CoverageCell


class Answers(Protocol):
    """What was asked and whether it was answered, by the variants' place."""

    @property
    def sets(self) -> tuple[CounterfactualSet, ...]: ...
    @property
    def suites(self) -> Mapping[str, ProbeSuite]: ...
    @property
    def index(self) -> Mapping[str, int]: ...
    @property
    def mass(self) -> NDArray[np.float64]: ...
    @property
    def answered(self) -> NDArray[np.bool_]: ...


class _Key(NamedTuple):
    axis: str
    language: str
    domain: str


class _Ran(NamedTuple):
    """What a cell is counted from."""

    observed: Answers
    verdicts: Mapping[_Key, Mapping[Verdict, int]]
    kinds: Mapping[str, str]  # variant id -> kind of failure


def coverage_cells(
    observed: Answers, findings: Sequence[Finding], failures: Sequence[Failure]
) -> tuple[CoverageCell, ...]:
    """Return one cell for each axis x language x domain that occurs in the run, sorted."""
    sets: dict[_Key, list[CounterfactualSet]] = defaultdict(list)
    for asked in observed.sets:
        sets[_key(asked)].append(asked)
    verdicts: dict[_Key, Counter[Verdict]] = defaultdict(Counter)
    for finding in findings:
        verdicts[_key(finding.disparity)][finding.verdict] += 1
    ran = _Ran(observed, verdicts, {failure.variant: failure.kind for failure in failures})
    parts = ({key[part] for key in sets} for part in range(len(_Key._fields)))
    combinations = product(*(sorted(part) for part in parts))
    return tuple(_cell(_Key(*one), sets.get(_Key(*one), []), ran) for one in combinations)


def failures_by_kind(failures: Sequence[Failure]) -> dict[str, int]:
    """Return the number of failures of each kind, sorted by kind."""
    counts = Counter(failure.kind for failure in failures)
    return {kind: counts[kind] for kind in sorted(counts)}


def _key(one: CounterfactualSet | Disparity) -> _Key:
    return _Key(one.axis, one.language, one.domain)


def _cell(key: _Key, sets: Sequence[CounterfactualSet], ran: _Ran) -> CoverageCell:
    observed = ran.observed
    variants = {variant.id: variant for asked in sets for variant in asked.variants}
    answered = sum(bool(observed.answered[observed.index[one]]) for one in variants)
    suites = {asked.suite_key for asked in sets}
    reviewed = all(observed.suites[suite].review != UNREVIEWED for suite in suites)
    lost = Counter(ran.kinds[one] for one in variants if one in ran.kinds)
    return CoverageCell(
        axis=key.axis,
        language=key.language,
        domain=key.domain,
        state=_state(len(variants), answered),
        templates=len({(asked.suite_key, asked.template) for asked in sets}),
        names=len({variant.name for variant in variants.values() if variant.name}),
        planned=len(variants),
        answered=answered,
        verdicts=dict(ran.verdicts.get(key, {})),
        reviewed=bool(suites) and reviewed,
        note=", ".join(f"{count} {kind}" for kind, count in sorted(lost.items())),
    )


def _state(planned: int, answered: int) -> CellState:
    if planned == 0:
        return "not_tested"
    if answered == 0:
        return "blocked"
    return "answered" if answered == planned else "partly_answered"
