"""Choosing parts: what exact patching tries, and what is asked about further.

Screening names the parts whose effects, turned by the sign of the pair's comparison, are
largest on average; a random sample of the rest is tried as well, so that it can be told how
much the screening missed. Where a network has few heads and prompts are short all heads are
tried. Everything is chosen on one half of the templates (`audit.analyses.views`).

Reads:  the views of `attribution_patching`, and of `patching` where it was asked.
Gives:  components; the same views give the same components.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.analyses.contract import View
from audit.analyses.views import Array, bearing, choosing, numbers, own_sign
from audit.records.digests import content_seed
from audit.records.internals import KINDS, Component, ComponentKind
from audit.records.mediation import Chosen

_TOP: Mapping[ComponentKind, int] = {"head": 12, "neuron": 8}
_SAMPLED: Mapping[ComponentKind, int] = {"head": 8, "neuron": 16}
_KEPT: Mapping[ComponentKind, int] = {"head": 4, "mlp": 2, "neuron": 4}
_FEW_HEADS = 1024
_SHORT = 512  # tokens


@dataclass(frozen=True)
class Screening:
    """What the screening came to.

    Attributes:
        half: The templates that parts are chosen on.
        chosen_on: Kind -> mean effect on that half, (layers, parts of a layer).
        reported: The same on the other half.
        longest: Tokens of the longest prompt.
    """

    half: frozenset[str]
    chosen_on: Mapping[ComponentKind, Array]
    reported: Mapping[ComponentKind, Array]
    longest: int


def screening(views: Iterable[View]) -> Screening:
    """Return the mean effects on both halves of the templates, each template counted once."""
    sums: dict[str, dict[ComponentKind, Array]] = {}
    counts: dict[str, int] = defaultdict(int)
    longest = 0
    for view in views:
        template = view.look.template
        counts[template] += 1
        longest = max(longest, int(view.arrays["tokens"].max()))
        effects = {kind: bearing(view) * numbers(view, kind).mean(axis=0) for kind in KINDS}
        former = sums.get(template)
        sums[template] = (
            effects if former is None else {kind: former[kind] + effects[kind] for kind in KINDS}
        )
    half = choosing(sums)
    means = {one: {k: v / counts[one] for k, v in kinds.items()} for one, kinds in sums.items()}
    return Screening(
        half=half,
        chosen_on=_over([kinds for one, kinds in means.items() if one in half]),
        reported=_over([kinds for one, kinds in means.items() if one not in half]),
        longest=longest,
    )


def chosen(found: Screening) -> dict[Component, Chosen]:
    """Return the parts to try exactly, and how each was chosen."""
    parts: dict[Component, Chosen] = {}
    for kind in ("head", "attention", "mlp", "neuron"):
        effects = found.chosen_on.get(kind)
        if effects is None:
            continue
        whole = kind in ("attention", "mlp")
        every = [
            Component(kind=kind, layer=layer, index=-1 if whole else index)
            for layer in range(effects.shape[0])
            for index in range(effects.shape[1])
        ]
        few = kind == "head" and len(every) <= _FEW_HEADS and found.longest <= _SHORT
        if whole or few:
            parts |= dict.fromkeys(every, "all")
        else:
            parts |= _screened(kind, every, effects.ravel())
    return parts


def screened_parts(views: Mapping[str, Iterator[View]]) -> tuple[Component, ...]:
    """Return what exact patching is asked about."""
    if "attribution_patching" not in views:
        return ()
    return tuple(chosen(screening(views["attribution_patching"])))


def decided_parts(views: Mapping[str, Iterator[View]]) -> tuple[Component, ...]:
    """Return the parts that exact patching kept, heads and MLPs before neurons.

    Those are kept whose mean effect is largest, of those that pass on more than a change of
    person does.
    """
    if not {"attribution_patching", "patching"} <= views.keys():
        return ()
    half = choosing(view.look.template for view in views["attribution_patching"])
    found = [view for view in views["patching"] if view.look.template in half]
    if not found:
        return ()
    parts = components_of(found[0].arrays["components"])
    effects = np.mean(
        [bearing(one) * numbers(one, "effect").mean(axis=0) for one in found], axis=0
    )
    controls = [
        own_sign(float(difference)) * effect.mean(axis=0)
        for one in found
        for effect, difference in zip(
            numbers(one, "control"), numbers(one, "control_difference"), strict=True
        )
    ]
    floor = np.abs(np.mean(controls, axis=0)) if controls else np.zeros_like(effects)
    order = [n for n in np.argsort(-effects, kind="stable") if effects[n] > floor[n]]
    kept = [
        n
        for kind, most in _KEPT.items()
        for n in [n for n in order if parts[n].kind == kind][:most]
    ]
    return tuple(
        parts[n] for n in sorted(kept, key=lambda n: (parts[n].kind == "neuron", -effects[n]))
    )


def components_of(numbers: NDArray[np.generic]) -> tuple[Component, ...]:
    """Return components from their numbers: kind, layer, index, (components, 3)."""
    return tuple(
        Component(kind=KINDS[kind], layer=layer, index=index)
        for kind, layer, index in np.asarray(numbers, dtype=int).tolist()
    )


def _over(
    templates: Sequence[Mapping[ComponentKind, Array]],
) -> dict[ComponentKind, Array]:
    if not templates:
        return {}
    return {
        kind: np.mean([one[kind] for one in templates], axis=0, dtype=np.float64) for kind in KINDS
    }


def _screened(
    kind: ComponentKind, every: Sequence[Component], effects: Array
) -> dict[Component, Chosen]:
    """Return the parts of largest effect, and a sample of the rest."""
    order = np.argsort(-np.abs(effects), kind="stable")
    top, rest = order[: _TOP[kind]], order[_TOP[kind] :]
    generator = np.random.default_rng(content_seed("sampled parts", kind))
    drawn = np.sort(generator.permutation(len(rest))[: _SAMPLED[kind]])
    return {
        **{every[n]: "screened" for n in top},
        **{every[n]: "sampled" for n in rest[drawn]},
    }
