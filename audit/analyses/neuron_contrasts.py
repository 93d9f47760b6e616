"""Neuron contrasts: which neurons tell the groups apart, beyond what names of one group do?

For each neuron and place, d is the group's activation minus the reference's, and c that of two
names of the reference group. A neuron counts only if, over template means, d differs from zero
*and* |d| exceeds |c|: its p is the larger one of two t tests, the second one-sided, and
Benjamini and Hochberg's q over all neurons and both places is below 5 %. What the same rule
finds with d and c exchanged is printed beside it. Nothing is judged by it.

Reads:  views of `neuron_selectivity`.
Gives:  one summary a group and reference group, over languages, domains and cues.
Source: intersection-union test, Berger 1982, Technometrics 24:295; Benjamini & Hochberg 1995,
        JRSS B 57:289; AUROC as in Hanley & McNeil 1982, Radiology 143:29.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr
from scipy.stats import rankdata

from audit.analyses.contract import Account, View
from audit.analyses.views import FEWEST, template_means
from audit.records.inside import Inside
from audit.records.internals import Component
from audit.records.readings import SelectiveNeuron, Selectivity
from audit.stats.multiplicity import benjamini_hochberg

QUESTION = "neuron_selectivity"
PLACES: tuple[Literal["span", "answer"], ...] = ("span", "answer")

_Q = 0.05
_SHOWN = 8
_TINY = 1e-12

Array = NDArray[np.float64]


def neuron_contrasts(views: Mapping[str, Iterable[View]]) -> Iterator[Inside]:
    by_contrast: dict[tuple[str, str, str], list[View]] = defaultdict(list)
    for view in views[QUESTION]:
        by_contrast[view.look.axis, view.look.group, view.look.reference].append(view)
    for (axis, group, reference), found in sorted(by_contrast.items()):
        templates = [view.look.template for view in found]
        if len(set(templates)) >= FEWEST:
            sides = np.stack([view.arrays["neurons"] for view in found], axis=1)
            yield _summary((axis, group, reference), sides.astype(np.float64), templates)


def _summary(
    contrast: tuple[str, str, str], sides: Array, templates: Sequence[str]
) -> Selectivity:
    """Return one contrast's summary; `sides` is (side, pairs, places, layers, neurons)."""
    shape = sides.shape[2:]
    group, reference, other = sides.reshape(3, sides.shape[1], -1)
    d, c = group - reference, reference - other
    q = qs(d, c, templates)
    counted = np.flatnonzero(q < _Q)
    strongest = counted[np.lexsort((-np.abs(standardised(d[:, counted])), q[counted]))][:_SHOWN]
    by_layer = np.bincount(np.unravel_index(counted, shape)[1], minlength=shape[1])
    axis, name, against = contrast
    return Selectivity(
        axis=axis,
        group=name,
        reference=against,
        pairs=len(templates),
        templates=len(set(templates)),
        tested=d.shape[1],
        counted=len(counted),
        swapped=int((qs(c, d, templates) < _Q).sum()),
        layers=tuple(by_layer.tolist()),
        strongest=tuple(_neuron(n, shape, (group, reference, other), q) for n in strongest),
    )


def qs(d: Array, c: Array, templates: Sequence[str]) -> Array:
    """Return each neuron's q: that d is no zero and larger than c, (neurons,)."""
    differs = _two_sided(template_means(d, templates))
    exceeds = _one_sided(template_means(np.abs(d) - np.abs(c), templates))
    return np.array(benjamini_hochberg(np.maximum(differs, exceeds).tolist()), dtype=np.float64)


def standardised(d: Array) -> Array:
    """Return the mean over the standard deviation of each column; 0 where nothing varies."""
    spread = d.std(axis=0, ddof=1)
    return np.where(spread > _TINY, d.mean(axis=0) / np.maximum(spread, _TINY), 0.0)


def auroc(group: Array, reference: Array) -> float:
    """Return the chance that a group's value exceeds a reference's, ties counted half."""
    ranks = rankdata(np.concatenate([group, reference]))[: len(group)]
    above = ranks.sum() - len(group) * (len(group) + 1) / 2
    return float(above / (len(group) * len(reference)))


def _neuron(
    place: int, shape: tuple[int, ...], sides: tuple[Array, Array, Array], q: Array
) -> SelectiveNeuron:
    group, reference, other = (side[:, place] for side in sides)
    d, c = group - reference, reference - other
    where, layer, index = (int(n) for n in np.unravel_index(place, shape))
    return SelectiveNeuron(
        component=Component(kind="neuron", layer=layer, index=index),
        place=PLACES[where],
        difference=float(standardised(d[:, np.newaxis])[0]),
        control=float(standardised(c[:, np.newaxis])[0]),
        auroc=auroc(group, reference),
        same_sign=float((np.sign(d) == np.sign(d.mean())).mean()),
        q=float(q[place]),
    )


def _t(means: Array) -> Array:
    se = means.std(axis=0, ddof=1) / len(means) ** 0.5
    flat = se <= _TINY * np.maximum(np.abs(means).max(axis=0), _TINY)
    return np.where(flat, 0.0, means.mean(axis=0) / np.where(flat, 1.0, se))


def _two_sided(means: Array) -> Array:
    p: Array = 2 * stdtr(len(means) - 1, -np.abs(_t(means)))
    return p


def _one_sided(means: Array) -> Array:
    p: Array = stdtr(len(means) - 1, -_t(means))
    return p


PLUGIN = Account(
    name="neuron_contrasts",
    question="Which neurons differ between groups by more than names of one group do?",
    source="Berger 1982, Technometrics 24:295; Benjamini & Hochberg 1995, JRSS B 57:289",
    reads=(QUESTION,),
    answer=neuron_contrasts,
)
