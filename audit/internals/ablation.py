"""Ablation: what if parts of the network said the same to everybody?

A head, a neuron, a whole attention or MLP, or a dimension of the residual stream is held at its
mean over the suite's places, so that what it says no longer depends on the text. The mean and
not zero, for zero is a value that the later layers have never seen. The first place of a
prompt is left alone: nothing was read before it, and large models keep constants there.

Source: mean ablation, Wang et al. 2023, arXiv:2211.00593.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from audit.models.architectures import architecture
from audit.models.sites import Site, edited

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from audit.models.contract import Intervenes
    from audit.models.sites import SiteKind
    from audit.records.internals import Component

    Means = Mapping[Site, NDArray[np.generic]]

_SITES: Mapping[str, SiteKind] = {
    "attention": "attention",
    "mlp": "mlp",
    "head": "heads",
    "neuron": "neurons",
}


@contextmanager
def ablated(model: Intervenes, components: Sequence[Component], means: Means) -> Iterator[None]:
    """Hold components at their means, at every place but the first.

    Args:
        components: Any number, in any layers.
        means: Each component's site -> the mean of all that flows there, (width,).

    Raises:
        CapabilityError: If the family has no such part under a known name.
        KeyError: If a mean is missing.
    """
    head_width = architecture(model.module).head_width
    chosen: dict[Site, list[int]] = defaultdict(list)
    for one in components:
        site = site_of(one)
        width = means[site].shape[0]
        chosen[site] += {
            "head": range(one.index * head_width, (one.index + 1) * head_width),
            "neuron": range(one.index, one.index + 1),
        }.get(one.kind, range(width))
    with held(model, chosen, means):
        yield


@contextmanager
def held(model: Intervenes, entries: Mapping[Site, Sequence[int]], means: Means) -> Iterator[None]:
    """Hold entries of what flows through sites at their means, at every place but the first."""
    edits = {
        site: partial(_hold, sorted(set(places)), means[site])
        for site, places in entries.items()
        if len(places)
    }
    with edited(architecture(model.module), edits):
        yield


def site_of(component: Component) -> Site:
    """Return where a component's values flow."""
    return Site(component.layer, _SITES[component.kind])


def _hold(entries: list[int], means: NDArray[np.generic], flow: Tensor) -> Tensor:
    import torch  # noqa: PLC0415 - components are chosen where torch is not loaded

    values = torch.from_numpy(np.asarray(means, dtype=np.float64)[entries]).to(flow)
    changed = flow.clone()
    changed[:, 1:, entries] = values
    return changed
