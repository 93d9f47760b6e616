"""Calibrate: placebos and planted shifts through the pipeline that judges everything else.

A pure function of what is on file. Placebos are judged first; then, round by round, with
shifts planted among them; then each shift that was planted in the network, in its placebo's
place among the others. What judges gets disparities and is told nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from audit.analyses.contract import Observed
from audit.analyses.placebos import PlaceboCell, placebo_cells, placebo_disparity
from audit.controls.placebo import Counted, checked, permute
from audit.controls.recovery import Planted, recovered, rounds, summed
from audit.findings.false_alarms import count_alarms, judge_placebos, placebo_margin
from audit.models.contract import Intervenes
from audit.pipeline.planning import Work
from audit.pipeline.spiking import held_rows
from audit.records.calibration import (
    Calibration,
    NetworkSpike,
    NotSpiked,
    Placebo,
    PlaceboCheck,
    Recovery,
    Spike,
)
from audit.records.counterfactuals import CounterfactualSet
from audit.records.estimates import Disparity, Estimate
from audit.records.findings import Finding
from audit.stats.crossed import Floor
from audit.stats.halves import split
from audit.storage import folder as run_folder
from audit.storage import journal

_SPIKE: TypeAdapter[NetworkSpike | NotSpiked] = TypeAdapter(Spike)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Placebos:
    """All placebos of a run, and how they were judged."""

    cells: tuple[PlaceboCell, ...]
    disparities: tuple[Disparity, ...]
    findings: tuple[Finding, ...]
    seen: Observed


def calibrate(work: Work, seen: Observed) -> None:
    """Write placebos, recoveries and the calibration."""
    work.watcher.stage("calibrate", 3)
    placebos = judged(seen, placebo_cells(seen, work.library.name_lists))
    records = tuple(map(_record, placebos.cells, placebos.findings))
    run_folder.write_records(work.folder, run_folder.PLACEBOS, records)
    check = placebo_check(placebos)
    work.watcher.advance(1)
    spikes = tuple(journal.read(work.folder / run_folder.SPIKES, _SPIKE))
    trials = (*planted_in_answers(placebos), *planted_in_network(placebos, spikes, work.sets))
    run_folder.write_records(work.folder, run_folder.RECOVERIES, trials)
    work.watcher.advance(1)
    outcomes = sorted({cell.key.outcome for cell in placebos.cells})
    calibration = Calibration(
        margins={kind: placebo_margin(kind, seen.policy) for kind in outcomes},
        placebo=check,
        doses=tuple(summed(trials)),
        network=_left_out(work, spikes),
    )
    run_folder.write_record(work.folder, run_folder.CALIBRATION, calibration)
    work.watcher.advance(1)


def calibration_of(folder: Path) -> Calibration | None:
    """Return a run's calibration; None where it has none, as runs from before it."""
    if not (folder / run_folder.CALIBRATION).is_file():
        return None
    return run_folder.read_record(folder, run_folder.CALIBRATION, Calibration)


def disclaimer(folder: Path) -> str:
    """Return why a run's own calibration forbids a conclusion; empty if it does not."""
    found = calibration_of(folder)
    return found.disclaims if found else ""


def judged(seen: Observed, cells: tuple[PlaceboCell, ...]) -> Placebos:
    """Return the placebos as the pipeline judges them."""
    disparities = tuple(placebo_disparity(one, one.answers, seen) for one in cells)
    return Placebos(
        cells, disparities, judge_placebos(disparities, seen.policy, seen.suites), seen
    )


def placebo_check(placebos: Placebos) -> PlaceboCheck | None:
    """Return how many placebos alarm, beside what permuted names do; None without any."""
    known = [
        (cell, one)
        for cell, one in zip(placebos.cells, placebos.findings, strict=True)
        if isinstance(one.disparity.estimate, Estimate)
    ]
    if not known:
        return None
    policy = placebos.seen.policy
    floor = Floor(policy.min_templates, policy.min_names)
    drawn = permute([cell for cell, _ in known], placebos.seen.seed)
    splits = [
        split(cell.answers, masks, floor=floor)
        for (cell, _), masks in zip(known, drawn.masks, strict=True)
    ]
    disparities = [one.disparity for _, one in known]
    alarms = count_alarms(disparities, splits, policy)
    counted = Counted(
        observed=sum(one.counts for _, one in known),
        defined=len(known),
        undefined=len(placebos.cells) - len(known),
        contrasts=alarms.contrasts,
        families=alarms.families,
        of=len({one.family for one in disparities}),
    )
    return checked(counted, drawn.same, policy)


def planted_in_answers(placebos: Placebos) -> Iterator[Recovery]:
    """Yield one trial for each placebo with an interval and each dose, none included."""
    cells = {
        cell.id: cell
        for cell, one in zip(placebos.cells, placebos.disparities, strict=True)
        if isinstance(one.estimate, Estimate)
    }
    for dealt in rounds(tuple(cells), placebos.seen.seed):
        key = {one: _planted(cell, dealt[one], placebos) for one, cell in cells.items()}
        spiked = {
            one: placebo_disparity(cell, _shifted(cell, key[one].truth), placebos.seen)
            for one, cell in cells.items()
        }
        for finding in _judged_with(placebos, spiked):
            if finding.disparity.id in key:
                yield recovered("answer", key[finding.disparity.id], finding)


def planted_in_network(
    placebos: Placebos,
    spikes: Sequence[NetworkSpike | NotSpiked],
    sets: Sequence[CounterfactualSet],
) -> Iterator[Recovery]:
    """Yield one trial for each shift that was planted in the network."""
    cells = {cell.id: cell for cell in placebos.cells}
    where = _places(sets)
    for one in spikes:
        if not isinstance(one, NetworkSpike):
            continue
        cell = cells[one.placebo]
        rows = list(held_rows(cell, one.batch, placebos.seen.seed))
        spiked, shift = _answers(cell, one, where)
        disparity = placebo_disparity(cell, spiked[rows], placebos.seen)
        truth = float(np.nanmean(shift[rows]))
        key = Planted(cell.id, _cluster(cell), one.dose, truth)
        for finding in _judged_with(placebos, {cell.id: disparity}):
            if finding.disparity.id == cell.id:
                yield recovered("network", key, finding, stepped=one.step == one.layer)


def _record(cell: PlaceboCell, finding: Finding) -> Placebo:
    first, second = cell.names
    return Placebo(
        id=cell.id,
        axis=cell.key.axis,
        cue=cell.key.cue,
        group=cell.group,
        suite=cell.suite,
        language=cell.key.language,
        domain=cell.key.domain,
        outcome=cell.key.outcome,
        first=first,
        second=second,
        estimate=finding.disparity.estimate,
        p_adjusted=finding.p_adjusted,
        margin=finding.margin,
        verdict=finding.verdict,
        alarm=finding.counts,
    )


def _judged_with(placebos: Placebos, spiked: Mapping[str, Disparity]) -> tuple[Finding, ...]:
    """Judge all placebos, some of them replaced by what has a shift in it."""
    those = [spiked.get(one.id, one) for one in placebos.disparities]
    return judge_placebos(those, placebos.seen.policy, placebos.seen.suites)


def _planted(cell: PlaceboCell, dose: float, placebos: Placebos) -> Planted:
    margin = placebo_margin(cell.key.outcome, placebos.seen.policy)
    return Planted(cell.id, _cluster(cell), dose, dose * margin)


def _cluster(cell: PlaceboCell) -> str:
    """Name what trials share: the suite, and the cast of names."""
    return "/".join((cell.suite, cell.key.cue, *cell.units))


def _shifted(cell: PlaceboCell, shift: float) -> Array:
    """Return a placebo's answers with a shift in the log-odds of its first half."""
    return cell.answers + shift * cell.first


def _places(sets: Sequence[CounterfactualSet]) -> dict[str, tuple[str, str]]:
    """Return each variant's template and signalling unit."""
    return {
        variant.id: (one.template, variant.unit or variant.name)
        for one in sets
        for variant in one.variants
    }


def _answers(
    cell: PlaceboCell, spike: NetworkSpike, where: Mapping[str, tuple[str, str]]
) -> tuple[Array, Array]:
    """Return a placebo's answers with the spiked ones in place, and the shift of each.

    Names that share a unit are averaged. What was not answered before stays missing.
    """
    shape = cell.answers.shape
    spiked, clean, counts = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for answer in spike.answers:
        template, unit = where[answer.variant]
        at = cell.templates.index(template), cell.units.index(unit)
        spiked[at] += answer.spiked
        clean[at] += answer.clean
        counts[at] += 1
    hit = (counts > 0) & ~np.isnan(cell.answers)
    share = np.where(hit, counts, 1.0)
    answers = np.where(hit, spiked / share, cell.answers)
    return answers, np.where(hit, (spiked - clean) / share, np.nan)


def _left_out(work: Work, spikes: Sequence[NetworkSpike | NotSpiked]) -> str:
    """Return in words why nothing, or not all, was planted in the network."""
    if not isinstance(work.model, Intervenes):
        return "this model's network is out of reach, so shifts were planted in its answers alone"
    if not spikes:
        return "no trial in the network was planned at this depth, or no placebo is large enough"
    failed = [one for one in spikes if isinstance(one, NotSpiked)]
    if not failed:
        return ""
    reasons = "; ".join(dict.fromkeys(one.detail for one in failed))
    return f"{len(failed)} of {len(spikes)} trials could not be carried out: {reasons}"
