"""Spike: plant shifts inside the network, in placebos, and measure what they really did.

Trials are a pure function of the plan: which placebo, which templates are for seeking the
strength and which for the trial, which dose, and by which draw a block is chosen. One trial
is one batch: it is on file whole or not at all. Who analyses reads the answers alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audit.analyses.contract import Observed
from audit.analyses.placebos import PlaceboCell, placebo_cells
from audit.controls.recovery import DOSES
from audit.errors import CapabilityError
from audit.findings.false_alarms import placebo_margin
from audit.models.contract import Intervenes
from audit.pipeline.planning import Work
from audit.pipeline.requests import request
from audit.records.calibration import NetworkSpike, NotSpiked, SpikedAnswer
from audit.records.counterfactuals import CounterfactualSet, Variant
from audit.records.digests import content_seed
from audit.storage import folder as run_folder
from audit.storage import journal

if TYPE_CHECKING:
    from audit.controls.network_spike import Spike
    from audit.controls.prompts import Prompt

_SOUGHT_ON = 8  # prompts on which the strength is sought
_TURNED_ON = 4  # prompts on which its direction is turned
_PATCHED = 2  # prompts behind a patching curve

_PLANTED = DOSES[1:]

Asked = tuple[CounterfactualSet, Variant]
Prompts = Sequence["Prompt"]


@dataclass(frozen=True)
class Trial:
    """One shift to be planted.

    Attributes:
        dose: Signed, in margins.
        target: The same in nats.
        seeking: Prompts on which the strength is sought.
        held: Prompts on which the shift is measured and analysed.
    """

    number: int
    cell: PlaceboCell
    dose: float
    target: float
    seeking: tuple[Asked, ...]
    held: tuple[Asked, ...]


def spike(work: Work, seen: Observed) -> None:
    """Carry out the trials that are not on file yet; none where the network is out of reach."""
    todo = trials(work, seen) if isinstance(work.model, Intervenes) else ()
    path = work.folder / run_folder.SPIKES
    done = journal.whole_batches(path, [1] * len(todo))
    work.watcher.stage("spike", len(todo))
    for trial in todo:
        if trial.number >= done:
            journal.append(path, [carried_out(work, trial)])
        work.watcher.advance(1)


def trials(work: Work, seen: Observed) -> tuple[Trial, ...]:
    """Return the planned trials, each in another placebo as long as there are enough."""
    cells = [one for one in placebo_cells(seen, work.library.name_lists) if _fits(one, seen)]
    if not cells:
        return ()
    rng = np.random.default_rng(content_seed("network spikes", str(work.run.spec.seed)))
    order = rng.permutation(len(cells))
    wanted = work.run.spec.depth.network_spikes
    return tuple(_trial(work, seen, n, cells[order[n % len(cells)]]) for n in range(wanted))


def held_rows(cell: PlaceboCell, number: int, seed: int) -> tuple[int, ...]:
    """Return the rows of a placebo's templates that a trial is analysed on: a drawn half."""
    rng = np.random.default_rng(content_seed("held", str(seed), str(number), cell.id))
    drawn = rng.permutation(len(cell.templates))
    return tuple(sorted(drawn[len(drawn) // 2 :].tolist()))


def carried_out(work: Work, trial: Trial) -> NetworkSpike | NotSpiked:
    """Plant one shift, by plain forward passes."""
    try:
        return _planted(work, trial)
    except (CapabilityError, MemoryError) as fault:
        return _failed(trial, str(fault) or "out of memory")


def _fits(cell: PlaceboCell, seen: Observed) -> bool:
    """Whether half of the templates and half of the names still carry an interval."""
    names = min(int(cell.first.sum()), int((~cell.first).sum()))
    enough = len(cell.templates) - len(cell.templates) // 2 >= seen.policy.min_templates
    return enough and len(cell.templates) > 1 and names >= seen.policy.min_names


def _trial(work: Work, seen: Observed, number: int, cell: PlaceboCell) -> Trial:
    seed = work.run.spec.seed
    rng = np.random.default_rng(content_seed("network spike", str(seed), str(number), cell.id))
    dose = _PLANTED[number % len(_PLANTED)] * float(rng.choice((-1.0, 1.0)))
    held = {cell.templates[row] for row in held_rows(cell, number, seed)}
    asked = list(_first_half(work.sets, cell))
    seeking = [one for one in asked if one[0].template not in held]
    kept = sorted(rng.permutation(len(seeking))[:_SOUGHT_ON].tolist())
    return Trial(
        number=number,
        cell=cell,
        dose=dose,
        target=dose * placebo_margin(cell.key.outcome, seen.policy),
        seeking=tuple(seeking[place] for place in kept),
        held=tuple(one for one in asked if one[0].template in held),
    )


def _first_half(sets: Iterable[CounterfactualSet], cell: PlaceboCell) -> Iterable[Asked]:
    """Yield the variants of a placebo whose names are in its first half."""
    key, units = cell.key, set(cell.names[0])
    wanted = (cell.suite, key.axis, key.cue, key.outcome)
    for one in sets:
        if (one.suite_key, one.axis, one.cue, one.outcome) != wanted:
            continue
        if one.template not in cell.templates:
            continue
        for variant in one.variants:
            if variant.group == cell.group and (variant.unit or variant.name) in units:
                yield one, variant


def _planted(work: Work, trial: Trial) -> NetworkSpike | NotSpiked:
    from audit.controls import network_spike as network  # noqa: PLC0415 - loads torch
    from audit.controls.stream import blocks  # noqa: PLC0415

    seeking, held = (_prompts(work, asked) for asked in (trial.seeking, trial.held))
    if isinstance(seeking, str) or isinstance(held, str):
        return _failed(trial, seeking if isinstance(seeking, str) else str(held))
    stack = blocks(work.model.module)  # type: ignore[attr-defined]
    pulls = network.pulls(stack, seeking)
    eligible = network.eligible(pulls)
    for layer in _in_drawn_order(eligible, trial, work.run.spec.seed):
        plain = network.Spike(stack, layer, pulls[layer], 0.0)
        turned = network.turned(plain, seeking[:_TURNED_ON], trial.target)
        sought = network.sought(turned, seeking, trial.target)
        if sought is not None:
            return _measured(trial, eligible, sought, held)
    return _failed(trial, f"no vector in reach shifts the answers by {trial.target:+.2f}")


def _measured(
    trial: Trial, eligible: tuple[int, ...], sought: "tuple[Spike, float]", held: Prompts
) -> NetworkSpike:
    """Return what a spike does to prompts that had no part in seeking it."""
    from audit.controls import network_spike as network  # noqa: PLC0415 - loads torch

    planted, reached = sought
    effects = [network.effect(planted, prompt) for prompt in held]
    by_size = sorted(range(len(held)), key=lambda n: -abs(effects[n][1] - effects[n][0]))
    curve = network.patching_curve(planted, [held[n] for n in by_size[:_PATCHED]])
    return NetworkSpike(
        batch=trial.number,
        placebo=trial.cell.id,
        dose=trial.dose,
        layer=planted.layer,
        layers=len(planted.stack),
        eligible=eligible,
        strength=abs(planted.strength),
        reached=reached,
        answers=tuple(
            SpikedAnswer(variant=prompt.variant, clean=clean, spiked=spiked)
            for prompt, (clean, spiked) in zip(held, effects, strict=True)
        ),
        curve=curve,
        step=network.step(curve),
    )


def _in_drawn_order(eligible: Sequence[int], trial: Trial, seed: int) -> list[int]:
    """Return the blocks as drawn; a later one serves only where no vector is strong enough."""
    words = ("layer", str(seed), str(trial.number), trial.cell.id)
    drawn = np.random.default_rng(content_seed(*words)).permutation(len(eligible))
    return [eligible[place] for place in drawn]


def _prompts(work: Work, asked: Sequence[Asked]) -> Prompts | str:
    """Return the prompts, or in words why one of them cannot be asked."""
    from audit.controls.prompts import Prompt, prompt  # noqa: PLC0415 - loads torch

    found = []
    for one, variant in asked:
        question = request(one, variant, work.library.suites)
        made = prompt(work.model, variant.id, question, variant.spans)  # type: ignore[arg-type]
        if not isinstance(made, Prompt):
            return made.detail
        found.append(made)
    return tuple(found)


def _failed(trial: Trial, detail: str) -> NotSpiked:
    return NotSpiked(batch=trial.number, placebo=trial.cell.id, dose=trial.dose, detail=detail)
