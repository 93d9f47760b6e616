"""Steering: what if every text were moved along the direction that tells the group?

The vector is the mean difference between the group's states and the reference group's at one
layer; some multiple of it is added at every place but the first of every prompt, whoever is
named in it, for a system in use is not told. How large the multiple should be is chosen on the
half of the templates that the vector comes from.

Source: Rimsky et al. 2024, arXiv:2312.06681 (contrastive activation addition).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from audit.models.architectures import architecture
from audit.models.sites import Site, edited

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from audit.models.contract import Intervenes

    Array = NDArray[np.float64]

STRENGTHS = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)
"""The multiples that are tried."""


def steering_vector(states: Array, is_group: NDArray[np.bool_]) -> Array:
    """Return the mean of the group's states minus that of the others: (n, d) -> (d,)."""
    difference: Array = states[is_group].mean(axis=0) - states[~is_group].mean(axis=0)
    return difference


@contextmanager
def steered(model: Intervenes, site: Site, vector: Array) -> Iterator[None]:
    """Add a vector at every place of a site but the first.

    Raises:
        CapabilityError: If the family has no such part under a known name.
    """

    def edit(flow: Tensor) -> Tensor:
        import torch  # noqa: PLC0415 - vectors are made where torch is not loaded

        changed = flow.clone()
        changed[:, 1:] += torch.from_numpy(vector).to(flow)
        return changed

    with edited(architecture(model.module), {site: edit}):
        yield
