"""Write to the disk so that nothing is ever half there.

Whole files are written beside their place and moved into it. A full disk (or a lost one)
becomes one error that says what stays; a place that can never be written is a wrong request.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from audit.errors import IncompleteError, RunFolderError

PART = ".part"
"""What a file is called beside its place, while it is written."""

_REFUSED = frozenset(
    {
        errno.EACCES,
        errno.EEXIST,
        errno.EISDIR,
        errno.ENAMETOOLONG,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    }
)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        IncompleteError: If the disk is full or gone.
        RunFolderError: If the place cannot be written.
    """
    beside = path.with_name(f"{path.name}{PART}")
    with disk_faults(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("wb", buffering=0) as file:
                _write(file.fileno(), content)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        beside.replace(path)


def append_whole(path: Path, content: bytes) -> None:
    """Append a block whole or not at all.

    Raises:
        IncompleteError: If the disk is full or gone; the file is as it was before.
        RunFolderError: If the place cannot be written.
    """
    with disk_faults(path), path.open("ab", buffering=0) as file:
        before = file.seek(0, os.SEEK_END)
        try:
            _write(file.fileno(), content)
        except OSError:
            with suppress(OSError):  # a torn end is cut off on resuming, too
                os.truncate(path, before)
            raise


@contextmanager
def disk_faults(path: Path) -> Iterator[None]:
    """Turn a fault of the disk into one line that says how to go on."""
    try:
        yield
    except OSError as fault:
        if fault.errno in _REFUSED:
            raise RunFolderError(
                f"cannot write {path}: {fault.strerror}; name a place that can be written"
            ) from fault
        raise IncompleteError(
            f"cannot write {path}: {fault.strerror}; what was measured stays: make room, then "
            "go on with `samata resume`"
        ) from fault


def _write(file: int, content: bytes) -> None:
    """Write everything and see it on the disk; no buffer may write again on closing."""
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]
    os.fsync(file)
