"""The run folder: one audit, readable with any text editor.

    run.json              the plan, fixed before any answer, and the sittings since
    audit.toml            the audit file as it was (where one was used)
    policy.json           the policy as it was
    probes/               the suites, identities and names as they were
    sets.jsonl            the counterfactual sets
    observations.jsonl    what was answered, or why not, batch by batch
    disparities.jsonl     findings.jsonl    scorecard.json
    non_answers.jsonl     heterogeneity.jsonl    exploratory.jsonl
    attributions.jsonl    word_evidence.jsonl    word_ranks.jsonl
    internals.jsonl       internals/    inside.jsonl
    what_if_fit.json      what_ifs.jsonl
    spikes.jsonl          shifts planted in the network and what they did, trial by trial
    placebos.jsonl        recoveries.jsonl    calibration.json
    word_trials.jsonl     prompts that were emptied word by word, batch by batch
    randomised.jsonl      attributions under random weights, batch by batch
    method_trust.jsonl    method_agreement.jsonl
    responsible_words.jsonl    responsible_share.jsonl
    deviations.jsonl      what went otherwise than planned
    report.html           report.pdf
    manifest.json         digests of all of these

All names are valid on Windows too.
"""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from audit.errors import IncompleteError, RunFolderError
from audit.records.record import Record
from audit.records.runs import RunFile, Sitting
from audit.storage import journal
from audit.storage.disk import PART, disk_faults, write_whole

R = TypeVar("R", bound=Record)

RUN = "run.json"
AUDIT_FILE = "audit.toml"
POLICY = "policy.json"
PROBES = "probes"
SETS = "sets.jsonl"
OBSERVATIONS = "observations.jsonl"
DISPARITIES = "disparities.jsonl"
NON_ANSWERS = "non_answers.jsonl"
HETEROGENEITY = "heterogeneity.jsonl"
FINDINGS = "findings.jsonl"
EXPLORATORY = "exploratory.jsonl"
ATTRIBUTIONS = "attributions.jsonl"
WORD_EVIDENCE = "word_evidence.jsonl"
WORD_RANKS = "word_ranks.jsonl"
INTERNALS = "internals.jsonl"
INTERNAL_ARRAYS = "internals"
INSIDE = "inside.jsonl"
WHAT_IF_FIT = "what_if_fit.json"
WHAT_IFS = "what_ifs.jsonl"
SPIKES = "spikes.jsonl"
PLACEBOS = "placebos.jsonl"
RECOVERIES = "recoveries.jsonl"
CALIBRATION = "calibration.json"
WORD_TRIALS = "word_trials.jsonl"
RANDOMISED = "randomised.jsonl"
LEDGERS = "ledgers.jsonl"
METHOD_TRUST = "method_trust.jsonl"
METHOD_AGREEMENT = "method_agreement.jsonl"
RESPONSIBLE = "responsible_words.jsonl"
RESPONSIBLE_SHARE = "responsible_share.jsonl"
SCORECARD = "scorecard.json"
DEVIATIONS = "deviations.jsonl"
MANIFEST = "manifest.json"


def create(folder: Path, run: RunFile, inputs: Mapping[str, bytes]) -> None:
    """Lay a new run folder: beside its place first, so that it is there whole or not at all.

    Raises:
        RunFolderError: If the folder holds anything already, or cannot be made.
        IncompleteError: If the disk is full; nothing is left behind.
    """
    _must_be_empty(folder)
    beside = folder.resolve().with_name(f"{folder.resolve().name}{PART}")
    shutil.rmtree(beside, ignore_errors=True)  # what a killed laying left
    try:
        for name, content in sorted(inputs.items()):
            write_whole(beside / name, content)
        write_run(beside, run)
        _move(beside, folder)
    except IncompleteError as fault:
        raise IncompleteError(
            f"cannot lay {folder}: {fault.__cause__}; nothing was asked: make room and run again"
        ) from fault
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove files that a stop left half-written beside their places."""
    for path in folder.rglob(f"*{PART}"):
        path.unlink()


def read_run(folder: Path) -> RunFile:
    """Read `run.json`.

    Raises:
        RunFolderError: If there is none, or it is damaged, or of another format.
    """
    path = folder / RUN
    if not path.is_file():
        raise RunFolderError(f"{folder} is no run folder: it has no {RUN}")
    return _parse(path, RunFile)


def write_run(folder: Path, run: RunFile) -> None:
    """Write `run.json`."""
    write_whole(folder / RUN, f"{run.model_dump_json(indent=2)}\n".encode())


def with_sitting(run: RunFile, sitting: Sitting) -> RunFile:
    """Return the run with its last sitting replaced, or added if it has just begun."""
    former = run.sittings
    if former and former[-1].started == sitting.started:
        former = former[:-1]
    return run.model_copy(update={"sittings": (*former, sitting)})


def write_records(folder: Path, name: str, records: Iterable[Record]) -> None:
    """Write derived records, one a line, whole or not at all."""
    lines = (f"{record.model_dump_json()}\n" for record in records)
    write_whole(folder / name, "".join(lines).encode())


def read_records(folder: Path, name: str, kind: type[R]) -> tuple[R, ...]:
    """Read derived records; none if the file is not there yet."""
    return tuple(journal.read(folder / name, TypeAdapter(kind)))


def write_record(folder: Path, name: str, record: Record) -> None:
    """Write one derived record."""
    write_whole(folder / name, f"{record.model_dump_json(indent=2)}\n".encode())


def read_record(folder: Path, name: str, kind: type[R]) -> R:
    """Read one derived record.

    Raises:
        RunFolderError: If it is not there or damaged.
    """
    path = folder / name
    if not path.is_file():
        raise RunFolderError(f"{folder} has no {name} yet; `samata resume {folder}` makes it")
    return _parse(path, kind)


def add_record(folder: Path, name: str, record: Record) -> None:
    """Add one record, unless it is there already; the file is whole at any time."""
    path = folder / name
    former = path.read_bytes() if path.exists() else b""
    line = f"{record.model_dump_json()}\n".encode()
    if line not in former.splitlines(keepends=True):
        write_whole(path, former + line)


def _must_be_empty(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise RunFolderError(f"{folder} is a file; name an empty or new folder with --out")
    if (folder / RUN).exists():
        raise RunFolderError(
            f"{folder} holds another run; name an empty folder with --out, or go on with "
            f"`samata resume {folder}`"
        )
    if any(folder.iterdir()):
        raise RunFolderError(f"{folder} holds other files; name an empty folder with --out")


def _move(beside: Path, folder: Path) -> None:
    """Put a laid folder in its place; `run.json` last, where the place is there already."""
    with disk_faults(folder):
        if not folder.exists():
            beside.rename(folder)
            return
        for path in sorted(beside.iterdir(), key=lambda one: (one.name == RUN, one.name)):
            path.rename(folder / path.name)


def _parse(path: Path, kind: type[R]) -> R:
    try:
        return kind.model_validate_json(path.read_bytes())
    except ValidationError as fault:
        first = fault.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        reason = str(first["msg"]).removeprefix("Value error, ")
        raise RunFolderError(f"{path}: {key or 'damaged'}: {reason}") from None
