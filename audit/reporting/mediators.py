"""Mediators: the parts that pass the difference on, as rows that a page can show."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.records.inside import Inside, LayerCurve
from audit.records.internals import Component
from audit.records.mediation import Effect, Mediation, Mediator, Path, RankAgreement
from audit.records.quantities import Estimate, Quantity
from audit.reporting.curves import Bar, Curve, bar, curve
from audit.reporting.dossier import Dossier

_KINDS = {"attention": "attention", "mlp": "MLP", "head": "head", "neuron": "neuron"}
_WORDS = {
    "patching": "Which parts pass it on",
    "path_patching": "Which part feeds which",
    "stream_patching": "Where the difference stands",
    "network_sensitivity": "Which layers are sensitive",
    "attribution_patching": "Quick first look",
}


@dataclass(frozen=True)
class Row:
    """A part or a path with its effect, and where its bar lies."""

    title: str
    effect: Effect
    bar: Bar


@dataclass(frozen=True)
class PartRow(Row):
    """A part, and why it was tried."""

    of: Mediator


@dataclass(frozen=True)
class LayerRow:
    """One layer's numbers: the stream at the group's words and at the answer, the gradient."""

    layer: int
    values: tuple[Quantity, ...]


@dataclass(frozen=True)
class Mediators:
    """The section on who passes the difference on.

    Attributes:
        asked: Whether the run asked for it at all.
        black_box: Whether the model cannot be reached inside.
        found: What the effects rest on; None where no pair could be reported.
        parts: The largest effect first.
        outstanding: Those that carry more than a change of person does.
        paths: The largest effect first.
        stream: The curves of the stream, or None.
        gradient: The curve of the gradient's length, or None.
        layers: The values of these curves.
        agreement: Whether sensitive layers are those that pass the difference on, or None.
        refused: In words: what could not be asked, why, and of how many pairs.
        limits: In words: what each question cannot show.
    """

    asked: bool
    black_box: bool
    found: Mediation | None
    parts: tuple[PartRow, ...]
    outstanding: tuple[PartRow, ...]
    paths: tuple[Row, ...]
    stream: Curve | None
    gradient: Curve | None
    layers: tuple[LayerRow, ...]
    agreement: RankAgreement | None
    refused: tuple[tuple[str, str, int], ...]
    limits: tuple[tuple[str, str], ...]


def mediators(dossier: Dossier) -> Mediators:
    """Return the section of a run."""
    inside = dossier.inside
    parts = _parts([one for one in inside.pooled if isinstance(one, Mediator)])
    curves = [one for one in inside.pooled if isinstance(one, LayerCurve)]
    stream = [one for one in curves if one.question == "stream_patching"]
    gradient = [one for one in curves if one.question == "network_sensitivity"]
    return Mediators(
        asked="patching" in inside.asked,
        black_box=dossier.black_box,
        found=next((one for one in inside.pooled if isinstance(one, Mediation)), None),
        parts=parts,
        outstanding=tuple(row for row in parts if row.effect.stands_out),
        paths=_paths([one for one in inside.pooled if isinstance(one, Path)]),
        stream=_drawn(stream, ("at the group's words", "where the answer is read")),
        gradient=_drawn(gradient, ("length of the gradient",)),
        layers=_layers([*stream, *gradient]),
        agreement=_agreement(inside.pooled),
        refused=tuple((_WORDS[q], why, n) for q, why, n in inside.refused if q in _WORDS),
        limits=tuple((_WORDS[q], limit) for q, limit in inside.asked.items() if q in _WORDS),
    )


def title(component: Component) -> str:
    """Return a part's name, e.g. "Layer 2, head 5"; both are counted from 0."""
    index = "" if component.index < 0 else f" {component.index}"
    return f"Layer {component.layer}, {_KINDS[component.kind]}{index}"


def _parts(found: Sequence[Mediator]) -> tuple[PartRow, ...]:
    reach = max((abs(_middle(one.effect)) for one in found), default=0.0)
    return tuple(
        PartRow(title(one.component), one.effect, bar(_middle(one.effect), reach), one)
        for one in found
    )


def _paths(found: Sequence[Path]) -> tuple[Row, ...]:
    reach = max((abs(_middle(one.effect)) for one in found), default=0.0)
    return tuple(
        Row(
            f"{title(one.sender)} → {title(one.receiver).lower().replace('mlp', 'MLP')}",
            one.effect,
            bar(_middle(one.effect), reach),
        )
        for one in found
    )


def _middle(effect: Effect) -> float:
    """Return the mean of both directions, as far as there are estimates."""
    both = [one.value for one in (effect.denoise, effect.noise) if isinstance(one, Estimate)]
    return sum(both) / len(both) if both else 0.0


def _drawn(found: Sequence[LayerCurve], names: tuple[str, ...]) -> Curve | None:
    """Return the drawing; where a layer has no estimate because nothing varies, it is zero."""
    if len(found) != len(names):
        return None
    lines, bands = [], []
    for one, name, kind in zip(found, names, ("names", "ours")[-len(names) :], strict=True):
        known = [layer for layer in one.layers if isinstance(layer, Estimate)]
        if len(known) < len(one.layers):
            return None
        lines.append((name, kind, [layer.value for layer in known]))
        bands.append((name, kind, [layer.low for layer in known], [layer.high for layer in known]))
    return curve(lines, bands)


def _layers(found: Sequence[LayerCurve]) -> tuple[LayerRow, ...]:
    count = min((len(one.layers) for one in found), default=0)
    return tuple(LayerRow(n, tuple(one.layers[n] for one in found)) for n in range(count))


def _agreement(pooled: Sequence[Inside]) -> RankAgreement | None:
    return next((one for one in pooled if isinstance(one, RankAgreement)), None)
