"""Memory: every library's way of running out of it as one error, and passes that then halve."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")
R = TypeVar("R")

_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory")


@contextmanager
def memory_errors() -> Iterator[None]:
    """Turn every library's way of running out of memory into `MemoryError`."""
    try:
        yield
    except torch.OutOfMemoryError as fault:
        raise MemoryError(str(fault)) from fault
    except RuntimeError as fault:
        if any(said in str(fault) for said in _NO_MEMORY):
            raise MemoryError(str(fault)) from fault
        raise


def in_halves(act: Callable[[Sequence[T]], list[R]], items: Sequence[T]) -> tuple[list[R], int]:
    """Act on all items at once; where memory does not suffice, on their halves.

    Args:
        act: Returns one result an item, in order.

    Returns:
        The results, and how often items had to be split.

    Raises:
        MemoryError: If a single item exceeds memory.
    """
    try:
        return act(items), 0
    except MemoryError:
        if len(items) <= 1:
            raise
    middle = len(items) // 2
    one, splits = in_halves(act, items[:middle])
    two, more = in_halves(act, items[middle:])
    return [*one, *two], splits + more + 1
