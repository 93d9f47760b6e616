"""Network: what was seen inside the network over all pairs, as rows that a page can show."""

from dataclasses import dataclass
from typing import TypeVar

from audit.records.inside import LayerCurve
from audit.records.quantities import Estimate, Quantity
from audit.records.writing import ComponentMean, Contributions, LayerShares, ShareOfPairs
from audit.reporting.curves import Bar, Curve, bar, curve
from audit.reporting.dossier import Dossier
from audit.reporting.labels import Labels
from audit.reporting.maps import LEDGER, PairMaps, pair_maps

R = TypeVar("R")

_WORDS = {
    "activation_map": "Maps of the difference, layer by word",
    "attention_map": "Attention maps",
    "logit_lens": "Logit lens",
    "writers": "Which layers write the difference",
}


@dataclass(frozen=True)
class LayerRow:
    """One layer's shares of the pairs; None where there are no such pairs."""

    layer: int
    writers: tuple[ShareOfPairs | None, ...]
    onset: tuple[ShareOfPairs | None, ...]


@dataclass(frozen=True)
class ComponentRow:
    """One component's mean contribution, with its bar."""

    of: ComponentMean
    title: str
    bar: Bar


@dataclass(frozen=True)
class Network:
    """The section on the network.

    Attributes:
        status: "shown", "black box" or "not asked".
        layers: Shares by layer, the first layer first.
        top: The layer that is most often the top writer of established differences.
        components: The largest mean contribution first.
        ledger: What no component wrote: in words, and how much.
        lens: The curve of the difference, or None.
        pairs: Those that the report shows, one after the other.
        refused: In words: what could not be asked, why, and of how many pairs.
        limits: In words: what each question cannot show.
    """

    status: str
    layers: tuple[LayerRow, ...]
    top: tuple[int, ShareOfPairs] | None
    contributions: Contributions | None
    components: tuple[ComponentRow, ...]
    ledger: tuple[tuple[str, Quantity], ...]
    lens: Curve | None
    lens_values: LayerCurve | None
    pairs: tuple[PairMaps, ...]
    refused: tuple[tuple[str, str, int], ...]
    limits: tuple[tuple[str, str], ...]


def network(dossier: Dossier, labels: Labels) -> Network:
    """Return the section of a run."""
    inside = dossier.inside
    found = _one(inside.pooled, Contributions)
    writers = _shares(dossier, "writers")
    lens = _one(inside.pooled, LayerCurve, "logit_lens")
    asked = [name for name in inside.asked if name in _WORDS]
    return Network(
        status=_status(dossier, asked),
        layers=_layers(writers, _shares(dossier, "activation_map")),
        top=_top(writers),
        contributions=found,
        components=_components(found) if found else (),
        ledger=tuple((LEDGER.get(k, k), q) for k, q in found.ledger.items()) if found else (),
        lens=_lens(lens) if lens else None,
        lens_values=lens,
        pairs=pair_maps(dossier, labels),
        refused=tuple((_WORDS[q], reason, n) for q, reason, n in inside.refused if q in _WORDS),
        limits=tuple((_WORDS[name], inside.asked[name]) for name in asked),
    )


def _status(dossier: Dossier, asked: list[str]) -> str:
    if not asked:
        return "not asked"
    return "black box" if dossier.black_box else "shown"


def _one(pooled: tuple[object, ...], kind: type[R], question: str = "") -> R | None:
    """Return the one pooled record of a kind (and question), or None."""
    fitting = (one for one in pooled if isinstance(one, kind))
    return next(
        (one for one in fitting if not question or getattr(one, "question", "") == question), None
    )


def _shares(dossier: Dossier, question: str) -> LayerShares | None:
    return _one(dossier.inside.pooled, LayerShares, question)


def _layers(writers: LayerShares | None, onset: LayerShares | None) -> tuple[LayerRow, ...]:
    sides = [
        (one.established, one.others, one.names) if one else ((), (), ())
        for one in (writers, onset)
    ]
    count = max(len(shares) for side in sides for shares in side)
    at = [
        [tuple(shares[n] if shares else None for shares in side) for n in range(count)]
        for side in sides
    ]
    return tuple(LayerRow(n, at[0][n], at[1][n][:2]) for n in range(count))


def _top(writers: LayerShares | None) -> tuple[int, ShareOfPairs] | None:
    if writers is None or not writers.established:
        return None
    layer = max(range(len(writers.established)), key=lambda n: writers.established[n].count)
    return layer, writers.established[layer]


def _components(found: Contributions) -> tuple[ComponentRow, ...]:
    def size(one: ComponentMean) -> float:
        return abs(one.effect.value) if isinstance(one.effect, Estimate) else -1.0

    ordered = sorted(found.components, key=lambda one: -size(one))
    reach = max((size(one) for one in ordered), default=0.0)
    return tuple(
        ComponentRow(
            of=one,
            title=f"Layer {one.component.layer}, {_PARTS[one.component.kind]}",
            bar=bar(one.effect.value if isinstance(one.effect, Estimate) else 0.0, reach),
        )
        for one in ordered
    )


_PARTS = {"attention": "attention", "mlp": "MLP"}


def _lens(lens: LayerCurve) -> Curve | None:
    """Return the drawing, where every layer has an estimate."""
    values = [one for one in lens.layers if isinstance(one, Estimate)]
    if len(values) < len(lens.layers) or not values:
        return None
    bands = [("95 % interval", "ours", [v.low for v in values], [v.high for v in values])]
    lines = [("Difference of the pair", "ours", [v.value for v in values])]
    names = [one for one in lens.control if isinstance(one, Estimate)]
    if len(names) == len(values):
        bands.append(("its interval", "names", [v.low for v in names], [v.high for v in names]))
        lines.append(("Two names of one group", "names", [v.value for v in names]))
    return curve(lines, bands)
