"""What-ifs: what was tried on the network, with its price, as rows and as a drawing.

The drawing sets what is left of the difference against what the change did to the model where
nobody is named. It is made of shapes only; numbers beside the dots refer to the table.
"""

import math
from dataclasses import dataclass

from audit.records.quantities import Estimate, Quantity
from audit.records.what_ifs import WhatIf
from audit.reporting import formatting as fmt
from audit.reporting.curves import ROOM, Label, Upright
from audit.reporting.dossier import Dossier
from audit.reporting.labels import Labels

WIDTH, HEIGHT = 600.0, 260.0
"""The drawing's own units; it is stretched to the page."""

_TICKS = 4
_EXACT = 1e-9


@dataclass(frozen=True)
class Row:
    """One change: its number, its name, and its numbers in words."""

    of: WhatIf
    number: int
    title: str
    what: str
    gap: str
    change: str
    moved: str
    divergence: str
    perplexity: str
    right: str
    mass: str
    unanswered: str


@dataclass(frozen=True)
class Dot:
    """A change in the drawing: its place, its interval, and where its number stands.

    Attributes:
        x: In the drawing's units, as are `y`, `low` and `high`.
        left: Of the number, in percent of the width.
        top: Of the number, in percent of the height.
    """

    number: int
    control: bool
    x: float
    y: float
    low: float
    high: float
    left: float
    top: float


@dataclass(frozen=True)
class Drawing:
    """The trade-off.

    Attributes:
        zero: Height of no difference.
        band: Top and height of the margin on both sides of zero.
        across: Ticks of the cost.
        up: Ticks of the difference.
    """

    dots: tuple[Dot, ...]
    zero: float
    band: tuple[float, float]
    across: tuple[Label, ...]
    up: tuple[Label, ...]


@dataclass(frozen=True)
class WhatIfs:
    """The section.

    Attributes:
        status: "shown", "none", "black box" or "not asked".
        compared: Group and reference group, in words.
        where: Language and domain, in words.
        chance: Of guessing the neutral questions.
    """

    status: str
    rows: tuple[Row, ...]
    drawing: Drawing | None
    compared: tuple[str, str]
    where: str
    margin: float
    chance: str


def what_ifs(dossier: Dossier, labels: Labels) -> WhatIfs:
    """Return the section of a run; removals of named units stand with the units."""
    tried = [one for one in dossier.inside.pooled if isinstance(one, WhatIf)]
    shown = [one for one in tried if one.kind != "removal"]
    status = _status(dossier, tried)
    if not shown:
        return WhatIfs(status, (), None, ("", ""), "", 0.0, "")
    first = shown[0]
    rows = tuple(_row(one, number) for number, one in enumerate(shown))
    judging = dossier.policy.margin(first.outcome, "log_odds")
    margin = judging.margin if judging else 0.0
    return WhatIfs(
        status=status,
        rows=rows,
        drawing=_drawing(shown, margin),
        compared=(
            labels.group(first.axis, first.group),
            labels.group(first.axis, first.reference),
        ),
        where=f"{labels.language(first.language)}, {labels.domain(first.domain).lower()}",
        margin=margin,
        chance=fmt.percent(first.upkeep.chance),
    )


def cost(quantity: Quantity) -> str:
    """Return a divergence in nats with its interval, or that there is none."""
    if not isinstance(quantity, Estimate):
        return quantity.reason
    low = fmt.number(max(0.0, quantity.low), 3)
    return f"{fmt.number(quantity.value, 3)} ({low} to {fmt.number(quantity.high, 3)})"


def _status(dossier: Dossier, tried: list[WhatIf]) -> str:
    if not dossier.run.spec.depth.what_if_sets:
        return "not asked"
    if dossier.black_box:
        return "black box"
    return "shown" if tried else "none"


def _row(of: WhatIf, number: int) -> Row:
    upkeep, plain = of.upkeep, of.kind == "nothing"
    mass = upkeep.mass
    return Row(
        of=of,
        number=number,
        title=_title(of),
        what=fmt.true_minus(of.what),
        gap=_signed(of.disparity),
        change="—" if plain else _signed(of.change),
        moved="—" if plain else cost(of.moved),
        divergence="—" if plain else cost(upkeep.divergence),
        perplexity="—" if plain else _times(upkeep.log_perplexity),
        right=f"{upkeep.right} of {upkeep.questions}",
        mass=fmt.percent(mass.value) if mass.kind == "amount" else "none",
        unanswered=fmt.percent(upkeep.unanswered),
    )


def _title(of: WhatIf) -> str:
    if of.kind == "nothing":
        return "As the model is"
    return f"Control of {of.key}" if of.control else fmt.capital(of.key)


def _signed(quantity: Quantity) -> str:
    if not isinstance(quantity, Estimate):
        return f"not measured: {quantity.reason}"
    return f"{fmt.signed(quantity.value)} ({fmt.interval(quantity)})"


def _times(quantity: Quantity) -> str:
    """Return the factor of a perplexity from the change of its logarithm."""
    if not isinstance(quantity, Estimate):
        return quantity.reason
    value, low, high = (
        fmt.number(math.exp(end)) for end in (quantity.value, quantity.low, quantity.high)
    )
    return f"× {value} ({low} to {high})"


def _drawing(shown: list[WhatIf], margin: float) -> Drawing | None:
    """Return the drawing of the changes whose difference was estimated."""
    known = [
        (number, one, one.disparity)
        for number, one in enumerate(shown)
        if isinstance(one.disparity, Estimate)
    ]
    if not known:
        return None
    right = max(_cost(one) for _, one, _ in known) or 1.0
    ends = [end for _, _, gap in known for end in (gap.low, gap.high)]
    upright = Upright(bottom=min(-margin, *ends), top=max(margin, *ends), full=HEIGHT)
    step = _step(right)
    steps = [step * n for n in range(int(right / step + _EXACT) + 1)]
    return Drawing(
        dots=tuple(
            _dot(_across(_cost(one), right), upright, number, one, gap)
            for number, one, gap in known
        ),
        zero=upright.at(0.0),
        band=(upright.at(margin), round(upright.at(-margin) - upright.at(margin), 1)),
        across=tuple(
            Label(round(100 * _across(v, right) / WIDTH, 2), fmt.number(v)) for v in steps
        ),
        up=upright.labels,
    )


def _across(value: float, right: float) -> float:
    """Return the place of a cost, in the drawing's units."""
    return round(WIDTH * (ROOM + (1 - 2 * ROOM) * value / right), 1)


def _dot(x: float, upright: Upright, number: int, one: WhatIf, gap: Estimate) -> Dot:
    y = upright.at(gap.value)
    return Dot(
        number=number,
        control=one.control,
        x=x,
        y=y,
        low=upright.at(gap.low),
        high=upright.at(gap.high),
        left=round(100 * x / WIDTH, 2),
        top=round(100 * y / HEIGHT, 2),
    )


def _step(reach: float) -> float:
    """Return a round step that gives about `_TICKS` ticks."""
    rough = reach / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    return power * next(n for n in (1, 2, 5, 10) if n * power >= rough)


def _cost(one: WhatIf) -> float:
    divergence = one.upkeep.divergence
    return divergence.value if isinstance(divergence, Estimate) else 0.0
