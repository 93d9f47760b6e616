"""Operating: audit the embedded standards, and say how often the audit is right.

Each standard is measured for real, by the stages that measure any model, in a folder that is
thrown away. From its answers subsets of templates and names are drawn by seed, and every
subset is audited: same estimators, families, correction and verdicts. Where nothing was
trained in, shifts are also added to the answers, a known one to each comparison, so that power
is known around the margin too.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audit.analyses.cells import cells
from audit.analyses.comparison import Comparison, differences, matrix
from audit.analyses.contract import Observed
from audit.controls import standards
from audit.controls.operating import NOTHING, rows, slope
from audit.controls.recovery import rounds
from audit.errors import RequestError
from audit.findings.false_alarms import placebo_margin
from audit.findings.policy import load_policy
from audit.findings.verdicts import ALL_CLEAR, by_interval
from audit.pipeline.deriving import observed
from audit.pipeline.localising import localised
from audit.pipeline.measuring import measure
from audit.pipeline.planning import Work, begin
from audit.pipeline.watcher import Watcher
from audit.places import shipped
from audit.records.digests import content_digest, content_seed
from audit.records.estimates import Estimate
from audit.records.findings import Policy, Verdict
from audit.records.operating import Localisation, Operating, OperatingTrial, Planting
from audit.records.runs import Depth, ModelRequest, RunSpec
from audit.stats.crossed import Floor, nested, paired
from audit.stats.multiplicity import holm
from audit.stats.student import moved
from audit.suites.library import choose_suites, read_library

_FOUND = (Verdict.MATERIAL, Verdict.PRESENT_SIZE_UNCERTAIN)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """How much is asked of the standards.

    Attributes:
        templates: Templates a suite.
        names: Names a group.
        draws: Subsets of each design.
        pairs: Pairs whose words are ranked.
        suites: Suites by name or glob; empty for all that the truth speaks of.
    """

    templates: int
    names: int
    draws: int
    pairs: int
    seed: int
    threads: int
    date: str
    suites: tuple[str, ...] = ()


class _Cell(NamedTuple):
    """A comparison with its truth: differences under a label cue, both sides under a name cue."""

    truth: standards.Known
    margin: float
    sides: tuple[Array, ...]


class _Audited(NamedTuple):
    """A comparison in one subset: where it stands, its truth there, and what came out."""

    cell: _Cell
    truth: float
    planting: Planting
    estimate: Estimate


def characteristics(asked: Asked, watcher: Watcher) -> Operating:
    """Audit every standard and return the operating characteristics.

    Raises:
        RequestError: If no shipped suite is one that the standards' truth speaks of.
    """
    policy = load_policy("default")
    trials: list[OperatingTrial] = []
    ranked: list[Localisation] = []
    prompts = 0
    for name in standards.names():
        with tempfile.TemporaryDirectory() as folder:
            work = _measured(name, asked, Path(folder) / "run", watcher)
            prompts += sum(len(one.variants) for one in work.sets)
            those = _cells(name, observed(work))
            watcher.stage(f"draw {name}", asked.draws)
            trials += _trials(name, those, asked, policy, watcher)
            planted = [cell.truth for cell in those if cell.truth.planted]
            ranked += localised(work, planted, asked.pairs)
    margins = {m.outcome: placebo_margin(m.outcome, policy) for m in policy.margins}
    return Operating(
        samata=version("samata"),
        standards=standards.names(),
        policy=policy.key,
        seed=asked.seed,
        templates=asked.templates,
        names=asked.names,
        draws=asked.draws,
        prompts=prompts,
        margins=margins,
        rows=tuple(rows(trials)),
        slope=slope(trials, max(margins.values())),
        localisation=tuple(ranked),
    )


def designs(asked: Asked) -> tuple[tuple[int, int], ...]:
    """Return the suite sizes that are tried, (templates, names), from small to all but whole."""
    shares = ((0.5, 0.5), (0.75, 0.75), (1.0, 0.75))
    least = (6, 4)
    sizes = {
        (max(least[0], round(a * asked.templates)), max(least[1], round(b * asked.names)))
        for a, b in shares
    }
    return tuple(sorted(sizes))


def _measured(name: str, asked: Asked, folder: Path, watcher: Watcher) -> Work:
    depth = Depth(
        templates=asked.templates, names=asked.names, explained=0, explained_findings=0, methods=()
    )
    spec = RunSpec(
        date=asked.date,
        model=ModelRequest(reference=standards.reference(name), offline=True),
        suites=_suites(name, asked),
        depth=depth,
        seed=asked.seed,
        pdf=False,
    )
    work = begin(spec, folder, threads=asked.threads, audit_file=b"", watcher=watcher)
    measure(work)
    return work


def _suites(name: str, asked: Asked) -> tuple[str, ...]:
    """Return the chosen suites that are what they were when the truth was measured."""
    digests = standards.probe_digests(name)
    chosen = choose_suites(read_library(shipped("probes")), asked.suites).items()
    same = tuple(key for key, suite in chosen if digests.get(key) == content_digest(suite))
    if not same:
        raise RequestError(
            "the standards' truth speaks of no suite as it is shipped; build the standards anew"
        )
    return same


def _cells(name: str, seen: Observed) -> list[_Cell]:
    """Return the comparisons whose truth is published, with their answers."""
    found: dict[tuple[str, ...], _Cell] = {}
    by_cell = {one.cell: one for one in standards.known(name)}
    for cell in cells(seen.sets, seen.index, seen.suites):
        key = cell.key
        column = next(c for c in seen.columns if key.outcome in c.metric.primary)
        everything = np.ones(len(cell.templates), dtype=bool)
        for group in cell.sides:
            place = (key.axis, key.cue, key.outcome, key.language, key.domain)
            truth = by_cell.get((*place, group, key.reference))
            if truth is None:
                continue
            one = Comparison(cell, column, group, everything)
            margin = placebo_margin(key.outcome, seen.policy)
            found[truth.cell] = _Cell(truth, margin, _sides(one))
    return [found[key] for key in sorted(found)]


def _sides(one: Comparison) -> tuple[Array, ...]:
    if one.cell.key.cue == "label":
        return (differences(one),)
    return matrix(one, one.mine), matrix(one, one.theirs)


def _trials(
    name: str, those: Sequence[_Cell], asked: Asked, policy: Policy, watcher: Watcher
) -> Iterator[OperatingTrial]:
    """Yield every comparison of every audited subset."""
    for draw in range(asked.draws):
        for design in designs(asked):
            words = ("subset", str(asked.seed), str(draw), *map(str, design))
            rng = np.random.default_rng(content_seed(*words))
            plain = [_audited(cell, design, rng, policy) for cell in those]
            known = [one for one in plain if one is not None]
            for number, dealt in enumerate(rounds(_clean_ids(known), content_seed(*words))):
                spiked = [_spiked(one, dealt) for one in known]
                for trial in _judged(name, spiked, design, policy):
                    if number == 0 or trial.cell in dealt:  # the others are the same each round
                        yield trial
        watcher.advance(1)


def _audited(
    cell: _Cell, design: tuple[int, int], rng: np.random.Generator, policy: Policy
) -> _Audited | None:
    """Return a comparison's estimate on drawn templates and names; None without one."""
    floor = Floor(policy.min_templates, policy.min_names)
    sizes = cell.sides[0].shape[0], [side.shape[1] for side in cell.sides]
    rows_drawn = np.sort(rng.permutation(sizes[0])[: design[0]])
    sides = [
        side[np.ix_(rows_drawn, np.sort(rng.permutation(size)[: design[1]]))]
        for side, size in zip(cell.sides, sizes[1], strict=True)
    ]
    estimate = paired(sides[0], floor=floor) if len(sides) == 1 else nested(*sides, floor=floor)
    if not isinstance(estimate, Estimate):
        return None
    planting: Planting = "training" if cell.truth.planted else "nothing"
    return _Audited(cell, cell.truth.realised, planting, estimate)


def _clean_ids(known: Sequence[_Audited]) -> tuple[str, ...]:
    """Return the comparisons in which nothing was trained and nothing is."""
    return tuple(
        _id(one)
        for one in known
        if one.planting == "nothing" and abs(one.truth) < NOTHING * one.cell.margin
    )


def _id(one: _Audited) -> str:
    return "/".join(one.cell.truth.cell)


def _spiked(one: _Audited, dealt: Mapping[str, float]) -> _Audited:
    """Return a comparison with the shift that was dealt to it; its error stays its own."""
    shift = dealt.get(_id(one), 0.0) * one.cell.margin
    if not shift:
        return one
    estimate = moved(one.estimate, one.estimate.value + shift, one.estimate.estimator)
    return one._replace(truth=one.truth + shift, planting="answer", estimate=estimate)


def _judged(
    name: str, audited: Sequence[_Audited], design: tuple[int, int], policy: Policy
) -> Iterator[OperatingTrial]:
    """Judge all comparisons of one audit: Holm over the families, then the verdicts."""
    families: dict[tuple[str, str], list[_Audited]] = defaultdict(list)
    for one in audited:
        families[one.cell.truth.axis, one.cell.truth.outcome].append(one)
    for members in families.values():
        adjusted = holm([one.estimate.p for one in members])
        for one, p in zip(members, adjusted, strict=True):
            verdict = by_interval(one.estimate, float(p or 0), one.cell.margin, policy.alpha)
            yield _trial(name, one, verdict.verdict, design)


def _trial(name: str, one: _Audited, verdict: Verdict, design: tuple[int, int]) -> OperatingTrial:
    estimate, truth = one.estimate, one.truth
    sign = -1.0 if truth < 0 else 1.0
    right = one.planting == "nothing" or estimate.value * truth > 0
    return OperatingTrial(
        standard=name,
        cell=_id(one),
        planting=one.planting,
        size=abs(truth) / one.cell.margin,
        templates=design[0],
        names=design[1],
        noticed=verdict in _FOUND and right,
        cleared=verdict in ALL_CLEAR,
        covered=estimate.low <= truth <= estimate.high,
        error=sign * (estimate.value - truth),
    )
