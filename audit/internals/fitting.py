"""Fitting: what the what-ifs need to know of the network, from one half of the templates.

Every prompt of the group and of the reference group is run forward and backward. Read off
are: the residual stream at the words that name the group, after them, and where the answer
is read; what each layer adds to the difference between the groups at the answer's place, in
log-odds through the frozen rest of the network; which heads and neurons carry it there (mean
difference of their values times the mean gradient of the log-odds); and every head's and
neuron's mean, which ablation puts in their place.

The layer chosen is the one that *writes* most of the difference; a what-if at a layer acts on
what goes into it. Which component matters is decided by exact patching where a run has it; the
first-order ranking here stands in where it has not.

Source: direct contributions through the frozen final norm, Elhage et al. 2021 (transformer
        circuits); difference times gradient, Nanda 2023 (attribution patching).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import CapabilityError
from audit.internals.erasure import Moments
from audit.models.architectures import architecture
from audit.models.cases import open_case
from audit.models.contract import NotScored
from audit.models.sites import EMBEDDINGS, Site, captured
from audit.records.internals import Component

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from audit.models.architectures import Architecture
    from audit.models.cases import Case, Opened
    from audit.models.contract import Intervenes

    Arrays = dict[str, NDArray[np.float64]]

KINDS = ("span", "later", "answer")
"""The places of a prompt at which states are read: a mean over its tokens each."""


@dataclass(frozen=True)
class Fit:
    """What one half of the templates says about a group's difference.

    Attributes:
        layer: It writes most of the difference.
        states: What goes into that layer, (variants, kinds of place, width), each a mean.
        is_group: Whether a variant names the group, (variants,).
        sums: What goes into it, added up over places and orders, (variants, kinds, width).
        counts: Of the places in these sums, (variants, kinds).
        places: Of all prompts, those before the group is named included.
        total: Sum of what goes into it at all of them, (width,).
        squares: Sum of its outer products, (width, width).
        written: What each layer adds to the difference at the answer, in nats, (layers,).
        head_effects: (layers, heads), first-order, in nats.
        neuron_effects: (layers, neurons).
        head_means: (layers, heads * head width).
        neuron_means: (layers, neurons).
    """

    layer: int
    states: NDArray[np.float64]
    is_group: NDArray[np.bool_]
    sums: NDArray[np.float64]
    counts: NDArray[np.float64]
    places: int
    total: NDArray[np.float64]
    squares: NDArray[np.float64]
    written: NDArray[np.float64]
    head_effects: NDArray[np.float64]
    neuron_effects: NDArray[np.float64]
    head_means: NDArray[np.float64]
    neuron_means: NDArray[np.float64]

    @property
    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """All of it, to be written down."""
        return {name: np.asarray(value) for name, value in vars(self).items()} | {
            "is_group": self.is_group.astype(np.int8)
        }


def read_fit(arrays: Mapping[str, NDArray[np.generic]]) -> Fit:
    """Return a fit from what was written down."""
    found: dict[str, Any] = dict(arrays)
    whole = {name: int(found[name]) for name in ("layer", "places")}
    found |= whole | {"is_group": found["is_group"].astype(np.bool_)}
    return Fit(**found)


def fit(model: Intervenes, cases: Sequence[tuple[Case, bool]]) -> Fit:
    """Run every prompt of one half and return what it says.

    Args:
        cases: Each with whether it names the group; both groups must be among them.

    Raises:
        CapabilityError: If the network lacks a part, or no prompt of a group can be opened.
    """
    parts = architecture(model.module)
    known = [(opened, group) for case, group in cases if (opened := _opened(model, case))]
    is_group = np.array([group for _, group in known], dtype=np.bool_)
    if not is_group.any() or is_group.all():
        raise CapabilityError("no prompt of one of the two groups can be opened")
    states, sides = _added_up(parts, known)
    counts = {True: is_group.sum(), False: (~is_group).sum()}
    means = {name: (sides[True][name] + sides[False][name]) / len(known) for name in sides[True]}
    gaps = {
        name: sides[True][name] / counts[True] - sides[False][name] / counts[False]
        for name in sides[True]
    }
    answers = states[:, :, KINDS.index("answer")]  # (variants, layers and embeddings, width)
    gap = answers[is_group].mean(axis=0) - answers[~is_group].mean(axis=0)
    written = np.diff(gap, axis=0) @ means["reading"]
    layer = int(np.abs(written).argmax())
    heads = gaps["heads"] * means["head_gradients"]
    return Fit(
        layer=layer,
        states=states[:, layer].astype(np.float64),  # the first is what goes into layer 0
        is_group=is_group,
        **_flowing(parts, Site(layer - 1, "residual"), [opened for opened, _ in known]),
        written=written,
        head_effects=heads.reshape(len(written), parts.heads, -1).sum(axis=2),
        neuron_effects=gaps["neurons"] * means["neuron_gradients"],
        head_means=means["head_means"],
        neuron_means=means["neuron_means"],
    )


def group_moments(found: Fit, is_group: NDArray[np.bool_]) -> Moments:
    """Return the moments of what flows into the layer, and of a grouping of the variants.

    The concept is one number for each kind of place, +1 or -1 there and zero elsewhere, so that
    the group's direction may differ between the words that name it and the answer. Before the
    group is named it is zero throughout.
    """
    signs = np.where(is_group, 1.0, -1.0)[:, np.newaxis]
    mean = found.total / found.places
    with_concept = (signs[:, :, np.newaxis] * found.sums).sum(axis=0).T  # (width, kinds)
    concept = (signs * found.counts).sum(axis=0)
    return Moments(
        mean=mean,
        sigma_xx=found.squares / found.places - np.outer(mean, mean),
        sigma_xz=with_concept / found.places - np.outer(mean, concept / found.places),
    )


def strongest(found: Fit, count: int) -> tuple[Component, ...]:
    """Return the heads and neurons of greatest first-order effect, the strongest first."""
    ranked = [
        (-abs(float(effects[layer, index])), kind, layer, index)
        for kind, effects in (("head", found.head_effects), ("neuron", found.neuron_effects))
        for layer, index in np.argwhere(effects != 0).tolist()
    ]
    return tuple(
        Component.model_validate({"kind": kind, "layer": layer, "index": index})
        for _, kind, layer, index in sorted(ranked)[:count]
    )


def component_means(found: Fit) -> dict[Site, NDArray[np.generic]]:
    """Return every head's and neuron's mean, by the site where it flows."""
    means: dict[Site, NDArray[np.generic]] = {}
    for layer in range(len(found.written)):
        means[Site(layer, "heads")] = found.head_means[layer]
        means[Site(layer, "neurons")] = found.neuron_means[layer]
    return means


def _opened(model: Intervenes, case: Case) -> tuple[Opened, ...]:
    """Return a prompt's orders; none if it cannot be opened."""
    opened = open_case(model, case)
    return () if isinstance(opened, NotScored) else opened


def _added_up(
    parts: Architecture, known: Sequence[tuple[tuple[Opened, ...], bool]]
) -> tuple[NDArray[np.float32], dict[bool, Arrays]]:
    """Return each variant's states, and the sums of all else for the group and the others."""
    states: list[NDArray[np.float32]] = []
    sides: dict[bool, Arrays] = {True: {}, False: {}}
    for orders, group in known:
        found = [_order(parts, one) for one in orders]
        mean = {name: np.mean([one[name] for one in found], axis=0) for name in found[0]}
        states.append(mean.pop("states").astype(np.float32))
        side = sides[group]
        sides[group] = {name: side[name] + mean[name] if side else mean[name] for name in mean}
    return np.stack(states), sides


def _flowing(parts: Architecture, site: Site, known: Sequence[Sequence[Opened]]) -> dict[str, Any]:
    """Return the sums of what flows through a site, at every place but the first."""
    import torch  # noqa: PLC0415 - fits are read where torch is not loaded

    sums, counts, total = [], [], []
    squares: Any = 0.0
    for orders in known:
        mine, number = [], []
        for opened in orders:
            with torch.no_grad(), captured(parts, [site]) as kept:
                opened.log_odds(opened.embeddings[None])
            flow = _numbers(kept[site][0][0, : len(opened.encoded.ids)])
            kinds = _kinds(opened)
            mine.append([flow[places].sum(axis=0) for places in kinds])
            number.append([len(places) for places in kinds])
            total.append((len(flow) - 1, flow[1:].sum(axis=0)))
            squares = squares + flow[1:].T @ flow[1:]
        sums.append(np.sum(mine, axis=0))
        counts.append(np.sum(number, axis=0))
    return {
        "sums": np.array(sums),
        "counts": np.array(counts, dtype=np.float64),
        "places": sum(count for count, _ in total),
        "total": np.sum([one for _, one in total], axis=0),
        "squares": squares,
    }


def _order(parts: Architecture, opened: Opened) -> Arrays:
    import torch  # noqa: PLC0415 - fits are read where torch is not loaded

    layers = range(len(parts.blocks))
    stream = [Site(EMBEDDINGS, "residual"), *(Site(layer, "residual") for layer in layers)]
    units = [Site(layer, kind) for kind in ("heads", "neurons") for layer in layers]
    with torch.enable_grad(), captured(parts, [*stream, *units]) as kept:
        embeddings = opened.embeddings.detach().requires_grad_()
        log_odds = opened.log_odds(embeddings[None])[0]
        followed = [flow for site in (*units, stream[-1]) for flow in kept[site]]
        slopes = iter(torch.autograd.grad(log_odds, followed, allow_unused=True))
        gradients = {site: [next(slopes) for _ in kept[site]] for site in (*units, stream[-1])}
    place, end = opened.answer_place, len(opened.encoded.ids)
    found = {"states": np.stack([_at_kinds(kept[site][0][0, :end], opened) for site in stream])}
    found["reading"] = _summed(gradients[stream[-1]], place)
    for kind, name in (("heads", "head"), ("neurons", "neuron")):
        sites = [Site(layer, kind) for layer in layers]  # type: ignore[arg-type]
        flows = [kept[site][0][0, :end] for site in sites]
        found[kind] = np.stack([_numbers(flow[place]) for flow in flows])
        found[f"{name}_gradients"] = np.stack([_summed(gradients[s], place) for s in sites])
        found[f"{name}_means"] = np.stack([_numbers(flow[1:].mean(dim=0)) for flow in flows])
    return found


def _at_kinds(states: Tensor, opened: Opened) -> NDArray[np.float64]:
    """Return the mean states at each of `KINDS`: (places, width) -> (kinds, width)."""
    return np.stack(
        [_numbers(states[at or [opened.answer_place]].mean(dim=0)) for at in _kinds(opened)]
    )


def _kinds(opened: Opened) -> tuple[list[int], list[int], list[int]]:
    """Return the places of each of `KINDS`; the first place of a prompt is none of them."""
    span = {t for word in opened.words if word.part == "changed" for t, _ in word.tokens} - {0}
    last = max(span, default=0)
    answer = opened.answer_place
    between = range(last + 1, answer)
    return sorted(span - {answer}), list(between) if span else [], [answer]


def _summed(gradients: Sequence[Tensor | None], place: int) -> NDArray[np.float64]:
    """Return the gradient at a place, summed over the rows that the answers took."""
    import torch  # noqa: PLC0415 - as above

    known = [one[0, place] for one in gradients if one is not None]
    return _numbers(torch.stack(known).sum(dim=0))


def _numbers(tensor: Tensor) -> NDArray[np.float64]:
    found: NDArray[np.float64] = tensor.detach().double().cpu().numpy()
    return found
