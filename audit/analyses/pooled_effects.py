"""Pooled effects: what moving parts does, over all pairs, beside its controls.

Reads:  the views of `patching` or `path_patching`: their arrays have the same names.
Gives:  one `Effect` for each part or path, corrected over all of them.
Source: Benjamini & Hochberg 1995, JRSS B 57:289.
"""

from collections.abc import Sequence

import numpy as np

from audit.analyses.contract import View
from audit.analyses.views import Array, bearing, numbers, over_templates, own_sign
from audit.records.mediation import Effect
from audit.records.quantities import Estimate, Quantity, Undefined
from audit.stats.multiplicity import benjamini_hochberg


def effects_of(views: Sequence[View]) -> tuple[Effect, ...]:
    """Return each part's effect over the pairs."""
    templates = [view.look.template for view in views]
    turned = np.stack([bearing(view) * numbers(view, "effect") for view in views])
    denoise, noise = (over_templates(turned[:, one], templates) for one in (0, 1))
    with_other = [n for n, view in enumerate(views) if len(view.arrays["control"])]
    others = [templates[n] for n in with_other]
    control = _controls([views[n] for n in with_other], turned.shape[2])
    beyond = over_templates(turned[with_other].mean(axis=1) - control, others)
    tested = [one.p if isinstance(one, Estimate) else None for one in beyond]
    made = zip(
        denoise,
        noise,
        over_templates(control, others),
        beyond,
        benjamini_hochberg(tested),
        _random(views, turned.shape[2]),
        strict=True,
    )
    return tuple(
        Effect(denoise=d, noise=n, control=c, beyond=b, q=q, random=r) for d, n, c, b, q, r in made
    )


def differences_of(views: Sequence[View]) -> tuple[Quantity, Quantity, Quantity]:
    """Return the pairs' own difference, that between two people, and with random weights."""
    templates = [view.look.template for view in views]
    own = np.array([[bearing(view) * float(numbers(view, "difference")[0])] for view in views])
    pairs = [
        (one, view.look.template) for view in views for one in numbers(view, "control_difference")
    ]
    people = np.array([[abs(float(one))] for one, _ in pairs]).reshape(-1, 1)
    chance = np.array([[abs(float(numbers(view, "random_difference")[0]))] for view in views])
    return (
        over_templates(own, templates)[0],
        over_templates(people, [template for _, template in pairs])[0],
        over_templates(chance, templates)[0],
    )


def _controls(views: Sequence[View], count: int) -> Array:
    """Return each pair's effects between two people, mean of both directions, (pairs, parts)."""
    found = [
        own_sign(float(numbers(view, "control_difference")[0]))
        * numbers(view, "control")[0].mean(axis=0)
        for view in views
    ]
    return np.array(found, dtype=np.float64).reshape(len(found), count)


def _random(views: Sequence[View], count: int) -> tuple[Quantity, ...]:
    """Return each part's effect with random weights; undefined for those not tried there."""
    tried = views[0].arrays.get("random_components")
    places = range(count) if tried is None else [int(one) for one in tried]
    found = np.stack(
        [
            own_sign(float(numbers(view, "random_difference")[0]))
            * numbers(view, "random").mean(axis=0)
            for view in views
        ]
    )
    pooled = over_templates(found, [view.look.template for view in views])
    untried = Undefined(reason="not tried with random weights")
    by_place = dict(zip(places, pooled, strict=True))
    return tuple(by_place.get(place, untried) for place in range(count))
