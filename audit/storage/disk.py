"""Write to the disk so that nothing is ever half there.

Whole files are written beside their place and moved into it. A full disk (or a lost one)
becomes one error that says what stays.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audit.errors import IncompleteError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        IncompleteError: If the disk is full or gone.
    """
    beside = path.with_name(f"{path.name}.part")
    with disk_faults(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)


def append_whole(path: Path, content: bytes) -> None:
    """Append a block whole or not at all.

    Raises:
        IncompleteError: If the disk is full or gone; the file is as it was before.
    """
    with disk_faults(path), path.open("ab") as file:
        before = file.seek(0, os.SEEK_END)
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            os.truncate(path, before)
            raise


@contextmanager
def disk_faults(path: Path) -> Iterator[None]:
    """Turn a fault of the disk into one line that says how to go on."""
    try:
        yield
    except OSError as fault:
        raise IncompleteError(
            f"cannot write {path}: {fault.strerror}; what was measured stays: make room, "
            f"then `samata resume {path.parent}`"
        ) from fault
