"""Units: how the network's units worked on this suite, as rows that a page can show."""

from dataclasses import dataclass

from audit.records.inside import LayerCurve
from audit.records.quantities import Estimate, Quantity, Undefined
from audit.records.readings import Accuracy, Readability, Selectivity
from audit.records.units import LayerHealth, OutlierDimensions
from audit.records.what_ifs import WhatIf
from audit.reporting import formatting as fmt
from audit.reporting.dossier import Dossier
from audit.reporting.labels import Labels

STRETCHES = {"off": "#8b95a1", "valley": "#f6bf95", "transition": "#dde6ee", "on": "#6fb0df"}
"""The stretches of an activation function, each with its colour on paper."""

_QUESTIONS = ("activation_functions", "neuron_selectivity", "diagnostic_classifier")
_TARGETS = {"group": "Which group is named", "outcome": "Whether the answer is favourable"}
_PLACES = {"span": "at the words that name the group", "answer": "where the answer is read"}


@dataclass(frozen=True)
class Stretch:
    """A stretch of the activation function: its name, where its bar lies, and its share."""

    name: str
    colour: str
    left: float
    width: float
    share: str


@dataclass(frozen=True)
class LayerRow:
    """One layer."""

    of: LayerHealth
    firing: str
    stretches: tuple[Stretch, ...]
    weak: str
    hoyer: str
    density: str


@dataclass(frozen=True)
class Hint:
    """A group of units that could be spared or may be in the way, and what removing it cost."""

    tried: WhatIf
    control: WhatIf | None


@dataclass(frozen=True)
class Reading:
    """What one classifier reads: the layer where it reads best, and every layer."""

    of: Readability
    axis: str
    target: str
    place: str
    best: int
    layers: tuple[tuple[int, str, str, str], ...]
    majority: str
    words: str


@dataclass(frozen=True)
class Apart:
    """How many neurons tell a group from the reference group."""

    of: Selectivity
    groups: tuple[str, str]
    where: str


@dataclass(frozen=True)
class Units:
    """The section on the network's units.

    Attributes:
        status: "shown", "black box" or "not asked".
        outliers: The fixed form and the adaptive one.
        inactive: Neurons that fired nowhere, over all layers, and of how many.
        bound: Of a share, for a neuron that fired nowhere.
        limits: What each question cannot show.
        refused: Why the units could not be counted, where the model does not let them be.
    """

    status: str
    layers: tuple[LayerRow, ...]
    outliers: tuple[OutlierDimensions, ...]
    hints: tuple[Hint, ...]
    inactive: int
    always_on: int
    neurons: int
    bound: str
    apart: tuple[Apart, ...]
    readings: tuple[Reading, ...]
    limits: tuple[str, ...]
    refused: tuple[str, ...]


def units(dossier: Dossier, labels: Labels) -> Units:
    """Return the section of a run."""
    pooled = dossier.inside.pooled
    health = [one for one in pooled if isinstance(one, LayerHealth)]
    curves = {
        one.quantity: one.layers
        for one in pooled
        if isinstance(one, LayerCurve) and one.question == _QUESTIONS[0]
    }
    asked = [name for name in _QUESTIONS if name in dossier.inside.asked]
    return Units(
        status=_status(dossier, asked),
        layers=tuple(_row(one, curves) for one in health),
        outliers=tuple(one for one in pooled if isinstance(one, OutlierDimensions)),
        hints=_hints([one for one in pooled if isinstance(one, WhatIf)]),
        inactive=sum(one.inactive for one in health),
        always_on=sum(one.always_on for one in health),
        neurons=sum(one.neurons for one in health),
        bound=fmt.share(max((one.inactive_bound for one in health), default=1.0)),
        apart=tuple(_apart(one, labels) for one in pooled if isinstance(one, Selectivity)),
        readings=tuple(_reading(o, labels) for o in pooled if isinstance(o, Readability)),
        limits=tuple(dossier.inside.asked[name] for name in asked),
        refused=tuple(
            dict.fromkeys(reason for name, reason, _ in dossier.inside.refused if name in asked)
        ),
    )


def measured(quantity: Quantity) -> str:
    """Return a share with its interval, or why there is none."""
    if not isinstance(quantity, Estimate):
        return quantity.reason
    low, high = (min(max(end, 0.0), 1.0) for end in (quantity.low, quantity.high))
    return _ranged(quantity.value, low, high)


def _ranged(share: float, low: float, high: float) -> str:
    ends = f"{fmt.number(100 * low, 1)} to {fmt.number(100 * high, 1)}"
    return f"{fmt.percent(share, 1)} ({ends})"


def _status(dossier: Dossier, asked: list[str]) -> str:
    if not asked:
        return "not asked"
    return "black box" if dossier.black_box else "shown"


def _row(of: LayerHealth, curves: dict[str, tuple[Quantity, ...]]) -> LayerRow:
    def at(quantity: str) -> Quantity:
        return curves[quantity][of.layer]

    return LayerRow(
        of=of,
        firing=measured(at("firing")),
        stretches=_stretches([at(f"in the stretch {name}") for name in STRETCHES]),
        weak=measured(at("below 0.01 of the root mean square")),
        hoyer=_plain(at("Hoyer's sparsity")),
        density=_plain(at("Treves and Rolls' density")),
    )


def _stretches(shares: list[Quantity]) -> tuple[Stretch, ...]:
    found, left = [], 0.0
    for (name, colour), share in zip(STRETCHES.items(), shares, strict=True):
        width = 100 * share.value if isinstance(share, Estimate) else 0.0
        found.append(Stretch(name, colour, round(left, 2), round(width, 2), measured(share)))
        left += width
    return tuple(found)


def _plain(quantity: Quantity) -> str:
    if not isinstance(quantity, Estimate):
        return quantity.reason
    return (
        f"{fmt.number(quantity.value)} ({fmt.number(quantity.low)} to {fmt.number(quantity.high)})"
    )


def _hints(tried: list[WhatIf]) -> tuple[Hint, ...]:
    removed = [one for one in tried if one.kind == "removal"]
    controls = {one.key: one for one in removed if one.control}
    return tuple(Hint(one, controls.get(one.key)) for one in removed if not one.control)


def _apart(of: Selectivity, labels: Labels) -> Apart:
    where = [f"{n} in layer {layer}" for layer, n in enumerate(of.layers) if n]
    groups = (labels.group(of.axis, of.group), labels.group(of.axis, of.reference))
    return Apart(of, groups, fmt.listed(where) or "none")


def _reading(of: Readability, labels: Labels) -> Reading:
    values = [one.value if one.kind == "accuracy" else -1.0 for one in of.by_template]
    every = zip(of.layers, of.by_template, of.by_name, of.selectivity, strict=True)
    return Reading(
        of=of,
        axis=labels.axis(of.axis),
        target=_TARGETS[of.target],
        place=_PLACES[of.place],
        best=max(range(len(values)), key=lambda n: values[n]),
        layers=tuple((n, _read(t), _read(m), _points(s)) for n, t, m, s in every),
        majority=fmt.percent(of.majority.value) if of.majority.kind == "amount" else "none",
        words=_read(of.bag_of_words),
    )


def _read(found: Accuracy | Undefined) -> str:
    """Return an accuracy with its interval, or why there is none."""
    if found.kind == "undefined":
        return found.reason
    return _ranged(found.value, found.low, found.high)


def _points(quantity: Quantity) -> str:
    if not isinstance(quantity, Estimate):
        return quantity.reason
    low, high = (fmt.signed(100 * end, 1) for end in (quantity.low, quantity.high))
    return f"{fmt.points(quantity.value)} ({low} to {high})"
