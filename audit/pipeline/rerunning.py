"""Rerunning: put exactly the sets of an earlier run to another model.

Probes, policy and sets are those on file, not the shipped ones and not drawn anew; depth, seed,
system prompt and chat mode are the earlier run's unless the user says otherwise. What the
audit file stated about the system under audit is left behind, for it is another system.
"""

from pathlib import Path

from audit.errors import RunFolderError
from audit.pipeline.planning import Material, Work, lay, must_be_as_planned
from audit.pipeline.watcher import Watcher
from audit.records.counterfactuals import CounterfactualSet
from audit.records.findings import Policy
from audit.records.runs import ModelRequest, RunFile, RunSpec
from audit.storage import folder as run_folder
from audit.storage.manifest import audit_id, faults
from audit.suites.library import read_library

_ASKED = (run_folder.SETS, run_folder.POLICY, f"{run_folder.PROBES}/")


def respecified(old: RunFile, model: ModelRequest, *, date: str, system: str) -> RunSpec:
    """Return the spec of a rerun.

    Args:
        old: The earlier run.
        model: The model to ask now.
        date: Of the new plan, ISO 8601.
        system: What the system is called; empty for not stated.
    """
    stated = {"system": system, "version": "", "provider": ""}
    engagement = old.spec.engagement.model_copy(update=stated)
    return old.spec.model_copy(
        update={
            "model": model,
            "date": date,
            "engagement": engagement,
            "rerun_of": audit_id(old),
        }
    )


def rerun(spec: RunSpec, old: Path, folder: Path, *, threads: int, watcher: Watcher) -> Work:
    """Plan a new run over the sets of an old one and lay its folder.

    Args:
        spec: As `respecified` gives it.
        old: A run, finished or not; its sets must be on file.
        folder: An empty or new folder.

    Raises:
        RunFolderError: If the old folder is no run, has no sets yet, or was changed.
        RequestError: If the model cannot be loaded as asked.
    """
    run = run_folder.read_run(old)
    library = read_library(old / run_folder.PROBES)
    policy = run_folder.read_record(old, run_folder.POLICY, Policy)
    must_be_as_planned(old, run, library)
    _must_be_unchanged(old)
    sets = run_folder.read_records(old, run_folder.SETS, CounterfactualSet)
    _must_be_whole(old, run, sets)
    material = Material(library, policy, sets)
    return lay(material, spec, folder, threads=threads, audit_file=b"", watcher=watcher)


def _must_be_unchanged(old: Path) -> None:
    """Refuse sets that were changed after the run was closed; a stopped run has no manifest."""
    if not (old / run_folder.MANIFEST).exists():
        return
    changed = [line for line in faults(old) if line.startswith(_ASKED)]
    if changed:
        raise RunFolderError(f"{old}: {changed[0]}; bring the file back, or start a new run")


def _must_be_whole(old: Path, run: RunFile, sets: tuple[CounterfactualSet, ...]) -> None:
    if not sets:
        raise RunFolderError(f"{old} has no sets yet; `samata resume {old}` makes them")
    unknown = sorted({one.suite_key for one in sets} ^ set(run.stamp.suites))
    if unknown:
        raise RunFolderError(
            f"{old / run_folder.SETS}: not the plan's sets ({unknown[0]} differs)"
        )
