"""What if: measure one comparison again while the network is changed, and what the change costs.

Changes are fitted and chosen on one half of the comparison's templates and measured on the
other, by the ordinary instrument. The unchanged network is measured again too, in the same
batches, so that nothing but the change lies between two numbers. One batch of requests under
one change is one batch of the journal, and so are the neutral texts under one change.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import TypeAdapter

from audit import metrics, plugins
from audit.analyses.activation_health import QUESTION, health
from audit.analyses.contract import Observed
from audit.analyses.observed import observe
from audit.analyses.trade_offs import plain_gap
from audit.analyses.views import choosing
from audit.errors import CapabilityError
from audit.findings.what_if_sets import Target, target
from audit.internals.fitting import fit, read_fit
from audit.internals.neutral import Reader, Unread, material, read
from audit.internals.steering import STRENGTHS
from audit.measurement.contract import Instrument
from audit.metrics.contract import Metric
from audit.pipeline.batches import Batch, ask_whole, batches
from audit.pipeline.changes import Change, Enter, Grounds, changes, steering
from audit.pipeline.explaining import case_of
from audit.pipeline.looking import CHOOSERS, views
from audit.pipeline.measuring import records_of, splits_noted
from audit.pipeline.planning import Work
from audit.pipeline.requests import requests
from audit.records.counterfactuals import CounterfactualSet
from audit.records.findings import Finding
from audit.records.internals import Component
from audit.records.record import Record
from audit.records.what_ifs import Fitted, NeutralReading, NotRead, Reanswered, Trial
from audit.storage import folder as run_folder
from audit.storage import journal
from audit.storage.arrays import read_arrays, write_arrays

_TRIAL: TypeAdapter[Reanswered | NeutralReading | NotRead] = TypeAdapter(Trial)
_INSTRUMENT = "choice_probability"
_ARRAYS = f"{run_folder.INTERNAL_ARRAYS}/what_if.safetensors"


@dataclass(frozen=True)
class Step:
    """One batch of the journal.

    Attributes:
        size: How many records it has.
        act: Makes them, given its number.
    """

    size: int
    act: Callable[[int], Sequence[Record]]


def what_if(work: Work) -> None:
    """Try what is not on file yet; nothing where the network is out of reach."""
    aim = aim_of(work)
    fitted = _fitted(work, aim) if aim is not None else None
    if aim is None or fitted is None or not fitted.file:
        work.watcher.stage("what if", 0)
        return
    path = work.folder / run_folder.WHAT_IFS
    grounds = _grounds(work, fitted)
    trials = [*_strengths(work, grounds, aim)]
    main = [*_measured(work, changes(grounds, 1.0), aim)]
    done = journal.whole_batches(path, [one.size for one in (*trials, *main)])
    work.watcher.stage("what if", len(trials) + len(main))
    _take(work, trials, done=done, first=0)
    chosen = changes(grounds, strength_of(work, aim))
    _take(work, [*_measured(work, chosen, aim)], done=done, first=len(trials))


def aim_of(work: Work) -> Target | None:
    """Return the comparison that is measured again; None where there are no what-ifs."""
    most = work.run.spec.depth.what_if_sets
    instrument = _instrument(work)
    if not most or instrument is None or not isinstance(work.model, Reader):
        return None
    findings = run_folder.read_records(work.folder, run_folder.FINDINGS, Finding)
    return target(
        [one for one in findings if one.disparity.outcome in instrument.asks],
        work.sets,
        work.library.suites,
        most=most,
        known=_known(work),
    )


def trials_of(work: Work) -> dict[str, list[Reanswered | NeutralReading | NotRead]]:
    """Return what is on file, change by change, in the order in which they were tried."""
    found: dict[str, list[Reanswered | NeutralReading | NotRead]] = {}
    for one in journal.read(work.folder / run_folder.WHAT_IFS, _TRIAL):
        found.setdefault(one.change, []).append(one)
    return found


def tried(work: Work, aim: Target) -> tuple[Change, ...]:
    """Return the changes that were measured, in the strength that was chosen."""
    fitted = run_folder.read_record(work.folder, run_folder.WHAT_IF_FIT, Fitted)
    return changes(_grounds(work, fitted), strength_of(work, aim)) if fitted.file else ()


def observed_under(
    work: Work,
    sets: Sequence[CounterfactualSet],
    answers: Sequence[Reanswered | NeutralReading | NotRead],
) -> Observed:
    """Return what the sets were answered under a change, as columns."""
    return observe(
        sets=sets,
        suites=work.library.suites,
        observations=[one.observation for one in answers if isinstance(one, Reanswered)],
        metrics=plugins.load_all(metrics, Metric),
        policy=work.policy,
        seed=work.run.spec.seed,
    )


def strength_of(work: Work, aim: Target) -> float:
    """Return the strength that leaves least of the gap on the fitted half.

    Only strengths that leave the answer mass above the policy's floor are chosen from, where
    there are any.
    """
    on_file = trials_of(work)
    found = []
    for strength in STRENGTHS:
        seen = observed_under(work, aim.fitted, on_file[_trial_key(strength)])
        mass = float(np.median(seen.mass[seen.answered])) if seen.answered.any() else 0.0
        gap = abs(plain_gap(seen, aim.disparity))
        found.append((mass < work.policy.mass_floor, gap, abs(strength), strength))
    return min(found)[-1]


def _trial_key(strength: float) -> str:
    return f"steering by {strength:+g}"


def _instrument(work: Work) -> Instrument | None:
    return next((one for one in work.instruments if one.name == _INSTRUMENT), None)


def _known(work: Work) -> frozenset[str]:
    """Return the templates on which exact patching chose its parts."""
    if "decided" not in CHOOSERS:
        return frozenset()
    seen = [view.look.template for view in views(work).get("attribution_patching", ())]
    return choosing(seen)


def _decided(work: Work) -> tuple[Component, ...]:
    return CHOOSERS["decided"](views(work)) if "decided" in CHOOSERS else ()


def _fitted(work: Work, aim: Target) -> Fitted:
    """Return what the changes are made of; from the disk, if it is there."""
    if (work.folder / run_folder.WHAT_IF_FIT).exists():
        return run_folder.read_record(work.folder, run_folder.WHAT_IF_FIT, Fitted)
    fitted = _fit(work, aim)
    run_folder.write_record(work.folder, run_folder.WHAT_IF_FIT, fitted)
    return fitted


def _fit(work: Work, aim: Target) -> Fitted:
    sides = [(one, variant) for one in aim.fitted for variant in one.variants]
    fitted_on = tuple(variant.id for _, variant in sides)
    cases = [
        (case_of(work, one, variant.id), variant.group == aim.disparity.group)
        for one, variant in sides
    ]
    try:
        found = fit(_reachable(work), cases)
    except (CapabilityError, MemoryError) as fault:
        return Fitted(fitted_on=fitted_on, layer=-1, detail=str(fault) or "out of memory")
    return Fitted(
        fitted_on=fitted_on,
        layer=found.layer,
        file=_ARRAYS,
        digest=write_arrays(work.folder, _ARRAYS, found.arrays),
    )


def _grounds(work: Work, fitted: Fitted) -> Grounds:
    return Grounds(
        model=_reachable(work),
        fit=read_fit(read_arrays(work.folder, fitted.file)),
        components=_decided(work),
        health=health(views(work).get(QUESTION, ())),
        seed=work.run.spec.seed,
    )


def _reachable(work: Work) -> Reader:
    if not isinstance(work.model, Reader):
        raise CapabilityError("this model cannot be looked into")
    return work.model


def _take(work: Work, steps: Sequence[Step], *, done: int, first: int) -> None:
    """Take the steps that are not on file yet."""
    for number, step in enumerate(steps, start=first):
        if number >= done:
            journal.append(work.folder / run_folder.WHAT_IFS, step.act(number))
        work.watcher.advance(1)


def _strengths(work: Work, grounds: Grounds, aim: Target) -> Iterator[Step]:
    """Yield the steps that try each strength of steering on the fitted half."""
    for strength in STRENGTHS:
        change = steering(grounds, strength)
        yield from _asked(work, aim.fitted, _trial_key(strength), change.enter)


def _measured(work: Work, every: Sequence[Change], aim: Target) -> Iterator[Step]:
    """Yield the steps that measure each change on the other half, and on neutral texts."""
    count = len(material())
    for change in every:
        yield from _asked(work, aim.measured, change.key, change.enter)
        yield Step(count, lambda number, change=change: _neutral(work, number, change))  # type: ignore[misc]


def _asked(
    work: Work,
    sets: Sequence[CounterfactualSet],
    key: str,
    enter: Enter,
) -> Iterator[Step]:
    """Yield one step for each batch of the sets' requests."""
    instrument = _instrument(work)
    if instrument is None:
        return
    asked = list(requests(sets, work.library.suites, instrument.asks))
    costs = [instrument.cost(work.model, one) for one in asked]
    for batch in batches(asked, costs, work.run.spec.batch_tokens):
        yield Step(
            len(batch.requests),
            lambda number, batch=batch: _reanswered(work, instrument, number, batch, key, enter),  # type: ignore[misc]
        )


def _reanswered(  # noqa: PLR0913, PLR0917
    work: Work,
    instrument: Instrument,
    number: int,
    batch: Batch,
    key: str,
    enter: Enter,
) -> list[Reanswered]:
    """Ask one batch while the network is changed."""
    with enter():
        noted = splits_noted(work, number, "what if")
        results = ask_whole(instrument, work.model, batch.requests, noted)
    records = records_of(instrument.name, number, batch, results)
    return [Reanswered(batch=number, change=key, observation=one) for one in records]


def _neutral(work: Work, number: int, change: Change) -> list[NeutralReading | NotRead]:
    """Read the neutral texts while the network is changed."""
    items = material()
    found = read(_reachable(work), items, change.enter)
    return [
        NotRead(batch=number, change=change.key, **vars(one))
        if isinstance(one, Unread)
        else NeutralReading(batch=number, change=change.key, **vars(one))
        for one in found
    ]
