"""Activation functions: how do the network's units work on this suite?

For every layer it is counted how often each neuron fires, in which stretch of its activation
function it works, how sparse the MLP's activations are, and how far the residual stream is
from a normal distribution. What is kept of a pair are counts and sums, so that they can be
added up over any number of pairs.

Counted are the tokens of the words of case, question and cue. Padding, special tokens, chat
markup and white space between the parts are left out, and the first place apart, where large
language models keep values of another order. A place is counted once in a pair: where a
prompt begins like one before it, a causal model does the same again.

A neuron *fires* where |a| exceeds 0.01 of the root mean square of all activations of the layer
in the prompt; where the function is exactly zero below zero, wherever it is above zero.

Reads:  both orders and both sides of a pair.
Gives:  counts and sums by layer, neuron and dimension of the residual stream.
Source: inactive neurons, Voita et al. 2023, arXiv:2309.04827; outlier dimensions, Dettmers et
        al. 2022, arXiv:2208.07339; massive activations, Sun et al. 2024, arXiv:2402.17762;
        sparsity, Hoyer 2004, JMLR 5:1457, and Treves & Rolls 1991, Network 2:371.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from audit.internals.contract import Question, Refused, Seen
from audit.internals.slopes import STRETCHES, Shape, outputs_and_slopes, shape_of, stretches
from audit.models.architectures import architecture
from audit.models.contract import Intervenes
from audit.models.packing import common_prefix
from audit.models.sites import Site, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from torch import Tensor

    from audit.internals.pairs import Pair
    from audit.models.architectures import Architecture
    from audit.models.cases import Opened
    from audit.records.internals import Component

_WEAK = 0.01  # of the root mean square: below this an activation is as good as none
_LARGE = 6.0
_MASSIVE, _TIMES_MEDIAN, _TIMES_MEDIAN_ALONE = 100.0, 1000.0, 100.0

Sums = dict[str, "NDArray[np.float64]"]


def observe(model: Intervenes, pair: Pair, components: tuple[Component, ...]) -> Seen | Refused:  # noqa: ARG001
    """Return a pair's counts and sums (see `PLUGIN.dimensions`)."""
    parts = architecture(model.module)
    if any(b.mlp_in is None or b.activation is None or b.mlp_out is None for b in parts.blocks):
        return Refused(f"the family {parts.family!r} shows no activation function by a known name")
    shapes = [shape_of(block.activation) for block in parts.blocks]
    total: list[Sums] = [{} for _ in parts.blocks]
    for opened, places in counted_places(pair):
        for layer, found in enumerate(_of_prompt(parts, shapes, opened, places)):
            total[layer] = _added(total[layer], found)
    stacked = {name: np.stack([one[name] for one in total]) for name in total[0]}
    labels = {"stretch": STRETCHES, "function": tuple(shape.name for shape in shapes)}
    if not all(np.isfinite(array).all() for array in stacked.values()):
        return Refused("activations are not finite")  # before counts become integers
    return Seen({name: _packed(name, array) for name, array in stacked.items()}, labels)


def counted_places(pair: Pair) -> Iterator[tuple[Opened, list[int]]]:
    """Yield each prompt of a pair with the places that none before it has counted."""
    seen: list[tuple[int, ...]] = []
    for opened in (side for sides in pair.sides for side in sides):
        ids = opened.encoded.ids
        shared = max((common_prefix(ids, other) for other in seen), default=0)
        written = {token for word in opened.words for token, _ in word.tokens}
        yield opened, sorted(place for place in written if place >= max(shared, 1))
        seen.append(ids)


def _of_prompt(
    parts: Architecture, shapes: list[Shape], opened: Opened, places: list[int]
) -> list[Sums]:
    """Return the sums of one prompt, one a layer."""
    found: list[Sums] = [{} for _ in parts.blocks]
    at = torch.tensor(places, dtype=torch.long, device=opened.embeddings.device)
    acts: dict[Site, Callable[[Tensor], None]] = {}
    for layer, block in enumerate(parts.blocks):
        readings = {
            "pre_activation": partial(_of_units, shapes[layer], block.activation),
            "neurons": _of_neurons,
            "residual": _of_stream,
        }
        for kind, reading in readings.items():
            acts[Site(layer, kind)] = partial(_once, found[layer], at, reading)  # type: ignore[arg-type]
    with torch.no_grad(), watched(parts, acts):
        opened.log_odds(opened.embeddings[None])
    return found


def _once(
    found: Sums, at: Tensor, reading: Callable[[Tensor, Tensor], Sums], flow: Tensor
) -> None:
    """Add a reading of the prompt's first pass; later rows repeat the prompt for its answers."""
    read = reading(flow[0, at].float(), flow[0, :1].float())
    if not read.keys() & found.keys():
        found.update(read)


def _of_units(shape: Shape, function: Any, h: Tensor, first: Tensor) -> Sums:
    """Return how the units work: (places, neurons) before the activation function."""
    a, slopes = outputs_and_slopes(function, h)
    threshold = 0.0 if shape.hard else _WEAK * a.double().square().mean().sqrt().item()
    _, first_slopes = outputs_and_slopes(function, first)
    return {
        "positions": np.array(float(len(h))),
        "fired": _numbers(((a if shape.hard else a.abs()) > threshold).sum(dim=0)),
        "stretches": _numbers(stretches(shape, h, slopes)),
        "first_stretches": _numbers(stretches(shape, first, first_slopes)),
    }


def _of_neurons(a: Tensor, first: Tensor) -> Sums:  # noqa: ARG001
    """Return how sparse the MLP's activations are: (places, neurons), gates included."""
    a = a.double()
    sizes, width = a.abs(), a.shape[-1]
    one, two = sizes.sum(dim=1), a.square().sum(dim=1)
    silent = two == 0
    ratio = torch.where(silent, 1.0, one / two.sqrt().clamp_min(torch.finfo(a.dtype).tiny))
    rolls = torch.where(silent, 0.0, one.square() / (width * two.clamp_min(1e-300)))
    hoyer = (math.sqrt(width) - ratio) / (math.sqrt(width) - 1)
    weak = sizes < _WEAK * a.square().mean().sqrt()
    return {
        "neuron_sum": _numbers(a.sum(dim=0)),
        "sparsity": _numbers(torch.stack([weak.double().mean(dim=1).sum(), hoyer.sum(),
                                          rolls.sum()])),
    }  # fmt: skip


def _of_stream(x: Tensor, first: Tensor) -> Sums:
    """Return the moments and the outliers of the residual stream, (places, width)."""
    x = x.double()
    sizes, powers = x.abs(), [x.pow(power).sum() for power in (1, 2, 3, 4)]
    return {
        "moments": _numbers(torch.stack([torch.tensor(float(x.numel())).to(x), *powers])),
        "stream_sum": _numbers(x.sum(dim=0)),
        "large": _numbers((sizes >= _LARGE).sum(dim=0)),
        "large_for_its_state": _numbers(
            (sizes >= _LARGE * x.square().mean(dim=1, keepdim=True).sqrt()).sum(dim=0)
        ),
        "massive": _numbers(massive(x).sum(dim=0)),
        "massive_for_its_state": _numbers(massive(x, fixed=False).sum(dim=0)),
        "first_massive": _numbers(massive(first).sum(dim=0)),
        "first_massive_for_its_state": _numbers(massive(first, fixed=False).sum(dim=0)),
        "greatest": _numbers(sizes.max() if len(x) else x.new_zeros(())),
        "first_greatest": _numbers(first.abs().max()),
    }


def massive(x: Tensor, *, fixed: bool = True) -> Tensor:
    """Return which activations are massive: |x| > 100 and 1000 times the state's median |x|.

    Args:
        x: Hidden states, (places, width).
        fixed: Whether by that rule; else where |x| > 100 times the median alone.
    """
    sizes = x.abs()
    median = sizes.median(dim=1, keepdim=True).values
    if fixed:
        return (sizes > _MASSIVE) & (sizes >= _TIMES_MEDIAN * median)
    return sizes > _TIMES_MEDIAN_ALONE * median


def _added(total: Sums, found: Sums) -> Sums:
    """Return sums added up; of greatest values the greater one."""
    if not total:
        return found
    return {
        name: np.maximum(total[name], array) if "greatest" in name else total[name] + array
        for name, array in found.items()
    }


def _numbers(tensor: Tensor) -> NDArray[np.float64]:
    found: NDArray[np.float64] = tensor.double().cpu().numpy()
    return found


def _packed(name: str, array: NDArray[np.float64]) -> NDArray[np.generic]:
    """Return counts as integers, what serves as a mean in float32, moments as they are."""
    if name in ("moments", "sparsity"):
        return array
    if name.endswith("_sum") or "greatest" in name:
        return array.astype(np.float32)
    return array.astype(np.int32)


PLUGIN = Question(
    name="activation_functions",
    question="How do the network's units work on this suite?",
    source="Voita et al. 2023, arXiv:2309.04827; Dettmers et al. 2022, arXiv:2208.07339; "
    "Sun et al. 2024, arXiv:2402.17762; Hoyer 2004, JMLR 5:1457",
    cannot_show="What these units do on other texts: inactive here is not dead everywhere, and "
    "a unit that always works may still be needed.",
    dimensions={
        "positions": ("layer",),
        "fired": ("layer", "neuron"),
        "stretches": ("layer", "stretch"),
        "first_stretches": ("layer", "stretch"),
        "neuron_sum": ("layer", "neuron"),
        "sparsity": ("layer", "measure"),
        "moments": ("layer", "power"),
        "stream_sum": ("layer", "width"),
        "large": ("layer", "width"),
        "large_for_its_state": ("layer", "width"),
        "massive": ("layer", "width"),
        "massive_for_its_state": ("layer", "width"),
        "first_massive": ("layer", "width"),
        "first_massive_for_its_state": ("layer", "width"),
        "greatest": ("layer",),
        "first_greatest": ("layer",),
    },
    rests_on=("stream",),
    screens=True,
    enough=240,
    needs=Intervenes,
    observe=observe,
)
