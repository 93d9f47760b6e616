"""Written: which layers write the difference, over all pairs that were looked into?

Each component's contribution is pooled over pairs, turned by what their comparison shows in
other templates (`audit.analyses.turning`), with templates as clusters and Benjamini and
Hochberg's correction over components. Beside it stand two controls: the same with another
pair's turn, and the size of what is written between two names of one group. A layer is a
pair's top writer if its attention and MLP together contribute most, whatever the sign.

Reads:  the writers' views; comparisons that count are pooled apart from the others.
Gives:  one `Contributions`; one `LayerShares` of top writers.
Source: Elhage et al. 2021, A Mathematical Framework for Transformer Circuits; Benjamini &
        Hochberg 1995, JRSS B 57:289.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.analyses.contract import Account, View
from audit.analyses.turning import over_templates, shares, shuffled, signs
from audit.records.inside import Inside
from audit.records.internals import Component, ComponentKind, Looked
from audit.records.quantities import Estimate, Quantity, Undefined
from audit.records.writing import ComponentMean, Contributions, LayerShares, ShareOfPairs
from audit.stats.multiplicity import benjamini_hochberg

_PARTS: tuple[ComponentKind, ...] = ("attention", "mlp")

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class _Pairs:
    """Some pairs' contributions.

    Attributes:
        contribution: (pairs, layers, parts).
        ledger: (pairs, items).
        difference: (pairs,), in nats.
        control: As `contribution`, between two names of one group.
        controlled: The pairs of `control`.
    """

    looks: tuple[Looked, ...]
    contribution: Numbers
    ledger: Numbers
    difference: Numbers
    control: Numbers
    controlled: tuple[Looked, ...]


def written(seen: Mapping[str, Iterable[View]]) -> Iterator[Inside]:
    """Yield what is written by which layer."""
    views = [_read(view) for view in seen["writers"]]
    if not views:
        return
    every = _joined(views)
    counting = [view for view in views if view.looks[0].established]
    yield _contributions(_joined(counting or views), established=bool(counting))
    layers = every.contribution.shape[1]
    tops = [
        _tops([v for v in views if v.looks[0].established is wanted], layers)
        for wanted in (True, False)
    ]
    yield LayerShares(
        question="writers",
        quantity="top writer of the difference",
        established=tops[0],
        others=tops[1],
        names=shares(_top(every.control), layers, every.controlled),
    )


def _read(view: View) -> _Pairs:
    arrays = {name: values.astype(np.float64)[None] for name, values in view.arrays.items()}
    odds = arrays["log_odds"]
    control = arrays.get("control_contribution")
    return _Pairs(
        looks=(view.look,),
        contribution=arrays["contribution"],
        ledger=arrays["ledger"],
        difference=odds[:, 0] - odds[:, 1],
        control=arrays["contribution"][:0] if control is None else control,
        controlled=() if control is None else (view.look,),
    )


def _joined(some: Sequence[_Pairs]) -> _Pairs:
    return _Pairs(
        looks=tuple(look for one in some for look in one.looks),
        contribution=np.concatenate([one.contribution for one in some]),
        ledger=np.concatenate([one.ledger for one in some]),
        difference=np.concatenate([one.difference for one in some]),
        control=np.concatenate([one.control for one in some]),
        controlled=tuple(look for one in some for look in one.controlled),
    )


def _tops(some: Sequence[_Pairs], layers: int) -> tuple[ShareOfPairs, ...]:
    if not some:
        return ()
    joined = _joined(some)
    return shares(_top(joined.contribution), layers, joined.looks)


def _top(contribution: Numbers) -> NDArray[np.intp]:
    """Return the layer that contributes most in each pair: (pairs, layers, parts) -> (pairs,)."""
    found: NDArray[np.intp] = np.abs(contribution.sum(axis=2)).argmax(axis=1)
    return found


def _contributions(pairs: _Pairs, *, established: bool) -> Contributions:
    turns, others = signs(pairs.looks), shuffled(pairs.looks)
    effects = [
        over_templates(turns * pairs.contribution[:, layer, part], pairs.looks)
        for layer, part in _places(pairs)
    ]
    qs = benjamini_hochberg([e.p if isinstance(e, Estimate) else None for e in effects])
    items = pairs.looks[0].labels["item"]
    return Contributions(
        pairs=len(pairs.looks),
        templates=len({look.template for look in pairs.looks}),
        established=established,
        difference=over_templates(turns * pairs.difference, pairs.looks),
        components=tuple(
            _component(pairs, place, effect, q, others)
            for place, effect, q in zip(_places(pairs), effects, qs, strict=True)
        ),
        ledger={
            item: over_templates(turns * pairs.ledger[:, number], pairs.looks)
            for number, item in enumerate(items)
        },
        unclosed=_unclosed(pairs),
    )


def _component(
    pairs: _Pairs, place: tuple[int, int], effect: Quantity, q: float | None, others: Numbers
) -> ComponentMean:
    layer, part = place
    values = pairs.contribution[:, layer, part]
    return ComponentMean(
        component=Component(kind=_PARTS[part], layer=layer),
        effect=effect,
        q=q,
        shuffled=over_templates(others * values, pairs.looks),
        size=over_templates(np.abs(values), pairs.looks),
        names=over_templates(np.abs(pairs.control[:, layer, part]), pairs.controlled)
        if pairs.controlled
        else Undefined(reason="no two names of one group were looked into"),
    )


def _places(pairs: _Pairs) -> list[tuple[int, int]]:
    return list(np.ndindex(pairs.contribution.shape[1], pairs.contribution.shape[2]))


def _unclosed(pairs: _Pairs) -> float:
    total = pairs.contribution.sum(axis=(1, 2)) + pairs.ledger.sum(axis=1)
    return float(np.abs(total - pairs.difference).max())


PLUGIN = Account(
    name="written",
    question="Which layers write the difference, over all pairs?",
    source="Elhage et al. 2021, A Mathematical Framework for Transformer Circuits",
    reads=("writers",),
    answer=written,
)
