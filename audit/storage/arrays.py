"""Arrays: what is too large for a line of text, as safetensors files beside the journals.

A file is written whole before the record that names it, so that a record on file always has
its numbers; one that a stop left without a record is written again with the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safetensors import SafetensorError
from safetensors.numpy import load, save

from audit.errors import RunFolderError
from audit.records.digests import digest
from audit.storage.disk import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


def write_arrays(folder: Path, name: str, arrays: Mapping[str, NDArray[np.generic]]) -> str:
    """Write arrays as one file below the run folder; return the digest of its contents."""
    content = save({key: arrays[key] for key in sorted(arrays)})
    write_whole(folder / name, content)
    return digest(content)


def read_arrays(folder: Path, name: str) -> dict[str, NDArray[np.generic]]:
    """Read a file of arrays.

    Raises:
        RunFolderError: If it is missing or damaged.
    """
    path = folder / name
    try:
        return load(path.read_bytes())
    except (OSError, SafetensorError) as fault:
        raise RunFolderError(f"{path}: no file of arrays: {fault}") from fault
