"""Curves: where lines, bands and bars lie in a drawing; its labels are text beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.reporting.formatting import signed

WIDTH, HEIGHT = 600.0, 150.0
"""The drawing's own units; it is stretched to the page."""

_ROOM = 0.08  # of the height, above and below


@dataclass(frozen=True)
class Label:
    """A text and where it stands, in percent of the width or height."""

    at: float
    text: str


@dataclass(frozen=True)
class Line:
    """One curve: its name, its style sheet's class, and its points."""

    name: str
    kind: str
    points: str


@dataclass(frozen=True)
class Curve:
    """Some lines over layers.

    Attributes:
        bands: Areas between two bounds, drawn under the lines.
        zero: Height of zero, in the drawing's units.
        across: The layers, along the bottom.
        up: Values, along the side.
    """

    lines: tuple[Line, ...]
    bands: tuple[Line, ...]
    zero: float
    across: tuple[Label, ...]
    up: tuple[Label, ...]


Values = Sequence[float]


def curve(
    lines: Sequence[tuple[str, str, Values]],
    bands: Sequence[tuple[str, str, Values, Values]] = (),
) -> Curve:
    """Return a drawing of lines (name, kind, values) and bands (name, kind, low, high)."""
    every = [v for *_, values in lines for v in values]
    every += [v for *_, low, high in bands for v in (*low, *high)]
    bottom, top = min(0.0, *every), max(0.0, *every)
    scale = _Scale(bottom, top if top > bottom else bottom + 1.0, len(lines[0][2]))
    return Curve(
        lines=tuple(Line(name, kind, scale.points(values)) for name, kind, values in lines),
        bands=tuple(
            Line(name, kind, f"{scale.points(low)} {scale.points(high, backwards=True)}")
            for name, kind, low, high in bands
        ),
        zero=scale.height(0.0),
        across=tuple(
            Label(round(100 * scale.place(n) / WIDTH, 2), str(n)) for n in _some(scale.count)
        ),
        up=tuple(
            Label(round(100 * scale.height(value) / HEIGHT, 2), signed(value))
            for value in dict.fromkeys((scale.top, 0.0, scale.bottom))
            if value == 0 or abs(value) > _ROOM * (scale.top - scale.bottom)
        ),
    )


@dataclass(frozen=True)
class _Scale:
    bottom: float
    top: float
    count: int

    def place(self, layer: int) -> float:
        return round(WIDTH * (layer + 0.5) / self.count, 1)

    def height(self, value: float) -> float:
        share = (self.top - value) / (self.top - self.bottom)
        return round(HEIGHT * (_ROOM + (1 - 2 * _ROOM) * share), 1)

    def points(self, values: Values, *, backwards: bool = False) -> str:
        """Return "x,y x,y ...", from the first layer on or back from the last."""
        places = [f"{self.place(n)},{self.height(value)}" for n, value in enumerate(values)]
        return " ".join(reversed(places) if backwards else places)


def _some(count: int) -> range:
    """Return the layers that have a label: all of a few, else about eight."""
    return range(0, count, max(1, -(-count // 8)))


@dataclass(frozen=True)
class Bar:
    """A bar from zero, in percent of the width; `kind` is "for" or "against"."""

    left: float
    width: float
    kind: str


def bar(value: float, reach: float) -> Bar:
    """Return a bar on an axis from minus to plus `reach`."""
    width = round(50 * min(1.0, abs(value) / reach), 2) if reach else 0.0
    return Bar(
        50.0 if value >= 0 else round(50 - width, 2), width, "for" if value >= 0 else "against"
    )
