"""The manifest: digests that close a run, and the check that nothing changed since.

`run.json` also keeps times, which no digest should depend on; of it the manifest binds the
plan alone.
"""

from pathlib import Path

from audit.records.digests import digest, record_digest
from audit.records.runs import Manifest, RunFile
from audit.storage import folder as run_folder

_ID_LENGTH = 12


def plan_digest(run: RunFile) -> str:
    """Return the digest of the plan: everything in `run.json` but the times."""
    return record_digest(run.model_copy(update={"sittings": ()}))


def audit_id(run: RunFile) -> str:
    """Return the short name of an audit: the beginning of its plan's digest."""
    return plan_digest(run)[:_ID_LENGTH]


def close(folder: Path) -> Manifest:
    """Write the manifest of everything in the folder."""
    run = run_folder.read_run(folder)
    files = {name: digest(path.read_bytes()) for name, path in _bound(folder).items()}
    manifest = Manifest(plan=plan_digest(run), files=files)
    run_folder.write_record(folder, run_folder.MANIFEST, manifest)
    return manifest


def faults(folder: Path) -> list[str]:
    """Return one line for everything that is not as the manifest says; empty if all is well.

    Raises:
        RunFolderError: If the folder is no run, or the run was never closed.
    """
    run = run_folder.read_run(folder)
    manifest = run_folder.read_record(folder, run_folder.MANIFEST, Manifest)
    present = _bound(folder)
    lines = []
    if plan_digest(run) != manifest.plan:
        lines.append(f"{run_folder.RUN}: the plan changed since the run was closed")
    for name, expected in manifest.files.items():
        if name not in present:
            lines.append(f"{name}: missing")
        elif digest(present[name].read_bytes()) != expected:
            lines.append(f"{name}: changed since the run was closed")
    lines += [
        f"{name}: added since the run was closed" for name in present.keys() - manifest.files
    ]
    return sorted(lines)


def _bound(folder: Path) -> dict[str, Path]:
    """Return every file that the manifest binds, by its name inside the folder."""
    apart = {run_folder.RUN, run_folder.MANIFEST}
    found = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    return {name: path for name, path in found.items() if name not in apart}
