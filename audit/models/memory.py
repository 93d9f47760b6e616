"""Memory: every library's way of running out of it, as one error.

A caller that can do with less, by halving a batch for instance, catches `MemoryError` and
need not know what the model computes on.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory")


@contextmanager
def memory_errors() -> Iterator[None]:
    """Turn what a library raises when memory is short into `MemoryError`."""
    try:
        yield
    except torch.OutOfMemoryError as fault:
        raise MemoryError(str(fault)) from fault
    except RuntimeError as fault:
        if any(said in str(fault) for said in _NO_MEMORY):
            raise MemoryError(str(fault)) from fault
        raise
