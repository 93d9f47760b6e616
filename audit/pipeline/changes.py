"""Changes: what is tried on the network, each as a context manager, with its negative control.

The list is a pure function of what is on file: the fit of one half of the templates, the
components that exact patching decided on (or, where a run has none, the strongest by first
order), and the counts of the network's units. A control is as much of something drawn at random,
by a seed made of content.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from audit.analyses.activation_health import Health
from audit.internals.ablation import ablated, held
from audit.internals.erasure import erased, eraser_of
from audit.internals.fitting import KINDS, Fit, component_means, group_moments, strongest
from audit.internals.steering import steered, steering_vector
from audit.models.contract import Intervenes
from audit.models.sites import Site
from audit.records.digests import content_seed
from audit.records.internals import Component
from audit.records.what_ifs import WhatIfKind

NOTHING = "nothing"
CONTROL = ", control"
_KINDS: Mapping[str, WhatIfKind] = {
    NOTHING: "nothing",
    "ablation": "ablation",
    "erasure": "erasure",
    "steering": "steering",
}

Enter = Callable[[], AbstractContextManager[None]]

_STRONGEST = 16  # components that are ablated where no exact patching decided on any
_FEW = 0.1  # of all dimensions: a rule on absolute size names more where states are large
_NAMED = 6  # components that are named in a phrase


@dataclass(frozen=True)
class Change:
    """One thing that is tried.

    Attributes:
        key: Names it in the journal; a control has the key of its original and ", control".
        what: What is changed, as a phrase.
        enter: Enters the change; undone at its end, after an error too.
    """

    key: str
    kind: WhatIfKind
    control: bool
    what: str
    enter: Enter


@dataclass(frozen=True)
class Grounds:
    """What the changes are made of.

    Attributes:
        components: What exact patching decided on; empty where a run has none.
        health: The counts of the network's units; None where they were not asked for.
        seed: Of the run.
    """

    model: Intervenes
    fit: Fit
    components: tuple[Component, ...]
    health: Health | None
    seed: int


def changes(grounds: Grounds, strength: float) -> tuple[Change, ...]:
    """Return everything that is tried, the unchanged network first.

    Args:
        strength: Of the steering vector; how many changes there are does not hang on it.
    """
    return (
        _real(NOTHING, "nothing changed", nullcontext),
        *_ablations(grounds),
        *_erasures(grounds),
        *_steerings(grounds, strength),
        *_removals(grounds),
    )


def steering(grounds: Grounds, strength: float) -> Change:
    """Return the steering alone, in some strength."""
    vector = strength * _vector(grounds.fit)
    site = _site(grounds.fit)
    what = (
        f"{strength:+g} times the groups' mean difference added to what goes into {_layer(site)}"
    )
    return _real("steering", what, partial(steered, grounds.model, site, vector))


def _ablations(grounds: Grounds) -> Iterator[Change]:
    fit = grounds.fit
    wanted = [one for one in grounds.components if one.kind in ("head", "neuron")]
    chosen = tuple(wanted) or strongest(fit, _STRONGEST)
    means = component_means(fit)
    why = "by exact patching" if wanted else "by first order"
    drawn = _others(fit, chosen, _generator(grounds, "ablation"))
    what = f"{_counted(chosen)}, chosen {why}, held at their means ({_named(chosen)})"
    yield _real("ablation", what, partial(ablated, grounds.model, chosen, means))
    what = f"{_counted(drawn)}, drawn at random, held at their means"
    yield _control("ablation", what, partial(ablated, grounds.model, drawn, means))


def _erasures(grounds: Grounds) -> Iterator[Change]:
    fit, site = grounds.fit, _site(grounds.fit)
    shuffled = _generator(grounds, "erasure").permutation(fit.is_group)
    real, other = (eraser_of(group_moments(fit, one)) for one in (fit.is_group, shuffled))
    where = f"erased from what goes into {_layer(site)}"
    what = f"the group's directions ({real.rank}) {where}"
    yield _real("erasure", what, partial(erased, grounds.model, site, real))
    what = f"the directions of shuffled groups ({other.rank}) {where}"
    yield _control("erasure", what, partial(erased, grounds.model, site, other))


def _steerings(grounds: Grounds, strength: float) -> Iterator[Change]:
    fit, site = grounds.fit, _site(grounds.fit)
    vector = _vector(fit)
    drawn = _generator(grounds, "steering").normal(size=vector.shape)
    drawn *= strength * np.linalg.norm(vector) / np.linalg.norm(drawn)
    yield steering(grounds, strength)
    what = f"a random vector of the same length added to what goes into {_layer(site)}"
    yield _control("steering", what, partial(steered, grounds.model, site, drawn))


def _removals(grounds: Grounds) -> Iterator[Change]:
    """Yield the hints for optimisation, each to be tried; none where no unit is named."""
    if grounds.health is not None:
        yield from _inactive(grounds, grounds.health)
        yield from _outliers(grounds, grounds.health)


def _inactive(grounds: Grounds, health: Health) -> Iterator[Change]:
    silent = health.inactive
    count = int(silent.sum())
    if not count:
        return
    rng = _generator(grounds, "removal")
    drawn = np.zeros_like(silent)
    for layer, units in enumerate(silent):
        active = np.flatnonzero(~units)
        drawn[layer, rng.permutation(active)[: int(units.sum())]] = True
    sums, positions = health.sums["neuron_sum"], health.sums["positions"]
    means = {Site(layer, "neurons"): sums[layer] / positions[layer] for layer in range(len(sums))}
    what = (
        f"the {count} neurons that fired nowhere on this suite ({count / silent.size:.1%}), held "
        "at their means"
    )
    enter = partial(held, grounds.model, _entries(silent), means)
    yield _real("inactive neurons", what, enter)
    what = f"{int(drawn.sum())} neurons that fire, drawn in the same layers, held at their means"
    enter = partial(held, grounds.model, _entries(drawn), means)
    yield _control("inactive neurons", what, enter)


def _outliers(grounds: Grounds, health: Health) -> Iterator[Change]:
    sums, positions = health.sums["stream_sum"], health.sums["positions"]
    found = set(health.outliers("adaptive").tolist())
    fixed = set(health.outliers("fixed").tolist())
    if len(fixed) < _FEW * sums.shape[1]:
        found |= fixed
    if not found:
        return
    sites = [Site(layer, "residual") for layer in range(len(sums))]
    means = {site: sums[site.layer] / positions[site.layer] for site in sites}
    others = np.setdiff1d(np.arange(sums.shape[1]), sorted(found))
    drawn = sorted(_generator(grounds, "outliers").permutation(others)[: len(found)].tolist())
    where = "of the residual stream, held at their means in every layer"
    what = f"{len(found)} outlier dimensions {where}"
    enter = partial(held, grounds.model, dict.fromkeys(sites, sorted(found)), means)
    yield _real("outlier dimensions", what, enter)
    what = f"{len(drawn)} other dimensions {where}"
    enter = partial(held, grounds.model, dict.fromkeys(sites, drawn), means)
    yield _control("outlier dimensions", what, enter)


def _real(key: str, what: str, enter: Enter) -> Change:
    return Change(key, _KINDS.get(key, "removal"), control=False, what=what, enter=enter)


def _control(key: str, what: str, enter: Enter) -> Change:
    kind = _KINDS.get(key, "removal")
    return Change(f"{key}{CONTROL}", kind, control=True, what=what, enter=enter)


def _entries(units: NDArray[np.bool_]) -> dict[Site, list[int]]:
    return {
        Site(layer, "neurons"): np.flatnonzero(row).tolist()
        for layer, row in enumerate(units)
        if row.any()
    }


def _others(
    fit: Fit, chosen: Sequence[Component], rng: np.random.Generator
) -> tuple[Component, ...]:
    """Return as many other components of the same kinds, drawn over all layers."""
    drawn: list[Component] = []
    for kind, effects in (("head", fit.head_effects), ("neuron", fit.neuron_effects)):
        taken = {(one.layer, one.index) for one in chosen if one.kind == kind}
        free = [(n, m) for n, m in np.ndindex(effects.shape) if (n, m) not in taken]
        for place in rng.permutation(len(free))[: len(taken)]:
            layer, index = free[place]
            drawn.append(Component.model_validate({"kind": kind, "layer": layer, "index": index}))
    return tuple(drawn)


def _vector(fit: Fit) -> NDArray[np.float64]:
    """Return the mean difference where the answer is read.

    Below the first layer nothing of the group has come there yet: then that of the words
    that name it.
    """
    places = ("answer", "span")
    vectors = [steering_vector(fit.states[:, KINDS.index(kind)], fit.is_group) for kind in places]
    return vectors[0] if vectors[0].any() else vectors[1]


def _site(fit: Fit) -> Site:
    """Return what goes into the layer that writes the difference."""
    return Site(fit.layer - 1, "residual")


def _layer(site: Site) -> str:
    return f"layer {site.layer + 1}"


def _generator(grounds: Grounds, purpose: str) -> np.random.Generator:
    return np.random.default_rng(content_seed("what-if", purpose, str(grounds.seed)))


def _counted(components: Sequence[Component]) -> str:
    heads = sum(one.kind == "head" for one in components)
    neurons = len(components) - heads
    parts = [
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in ((heads, "head"), (neurons, "neuron"))
        if count
    ]
    return " and ".join(parts)


def _named(components: Sequence[Component]) -> str:
    named = "; ".join(one.key for one in components[:_NAMED])
    return f"{named}; …" if len(components) > _NAMED else named
