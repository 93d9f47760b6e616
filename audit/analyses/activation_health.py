"""Activation health: which units did nothing, which always work, and where values are extreme.

Counts and sums of all pairs are added up, layer by layer; nothing else is kept, so that memory
does not grow with the number of pairs. Shares (firing, stretches of the activation function,
sparsity) get an interval with templates as clusters. A neuron that fired at none of N positions
is *inactive on this suite*: by the rule of three, with 95 % confidence, it fires at no more
than 3/N of positions like these. That takes positions for independent, which those of one
text are not; the number of templates therefore stands beside it.

Reads:  views of `activation_functions`.
Gives:  the health of each layer, outlier dimensions in a fixed and an adaptive form, and a
        curve over layers for each share.
Source: rule of three, Hanley & Lippman-Hand 1983, JAMA 249:1743; outlier dimensions, Dettmers
        et al. 2022, arXiv:2208.07339.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audit.analyses.contract import Account, View
from audit.records.inside import Inside, LayerCurve
from audit.records.quantities import Quantity
from audit.records.units import LayerHealth, OutlierDimensions
from audit.stats.clusters import mean_over_clusters

QUESTION = "activation_functions"

_ALWAYS = 0.99
_POSITIONS, _LAYERS = 0.06, 0.25  # shares from which on a dimension is an outlier
_FEWEST_TEMPLATES = 3
_ALSO_SUMMED = ("fired", "stretches", "sparsity")

Array = NDArray[np.float64]
Sums = Mapping[str, Array]


@dataclass(frozen=True)
class Health:
    """All pairs' counts, added up.

    Attributes:
        sums: Name -> array, as one pair has them.
        shares: Template -> shares of its own positions, by name: (layer,) or (layer, kind).
        functions: The activation function of each layer.
    """

    sums: Sums
    shares: Mapping[str, Sums]
    functions: tuple[str, ...]
    stretches: tuple[str, ...]
    pairs: int

    @property
    def inactive(self) -> NDArray[np.bool_]:
        """Neurons that fired nowhere, (layer, neuron)."""
        silent: NDArray[np.bool_] = self.sums["fired"] == 0
        return silent

    def outliers(self, form: Literal["fixed", "adaptive"]) -> NDArray[np.intp]:
        """Return the outlier dimensions, rising."""
        large = self.sums["large" if form == "fixed" else "large_for_its_state"]
        often = large >= _POSITIONS * self.sums["positions"][:, np.newaxis]
        return np.flatnonzero(often.mean(axis=0) >= _LAYERS)


def health(views: Iterable[View]) -> Health | None:
    """Return all pairs' counts, added up; None where no pair could be looked into."""
    sums: dict[str, Array] = {}
    by_template: dict[str, dict[str, Array]] = defaultdict(dict)
    labels: Mapping[str, tuple[str, ...]] = {}
    pairs = 0
    for view in views:
        found = {name: array.astype(np.float64) for name, array in view.arrays.items()}
        if not found["positions"].any():
            continue
        pairs, labels = pairs + 1, view.look.labels
        _add(sums, found)
        _add(by_template[view.look.template], _narrow(found))
    if not pairs:
        return None
    shares = {template: _shares(found) for template, found in sorted(by_template.items())}
    return Health(sums, shares, labels["function"], labels["stretch"], pairs)


def excess_kurtosis(moments: Array) -> float:
    """Return the excess kurtosis from (count, sum x, sum x^2, sum x^3, sum x^4).

    Zero where nothing varies.
    """
    count = float(moments[0])
    if count == 0:
        return 0.0
    mean, square, cube, fourth = (moments[1:] / count).tolist()
    variance = square - mean**2
    if variance <= 0:
        return 0.0
    central = fourth - 4 * mean * cube + 6 * mean**2 * square - 3 * mean**4
    return float(central / variance**2 - 3)


def activation_health(views: Mapping[str, Iterable[View]]) -> Iterator[Inside]:
    found = health(views[QUESTION])
    if found is None:
        return
    for layer in range(len(found.functions)):
        yield _layer(found, layer)
    yield _outliers(found, "fixed")
    yield _outliers(found, "adaptive")
    yield from _curves(found)


def _add(total: dict[str, Array], found: Mapping[str, Array]) -> None:
    for name, array in found.items():
        if name not in total:
            total[name] = array.copy()
        elif "greatest" in name:
            np.maximum(total[name], array, out=total[name])
        else:
            total[name] += array


def _narrow(found: Sums) -> Sums:
    """Return what is needed of each template: sums without a neuron of their own."""
    fired = found["fired"]
    return {
        "positions": found["positions"],
        "units": found["positions"] * fired.shape[1],
        "fired": fired.sum(axis=1),
        "stretches": found["stretches"],
        "sparsity": found["sparsity"],
    }


def _shares(found: Sums) -> Sums:
    positions, units = found["positions"], found["units"]
    return {
        "fired": found["fired"] / units,
        "stretches": found["stretches"] / units[:, np.newaxis],
        "sparsity": found["sparsity"] / positions[:, np.newaxis],
    }


def _layer(found: Health, layer: int) -> LayerHealth:
    sums = {name: array[layer] for name, array in found.sums.items()}
    positions, fired = int(sums["positions"]), sums["fired"]
    return LayerHealth(
        layer=layer,
        function=found.functions[layer],
        neurons=fired.size,
        positions=positions,
        pairs=found.pairs,
        templates=len(found.shares),
        firing=float(fired.sum() / (positions * fired.size)),
        inactive=int((fired == 0).sum()),
        inactive_bound=min(1.0, 3 / positions),
        always_on=int((fired > _ALWAYS * positions).sum()),
        kurtosis=excess_kurtosis(sums["moments"]),
        greatest=float(sums["greatest"]),
        massive=int(sums["massive"].sum()),
        massive_adaptive=int(sums["massive_for_its_state"].sum()),
        first_greatest=float(sums["first_greatest"]),
        first_massive=int(sums["first_massive"].sum()),
        first_massive_adaptive=int(sums["first_massive_for_its_state"].sum()),
    )


def _outliers(found: Health, form: Literal["fixed", "adaptive"]) -> OutlierDimensions:
    positions = int(found.sums["positions"].min())
    layers, width = found.sums["large"].shape
    return OutlierDimensions(
        form=form,
        dimensions=tuple(found.outliers(form).tolist()),
        width=width,
        layers=layers,
        positions=positions,
        share_bound=min(1.0, 3 / positions),
    )


def _curves(found: Health) -> Iterator[LayerCurve]:
    """Yield the share of each kind over the layers, with templates as clusters."""
    kinds: list[tuple[str, str, int | None]] = [("firing", "fired", None)]
    kinds += [(f"in the stretch {one}", "stretches", n) for n, one in enumerate(found.stretches)]
    kinds += [
        ("below 0.01 of the root mean square", "sparsity", 0),
        ("Hoyer's sparsity", "sparsity", 1),
        ("Treves and Rolls' density", "sparsity", 2),
    ]
    for quantity, name, kind in kinds:
        values = np.stack(
            [one[name] if kind is None else one[name][:, kind] for one in found.shares.values()]
        )  # (templates, layers)
        layers = tuple(_pooled(values[:, layer], found) for layer in range(values.shape[1]))
        yield LayerCurve(question=QUESTION, quantity=quantity, unit="share", layers=layers)


def _pooled(values: Array, found: Health) -> Quantity:
    return mean_over_clusters(
        values,
        floor=_FEWEST_TEMPLATES,
        observations=int(found.sums["positions"].max()),
        names=0,
    )


PLUGIN = Account(
    name="activation_health",
    question="Which units did nothing on this suite, which always work, where are values extreme?",
    source="Hanley & Lippman-Hand 1983, JAMA 249:1743; Dettmers et al. 2022, arXiv:2208.07339",
    reads=(QUESTION,),
    answer=activation_health,
)
