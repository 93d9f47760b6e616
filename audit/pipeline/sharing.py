"""Sharing: what several runs were all asked, word for word.

A set is common where every run has it and asked it alike: the same variants, question, frame
and answers. Of a set that runs drew different names for, the common variants are kept. Where
one run gave no answer, the prompt counts as unanswered for all, so that all estimates rest on
the same prompts and nobody gains by refusing.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from audit.errors import RequestError
from audit.records.comparisons import Unshared
from audit.records.counterfactuals import CounterfactualSet
from audit.records.findings import Policy
from audit.records.observations import Failure, Measurement, Observation
from audit.records.runs import RunFile
from audit.records.scores import Scorecard
from audit.storage import folder as run_folder
from audit.storage import journal
from audit.suites.library import Library, read_library

_OBSERVATION: TypeAdapter[Measurement | Failure] = TypeAdapter(Observation)


@dataclass(frozen=True)
class Opened:
    """A finished run, read whole."""

    folder: Path
    run: RunFile
    policy: Policy
    library: Library
    sets: tuple[CounterfactualSet, ...]
    observations: tuple[Measurement | Failure, ...]
    scorecard: Scorecard


@dataclass(frozen=True)
class Common:
    """What the runs share.

    Attributes:
        sets: In the first run's order, with the common variants only.
        everyone: Ids of the variants that every run answered.
    """

    sets: tuple[CounterfactualSet, ...]
    everyone: frozenset[str]
    unshared: tuple[Unshared, ...]

    @property
    def prompts(self) -> frozenset[str]:
        """Ids of all common variants."""
        return frozenset(variant.id for one in self.sets for variant in one.variants)


def opened(folder: Path) -> Opened:
    """Read a finished run.

    Raises:
        RunFolderError: If the folder is no run, or the run is not finished.
    """
    run = run_folder.read_run(folder)
    return Opened(
        folder=folder,
        run=run,
        scorecard=run_folder.read_record(folder, run_folder.SCORECARD, Scorecard),
        policy=run_folder.read_record(folder, run_folder.POLICY, Policy),
        library=read_library(folder / run_folder.PROBES),
        sets=run_folder.read_records(folder, run_folder.SETS, CounterfactualSet),
        observations=tuple(journal.read(folder / run_folder.OBSERVATIONS, _OBSERVATION)),
    )


def common(runs: Sequence[Opened]) -> Common:
    """Return what all runs were asked.

    Raises:
        RequestError: If they share no set.
    """
    asked = [{one.id: (one, _words(one, run.library)) for one in run.sets} for run in runs]
    sets = tuple(one for one in _shared(runs[0].sets, asked) if one is not None)
    if not sets:
        raise RequestError(
            f"{' and '.join(str(run.folder) for run in runs)} share no set, so nothing can be "
            "compared; `samata rerun` asks exactly the sets of an earlier run"
        )
    answered = [{o.variant for o in run.observations if o.record == "measurement"} for run in runs]
    prompts = {variant.id for one in sets for variant in one.variants}
    return Common(
        sets=sets,
        everyone=frozenset(prompts.intersection(*answered)),
        unshared=tuple(_unshared(runs, {one.id for one in sets})),
    )


_Asked = dict[str, tuple[CounterfactualSet, str]]


def _shared(
    sets: Sequence[CounterfactualSet], asked: Sequence[_Asked]
) -> Iterator[CounterfactualSet | None]:
    for one in sets:
        found = [run[one.id] for run in asked if one.id in run]
        alike = len({words for _, words in found}) == 1
        yield (
            _cut(one, [other for other, _ in found])
            if alike and len(found) == len(asked)
            else None
        )


def _cut(one: CounterfactualSet, runs: Sequence[CounterfactualSet]) -> CounterfactualSet | None:
    """Return the set with the variants that all runs have, or None if no comparison is left."""
    ids = set.intersection(*({variant.id for variant in run.variants} for run in runs))
    kept = tuple(variant for variant in one.variants if variant.id in ids)
    groups = {variant.group for variant in kept}
    if one.reference not in groups or len(groups) == 1:
        return None
    return one.model_copy(update={"variants": kept})


def _words(one: CounterfactualSet, library: Library) -> str:
    """Return everything that stands around the variants of a set when it is asked."""
    suite = library.suites[one.suite_key]
    template = suite.template(one.template)
    outcome = suite.outcome(template.outcome)
    parts = (suite.frame.model_dump_json(), template.question, outcome.model_dump_json())
    return "\n".join((*parts, template.expected, one.reference))


def _unshared(runs: Sequence[Opened], shared: set[str]) -> Iterator[Unshared]:
    for number, run in enumerate(runs):
        sets = Counter(one.suite_key for one in run.sets)
        kept = Counter(one.suite_key for one in run.sets if one.id in shared)
        for suite, count in sorted(sets.items()):
            if kept[suite] < count:
                yield Unshared(
                    run=number,
                    suite=suite,
                    version=run.library.suites[suite].version,
                    sets=count,
                    shared=kept[suite],
                )
