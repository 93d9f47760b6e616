"""Parts: where a component's activation flows: its site and the columns of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audit.models.sites import Site
from audit.records.internals import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.models.architectures import Architecture
    from audit.records.internals import Component


def stretch(parts: Architecture, component: Component) -> tuple[Site, slice]:
    """Return a component's site and its columns there.

    A head is read and moved where attention's output projection takes it in, one query head
    at a time; keys and values may be shared between heads.
    """
    layer, index = component.layer, component.index
    if component.kind == "head":
        width = parts.head_width
        return Site(layer, "heads"), slice(index * width, (index + 1) * width)
    if component.kind == "neuron":
        return Site(layer, "neurons"), slice(index, index + 1)
    return Site(layer, component.kind), slice(None)


def numbered(components: Sequence[Component]) -> NDArray[np.int32]:
    """Return components as numbers: kind, layer, index, (components, 3)."""
    rows = [(KINDS.index(one.kind), one.layer, one.index) for one in components]
    return np.array(rows, dtype=np.int32).reshape(-1, 3)
