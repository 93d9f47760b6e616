"""Look inside: put the questions about the network to pairs chosen by rule from the findings.

The cheap questions are asked about many screened pairs, the dear ones about the explained
pairs alone. One question and pair is one batch: its arrays are on file before its record is.
Components that a question is about are chosen by a pure function of what earlier rounds
wrote down, so that a resumed run chooses the same.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from pydantic import TypeAdapter

from audit.analyses.choosing_parts import decided_parts, screened_parts
from audit.analyses.contract import Observed, View
from audit.errors import CapabilityError
from audit.findings.exemplars import (
    Bearing,
    bearings,
    pairs_to_explain,
    pairs_to_screen,
    pairs_to_show,
)
from audit.internals.asking import ask
from audit.internals.contract import Question, Refused, Seen
from audit.internals.pairs import Pair, open_pair
from audit.models.cases import Case
from audit.models.contract import Intervenes, NotScored
from audit.pipeline.explaining import case_of
from audit.pipeline.planning import Work
from audit.pipeline.vetting import Vetted, vetted
from audit.records.counterfactuals import CounterfactualSet
from audit.records.findings import Exemplar, Finding
from audit.records.internals import Component, Look, Looked, NotLooked
from audit.records.runs import Deviation
from audit.storage import folder as run_folder
from audit.storage import journal
from audit.storage.arrays import read_arrays, write_arrays

_LOOK: TypeAdapter[Looked | NotLooked] = TypeAdapter(Look)

Chooser = Callable[[Mapping[str, Iterator[View]]], tuple[Component, ...]]
"""Returns the components that a round is about, from the views of the rounds before it."""

CHOOSERS: Mapping[str, Chooser] = {
    "": lambda _: (),
    "screened": screened_parts,
    "decided": decided_parts,
}
"""What a question wants (`Question.wants`) -> who chooses it; the order is that of the rounds."""


_OPEN = 2
"""Pairs kept open: with another name of the reference group, and without."""

_Open = Callable[[tuple[str, str, str], bool], Pair | NotScored]


@dataclass(frozen=True)
class _Task:
    """One question about one pair; `refused` says why it cannot be put to this model."""

    question: Question
    refused: str
    pair: Exemplar
    one: CounterfactualSet
    bearing: Bearing


def look(work: Work, seen: Observed) -> None:
    """Ask what is not on file yet, round by round."""
    rounds = _rounds(work, seen)
    path = work.folder / run_folder.INTERNALS
    done = journal.whole_batches(path, [1] * sum(len(tasks) for _, tasks in rounds))
    work.watcher.stage("look inside", sum(len(tasks) for _, tasks in rounds))
    number = 0
    for want, tasks in rounds:
        components = CHOOSERS[want](views(work)) if tasks else ()
        opened = lru_cache(maxsize=_OPEN)(partial(_opened, work, work.model))
        for task in tasks:
            if number >= done:
                look_at = _looked(work, task, number, components, opened)
                journal.append(path, [look_at])
                _deviate(work, look_at)
            number += 1
            work.watcher.advance(1)


def views(work: Work) -> dict[str, Iterator[View]]:
    """Return question -> its views, read from the disk one at a time."""
    path = work.folder / run_folder.INTERNALS
    looks = [one for one in journal.read(path, _LOOK) if isinstance(one, Looked)]
    names = dict.fromkeys(one.question for one in looks)
    return {name: _views(work, [o for o in looks if o.question == name]) for name in names}


def _views(work: Work, looks: Sequence[Looked]) -> Iterator[View]:
    return (View(one, read_arrays(work.folder, one.file)) for one in looks)


def _rounds(work: Work, seen: Observed) -> list[tuple[str, list[_Task]]]:
    """Return each round's tasks: each of its pairs, and every question that wants this of it."""
    findings = run_folder.read_records(work.folder, run_folder.FINDINGS, Finding)
    asked = questions(work)
    where = bearings(findings, seen) if asked else {}
    sets = {one.id: one for one in work.sets}
    tasks = [
        _Task(one.question, one.refused, pair, sets[pair.set_id], where[_key(pair)])
        for one in asked
        for pair in _chosen(work, seen, one.question, findings)
    ]
    return [
        (want, _pair_by_pair(t for t in tasks if t.question.wants == want)) for want in CHOOSERS
    ]


def _pair_by_pair(tasks: Iterable[_Task]) -> list[_Task]:
    """Return the tasks with all questions about a pair together, for it is opened once."""
    by_pair: dict[tuple[str, str, str], list[_Task]] = {}
    for task in tasks:
        by_pair.setdefault(_key(task.pair), []).append(task)
    return [task for own in by_pair.values() for task in own]


def _chosen(
    work: Work, seen: Observed, question: Question, findings: Sequence[Finding]
) -> tuple[Exemplar, ...]:
    """Return a question's pairs; those that the report shows are among the screened ones."""
    depth = work.run.spec.depth
    if not (question.screens or question.shown):
        return pairs_to_explain(findings, seen, depth, depth.patched)
    shown = {_key(pair): pair for pair in pairs_to_show(findings, depth)}
    if question.shown:
        return tuple(shown.values())
    count = min(depth.screened, question.enough or depth.screened)
    screened = pairs_to_screen(findings, seen, count)
    return tuple((shown | {_key(pair): pair for pair in screened}).values())


def _key(pair: Exemplar) -> tuple[str, str, str]:
    return pair.set_id, pair.variant, pair.reference_variant


def questions(work: Work) -> tuple[Vetted, ...]:
    """Return the questions of the run's depth that a model of this kind can be asked."""
    if not isinstance(work.model, Intervenes):
        return ()
    return vetted(work.model, work.run.spec.depth.internals)


def _deviate(work: Work, look_at: Looked | NotLooked) -> None:
    """Note what went otherwise than planned."""
    if isinstance(look_at, Looked):
        for remark in look_at.remarks:
            what = f"{look_at.question}, pair {look_at.batch}: {remark}"
            deviation = Deviation(
                stage="look inside", what=what, detail="numbers may differ by 1e-4"
            )
            run_folder.add_record(work.folder, run_folder.DEVIATIONS, deviation)


def _looked(
    work: Work, task: _Task, number: int, components: tuple[Component, ...], opened: _Open
) -> Looked | NotLooked:
    pair, name = task.pair, task.question.name
    try:
        found = Refused(task.refused) if task.refused else _observe(work, task, components, opened)
    except (CapabilityError, MemoryError) as fault:
        found = Refused(str(fault) or "out of memory")
    if isinstance(found, Refused):
        return NotLooked(
            batch=number,
            question=name,
            set_id=pair.set_id,
            variant=pair.variant,
            reference_variant=pair.reference_variant,
            detail=found.detail,
        )
    file = f"{run_folder.INTERNAL_ARRAYS}/{number:06d}-{name}.safetensors"
    group, reference = (task.one.variant(v) for v in (pair.variant, pair.reference_variant))
    return Looked(
        batch=number,
        question=name,
        set_id=pair.set_id,
        template=task.one.template,
        variant=pair.variant,
        reference_variant=pair.reference_variant,
        direction=task.bearing.direction,
        established=task.bearing.established,
        arrays={key: array.shape for key, array in sorted(found.arrays.items())},
        labels=dict(found.labels),
        file=file,
        digest=write_arrays(work.folder, file, found.arrays),
        remarks=found.remarks,
        axis=task.one.axis,
        group=group.group,
        reference=reference.group,
        language=task.one.language,
        name=group.name,
        reference_name=reference.name,
    )


def _observe(
    work: Work, task: _Task, components: tuple[Component, ...], opened: _Open
) -> Seen | Refused:
    if not isinstance(work.model, Intervenes):
        return Refused("this model cannot be looked into")
    found = opened(_key(task.pair), task.question.controlled)
    if isinstance(found, NotScored):
        return Refused(found.detail)
    return ask(task.question, work.model, found, components)


def _opened(
    work: Work, model: Any, key: tuple[str, str, str], controlled: bool
) -> Pair | NotScored:
    """Return a pair of prompts, with the reference group's next name beside it if wanted."""
    one = next(like for like in work.sets if like.id == key[0])
    group, reference = (case_of(work, one, variant) for variant in key[1:])
    other = _other_name(work, one, key[2]) if controlled else None
    return open_pair(model, group, reference, set_id=one.id, template=one.template, other=other)


def _other_name(work: Work, one: CounterfactualSet, variant_id: str) -> Case | None:
    """Return the same case of the same group under its next name, in the order of the keys."""
    here = one.variant(variant_id)
    where = (one.suite_key, one.template, one.axis, one.cue)
    others = {
        (variant.name, variant.id): like
        for like in work.sets
        if (like.suite_key, like.template, like.axis, like.cue) == where
        for variant in like.variants
        if variant.group == here.group and variant.name != here.name
    }
    if not others:
        return None
    later = [key for key in others if key[0] > here.name]
    chosen = min(later or others)
    return case_of(work, others[chosen], chosen[1])
