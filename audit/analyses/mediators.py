"""Mediators: which parts of the network pass the differences on, over all pairs at once?

A part's effect in a pair is turned by the sign that the comparison has on its *other*
templates, so that effects of comparisons which point opposite ways add up, and a difference
that chance made in one pair does not favour the part that carried it. Each template counts
once. Effects between two people of one group are turned by their own sign, which can only
make them larger: what a part shows *beyond* them errs to the part's disadvantage. Parts are
chosen on one half of the templates and reported on the other.

The effects of parts are never added up: they overlap, and their sum means nothing.

Reads:  the views of `attribution_patching` and of `patching`.
Gives:  one `Mediation`, and a `Mediator` for each part that was tried, the largest first.
Source: Vig et al. 2020, arXiv:2004.12265; Benjamini & Hochberg 1995, JRSS B 57:289.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from audit.analyses.choosing_parts import Screening, chosen, components_of, screening
from audit.analyses.contract import Account, View
from audit.analyses.pooled_effects import differences_of, effects_of
from audit.analyses.views import Array, bearing, numbers, over_templates
from audit.records.internals import Component
from audit.records.mediation import Chosen, Mediation, Mediator, MissRate
from audit.records.quantities import Quantity, Undefined
from audit.stats.proportions import wilson
from audit.stats.ranks import spearman

_SCREENED = "attribution_patching"


def mediators(views: Mapping[str, Iterable[View]]) -> Iterator[Mediation | Mediator]:
    """Yield what the effects rest on, then the parts, the largest effect first."""
    found = screening(views[_SCREENED])
    every = [view for view in views["patching"] if view.look.template not in found.half]
    if not every:
        return
    parts = components_of(every[0].arrays["components"])
    ways = chosen(found)
    screened = _screened(parts, found)
    made = [
        Mediator(component=part, chosen=ways.get(part, "screened"), effect=effect, screened=value)
        for part, effect, value in zip(parts, effects_of(every), screened, strict=True)
    ]
    sizes = dict(zip(parts, _sizes(every), strict=True))
    yield _mediation(every, found, screened, tuple(_misses(found, ways, sizes)))
    yield from sorted(made, key=lambda one: (-sizes[one.component], one.component.key))


def _screened(parts: Sequence[Component], found: Screening) -> list[float]:
    """Return what the screening said of the parts, on the half that is reported."""
    return [float(found.reported[one.kind][one.layer, max(one.index, 0)]) for one in parts]


def _sizes(views: Sequence[View]) -> list[float]:
    """Return the size of each part's mean effect, mean of both directions."""
    turned = np.mean([bearing(one) * numbers(one, "effect").mean(axis=0) for one in views], axis=0)
    return [float(size) for size in np.abs(turned)]


def _mediation(
    views: Sequence[View],
    found: Screening,
    screened: Sequence[float],
    misses: tuple[MissRate, ...],
) -> Mediation:
    own, people, chance = differences_of(views)
    return Mediation(
        pairs=len(views),
        templates=len({view.look.template for view in views}),
        chosen_on=len(found.half),
        uncontrolled=sum(not len(view.arrays["control"]) for view in views),
        difference=own,
        control_difference=people,
        random_difference=chance,
        agreement=_agreement(views, np.array(screened)),
        misses=misses,
        remarks=tuple(sorted({remark for view in views for remark in view.look.remarks})),
    )


def _agreement(views: Sequence[View], screened: Array) -> Quantity:
    """Return how alike the screening and each pair's exact effects rank the parts."""
    known = [
        (value, view.look.template)
        for view in views
        if (value := spearman(screened, bearing(view) * numbers(view, "effect").mean(axis=0)))
        is not None
    ]
    if not known:
        return Undefined(reason="no part has an effect at all")
    values = np.array([[value] for value, _ in known])
    return over_templates(values, [template for _, template in known])[0]


def _misses(
    found: Screening, ways: Mapping[Component, Chosen], sizes: Mapping[Component, float]
) -> Iterator[MissRate]:
    """Yield, for each kind that was sampled, how many of the sample should have been named."""
    for kind in ("head", "neuron"):
        of_kind = [one for one in sizes if one.kind == kind]
        sampled = [sizes[one] for one in of_kind if ways.get(one) == "sampled"]
        named = [sizes[one] for one in of_kind if ways.get(one) == "screened"]
        if not sampled or not named:
            continue
        missed = int(np.count_nonzero(np.array(sampled) >= np.median(named)))
        low, high = wilson(missed, len(sampled))
        yield MissRate(
            kind=kind,
            untried=int(found.reported[kind].size) - len(of_kind),
            sampled=len(sampled),
            missed=missed,
            low=low,
            high=high,
        )


PLUGIN = Account(
    name="mediators",
    question="Which parts of the network pass the differences on?",
    source="Vig et al. 2020, arXiv:2004.12265; Benjamini & Hochberg 1995, JRSS B 57:289",
    reads=(_SCREENED, "patching"),
    answer=mediators,
)
