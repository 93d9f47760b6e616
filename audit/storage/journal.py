"""Journals: records that are appended while a model is asked, batch by batch.

A batch is the unit of resumption: it is on file whole or not at all. Batches are numbered
and appended in order, so that a resumed journal ends in the same bytes as an uninterrupted
one.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from audit.errors import RunFolderError
from audit.records.record import Record
from audit.storage.disk import append_whole, disk_faults

R = TypeVar("R")


def append(path: Path, records: Iterable[Record]) -> None:
    """Append one batch."""
    append_whole(path, "".join(f"{record.model_dump_json()}\n" for record in records).encode())


def whole_batches(path: Path, sizes: Sequence[int]) -> int:
    """Cut off what a stop left torn, and return how many batches are on file.

    Args:
        path: The journal; it need not exist.
        sizes: How many records each batch of the plan has.
    """
    if not path.exists():
        return 0
    offset = done = seen = 0
    kept = 0
    with path.open("rb") as file:
        for line in file:
            offset += len(line)
            if done == len(sizes) or _batch(line) != done:
                break
            seen += 1
            if seen == sizes[done]:
                done, seen, kept = done + 1, 0, offset
    if kept != path.stat().st_size:
        with disk_faults(path):
            os.truncate(path, kept)
    return done


def read(path: Path, kind: TypeAdapter[R]) -> Iterator[R]:
    """Yield a journal's records.

    Raises:
        RunFolderError: If a line is damaged, with its number.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield kind.validate_json(line)
            except ValidationError as fault:
                reason = fault.errors()[0]["msg"]
                raise RunFolderError(f"{path}:{number}: damaged record: {reason}") from None


def _batch(line: bytes) -> int:
    """Return the batch of a line, or -1 if the line is torn."""
    if not line.endswith(b"\n"):
        return -1
    try:
        number = json.loads(line)["batch"]
    except (ValueError, KeyError, TypeError):
        return -1
    return number if isinstance(number, int) else -1
