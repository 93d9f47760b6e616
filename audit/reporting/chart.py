"""Chart: where the estimates and their intervals lie, as shares of a drawing's width.

The drawing is made of shapes only; its labels and numbers stand beside it as text, because
Indic text inside a drawing comes out broken in PDF. The band shows the margin: what lies
wholly inside it is immaterial by the policy.
"""

import math
from dataclasses import dataclass

from audit.records.estimates import Estimate
from audit.records.findings import Finding
from audit.reporting.formatting import signed

_QUARTER = 0.25  # the one step that needs two places
_STEPS = (0.1, 0.2, _QUARTER, 0.5, 1.0, 2.0, 5.0, 10.0)
_MOST_TICKS = 3  # on either side of zero


@dataclass(frozen=True)
class Tick:
    """A value on the axis and where it stands, in percent of the width.

    Attributes:
        major: Whether it is zero or an end: what a narrow screen still has room for.
    """

    at: float
    text: str
    major: bool


@dataclass(frozen=True)
class Bar:
    """One estimate: its finding, and where dot and interval stand, in percent."""

    finding: Finding
    estimate: Estimate
    left: float
    width: float
    dot: float
    band_left: float
    band_width: float


@dataclass(frozen=True)
class Chart:
    """Bars on one common axis.

    Attributes:
        reach: The axis runs from minus to plus this value.
        unit: Of the axis.
        zero: Where zero stands, in percent.
    """

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    reach: float
    unit: str = "log-odds"
    zero: float = 50.0

    @property
    def margins(self) -> tuple[float, ...]:
        """The margins that the bands show."""
        return tuple(sorted({bar.finding.margin for bar in self.bars}))


def chart(findings: tuple[Finding, ...]) -> Chart:
    """Return the drawing of those findings that have an estimate, in their order.

    One axis has one unit, that of the first; findings in another are not drawn.
    """
    shown = [(f, f.disparity.estimate) for f in findings]
    known = [(f, e) for f, e in shown if isinstance(e, Estimate)]
    unit = known[0][0].disparity.unit if known else "log-odds"
    known = [(f, e) for f, e in known if f.disparity.unit == unit]
    ends = [abs(end) for f, e in known for end in (e.low, e.high, f.margin)]
    step, reach = _axis(max(ends, default=1.0))
    bars = tuple(_bar(finding, estimate, reach) for finding, estimate in known)
    count = round(reach / step)
    ticks = tuple(
        Tick(
            at=_place(n * step, reach),
            text=signed(n * step, 2 if step == _QUARTER else 1),
            major=n in (-count, 0, count),
        )
        for n in range(-count, count + 1)
    )
    return Chart(bars=bars, ticks=ticks, reach=reach, unit=unit)


def _axis(largest: float) -> tuple[float, float]:
    """Return a step and the end of the axis, a whole number of steps beyond the largest."""
    for step in _STEPS:
        if largest <= step * _MOST_TICKS:
            return step, step * max(1, math.ceil(largest / step - 1e-9))
    step = 10.0 ** math.ceil(math.log10(largest / _MOST_TICKS))
    return step, step * math.ceil(largest / step)


def _bar(finding: Finding, estimate: Estimate, reach: float) -> Bar:
    left, right = _place(estimate.low, reach), _place(estimate.high, reach)
    return Bar(
        finding=finding,
        estimate=estimate,
        left=left,
        width=round(right - left, 2),
        dot=_place(estimate.value, reach),
        band_left=_place(-finding.margin, reach),
        band_width=round(_place(finding.margin, reach) - _place(-finding.margin, reach), 2),
    )


def _place(value: float, reach: float) -> float:
    return round(50 + 50 * value / reach, 2)
