"""Curves: where lines, bands and bars lie in a drawing; its labels are text beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.reporting.formatting import signed

WIDTH, HEIGHT = 600.0, 150.0
"""The drawing's own units; it is stretched to the page."""

ROOM = 0.08  # of the height, above and below


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


@dataclass(frozen=True)
class Upright:
    """From values to heights, which count downwards; `full` is the drawing's whole height."""

    bottom: float
    top: float
    full: float

    def at(self, value: float) -> float:
        """Return the height of a value, in the drawing's units."""
        share = (self.top - value) / (self.top - self.bottom)
        return round(self.full * (ROOM + (1 - 2 * ROOM) * share), 1)

    @property
    def labels(self) -> tuple[Label, ...]:
        """Both ends and zero; an end that lies too near zero has none."""
        return tuple(
            Label(round(100 * self.at(value) / self.full, 2), signed(value))
            for value in dict.fromkeys((self.top, 0.0, self.bottom))
            if value == 0 or abs(value) > ROOM * (self.top - self.bottom)
        )


def curve(
    lines: Sequence[tuple[str, str, Values]],
    bands: Sequence[tuple[str, str, Values, Values]] = (),
) -> Curve:
    """Return a drawing of lines (name, kind, values) and bands (name, kind, low, high)."""
    every = [v for *_, values in lines for v in values]
    every += [v for *_, low, high in bands for v in (*low, *high)]
    bottom, top = min(0.0, *every), max(0.0, *every)
    upright = Upright(bottom, top if top > bottom else bottom + 1.0, HEIGHT)
    scale = _Scale(upright, len(lines[0][2]))
    return Curve(
        lines=tuple(Line(name, kind, scale.points(values)) for name, kind, values in lines),
        bands=tuple(
            Line(name, kind, f"{scale.points(low)} {scale.points(high, backwards=True)}")
            for name, kind, low, high in bands
        ),
        zero=upright.at(0.0),
        across=tuple(
            Label(round(100 * scale.place(n) / WIDTH, 2), str(n)) for n in _some(scale.count)
        ),
        up=upright.labels,
    )


@dataclass(frozen=True)
class _Scale:
    upright: Upright
    count: int

    def place(self, layer: int) -> float:
        return round(WIDTH * (layer + 0.5) / self.count, 1)

    def points(self, values: Values, *, backwards: bool = False) -> str:
        """Return "x,y x,y ...", from the first layer on or back from the last."""
        places = [f"{self.place(n)},{self.upright.at(value)}" for n, value in enumerate(values)]
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
