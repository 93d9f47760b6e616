"""Comparing: several finished runs on what all of them were asked; no model is asked.

Every run's disparities are estimated anew on the common prompts and judged by one policy.
Runs are set beside each other by paired differences, corrected over all pairs and all
comparisons of a family of the policy. A place among the runs is given only as far as these
differences carry it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from audit import analyses, metrics, plugins
from audit.analyses.between import Between, between
from audit.analyses.contract import Analysis, Observed
from audit.analyses.observed import observe
from audit.errors import RequestError
from audit.findings.changes import changes
from audit.findings.detect import detect
from audit.findings.families import holm_by_family
from audit.findings.judged import judged_by
from audit.findings.policy import load_policy
from audit.metrics.contract import Metric
from audit.pipeline.conditions import conditions
from audit.pipeline.places import places
from audit.pipeline.sharing import Common, Opened, common, opened
from audit.records.comparisons import (
    ComparedCell,
    ComparedRun,
    Paired,
    RunsCompared,
    Standing,
)
from audit.records.digests import record_digest
from audit.records.estimates import Disparity, Estimate
from audit.records.findings import Finding, Policy
from audit.storage.manifest import audit_id

_TWO = 2

_Key = tuple[str, ...]


class _Pair(NamedTuple):
    first: int
    second: int


def compare(
    folders: Sequence[Path], policy_name: str = "", *, one_system: bool | None = None
) -> RunsCompared:
    """Compare runs, in the order given.

    Args:
        folders: Two finished runs or more; for two runs of one system the earlier first.
        policy_name: Judges all runs; empty for the first run's own.
        one_system: Whether two runs are of one system; None to tell by their statements.

    Raises:
        RequestError: If there are fewer than two runs, or they share no set.
    """
    if len(folders) < _TWO:
        raise RequestError(f"{len(folders)} run given; name two or more")
    runs = [opened(folder) for folder in folders]
    policy = load_policy(policy_name) if policy_name else runs[0].policy
    letters = _letters(len(runs))
    shared = common(runs)
    seen = [_observed(run, runs[0], shared, policy) for run in runs]
    findings = [_findings(one, run, policy) for one, run in zip(seen, runs, strict=True)]
    own = [record_digest(run.policy) for run in runs]
    same = _one_system(runs) if one_system is None else one_system
    return RunsCompared(
        runs=tuple(_compared(run, letter) for run, letter in zip(runs, letters, strict=True)),
        policy=policy,
        after_the_fact=tuple(
            letter
            for letter, digest in zip(letters, own, strict=True)
            if digest != record_digest(policy)
        ),
        conditions=conditions(runs, letters),
        unshared=shared.unshared,
        sets=len(shared.sets),
        prompts=len(shared.prompts),
        everyone=len(shared.everyone),
        places=tuple(places(runs, shared)),
        cells=tuple(_cells(findings, seen, policy)),
        changes=changes(*findings) if same and len(runs) == _TWO else None,
    )


def _letters(count: int) -> tuple[str, ...]:
    """Return A to Z, then A1 to Z1 and so on."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return tuple(
        alphabet[n % len(alphabet)] + (str(n // len(alphabet)) if n >= len(alphabet) else "")
        for n in range(count)
    )


def _compared(one: Opened, letter: str) -> ComparedRun:
    return ComparedRun(
        letter=letter,
        audit=audit_id(one.run),
        run=one.run.model_copy(update={"sittings": ()}),
        scorecard=one.scorecard,
        policy=one.policy.key,
    )


def _one_system(runs: Sequence[Opened]) -> bool:
    """Return whether all runs state one system, or none states any and the model's name is one."""
    systems = {one.run.spec.engagement.system for one in runs}
    if systems != {""}:
        return len(systems) == 1
    return len({one.run.stamp.model.name for one in runs}) == 1


def _observed(one: Opened, first: Opened, shared: Common, policy: Policy) -> Observed:
    """Return a run's answers to the prompts that every run answered."""
    asked = shared.prompts
    kept = [
        o
        for o in one.observations
        if (o.record == "failure" and o.variant in asked) or o.variant in shared.everyone
    ]
    return observe(
        sets=shared.sets,
        suites=first.library.suites,
        observations=kept,
        metrics=plugins.load_all(metrics, Metric),
        policy=policy,
        seed=first.run.spec.seed,
    )


def _findings(seen: Observed, one: Opened, policy: Policy) -> tuple[Finding, ...]:
    found: list[Disparity] = []
    for analysis in plugins.load_all(analyses, Analysis):
        found += analysis.answer(seen)
    judged = judged_by(found, policy)
    return detect(judged, policy, seen.suites, one.library.name_lists)


def _cells(
    findings: Sequence[Sequence[Finding]], seen: Sequence[Observed], policy: Policy
) -> Iterator[ComparedCell]:
    """Yield every comparison in the order of the first run's findings."""
    pairs = _paired(seen, policy)
    by_key = [{_key(f.disparity): f for f in run} for run in findings]
    for finding in findings[0]:
        key = _key(finding.disparity)
        one = finding.disparity
        own = tuple(pairs.get(key, ()))
        yield ComparedCell(
            axis=one.axis,
            cue=one.cue,
            group=one.group,
            reference=one.reference,
            language=one.language,
            domain=one.domain,
            outcome=one.outcome,
            standings=_standings([run[key] for run in by_key], own, policy.alpha),
            pairs=own,
        )


def _paired(seen: Sequence[Observed], policy: Policy) -> dict[_Key, list[Paired]]:
    """Return every pair of runs in every comparison, corrected over its family."""
    found: list[tuple[_Key, _Pair, Between]] = []
    for first, second in combinations(range(len(seen)), _TWO):
        found += [
            (_key_of(one), _Pair(first, second), one) for one in between(seen[first], seen[second])
        ]
    families = [_family(one, policy) for _, _, one in found]
    by_gap = holm_by_family(families, [_p(one.difference) for _, _, one in found])
    by_size = holm_by_family(families, [_p(one.size) for _, _, one in found])
    paired: dict[_Key, list[Paired]] = defaultdict(list)
    for (key, pair, one), p, size_p in zip(found, by_gap, by_size, strict=True):
        paired[key].append(
            Paired(
                first=pair.first,
                second=pair.second,
                difference=one.difference,
                p_adjusted=p,
                size=one.size,
                size_p_adjusted=size_p,
            )
        )
    return paired


def _standings(
    findings: Sequence[Finding], pairs: Sequence[Paired], alpha: float
) -> tuple[Standing, ...]:
    """Return each run with the places that the size differences leave it."""
    smaller: Counter[int] = Counter()  # runs whose difference is established to be smaller
    larger: Counter[int] = Counter()
    for pair in pairs:
        p, size = pair.size_p_adjusted, pair.size
        if p is None or p >= alpha or not isinstance(size, Estimate) or size.value == 0:
            continue
        more, less = pair.first, pair.second
        if size.value < 0:
            more, less = less, more
        smaller[more] += 1
        larger[less] += 1
    return tuple(
        Standing(
            run=run, finding=finding, best=1 + smaller[run], worst=len(findings) - larger[run]
        )
        for run, finding in enumerate(findings)
    )


def _p(quantity: object) -> float | None:
    return quantity.p if isinstance(quantity, Estimate) else None


def _family(one: Between, policy: Policy) -> _Key:
    key = one.cell.key
    return (*(str(getattr(key, field)) for field in policy.families), key.expected)


def _key_of(one: Between) -> _Key:
    key = one.cell.key
    where = (key.axis, key.cue, key.reference, key.language, key.domain)
    return (one.group, *where, key.outcome, key.expected)


def _key(one: Disparity) -> _Key:
    where = (one.axis, one.cue, one.reference, one.language, one.domain)
    return (one.group, *where, one.outcome, one.expected)
