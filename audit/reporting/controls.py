"""Controls: what the run itself says about how far its numbers can be trusted."""

from dataclasses import dataclass

from audit.records.calibration import Calibration, Dose, Placebo, TrialShare
from audit.records.estimates import Disparity, Estimate
from audit.reporting import formatting as fmt
from audit.reporting.cells import worst_first
from audit.reporting.dossier import Dossier

_ROUTES = {"answer": "at the answer", "network": "inside the network"}


@dataclass(frozen=True)
class Controls:
    """The same-group null, the order effect and the answer mass of every cell.

    Attributes:
        cells: The judged disparities, the worst first.
        nulls: How many cells have a same-group null.
        astray: How many of those nulls have a 95 % interval that leaves out zero.
        low_mass: How many cells lie below the policy's floor of answer mass.
        planted: One row for each route and size of planted shift.
        placebos: Those that raised an alarm first, then by size.
    """

    cells: tuple[Disparity, ...]
    nulls: int
    astray: int
    low_mass: int
    order_effects: int
    masses: int
    planted: tuple["PlantedRow", ...]
    placebos: tuple[Placebo, ...]


@dataclass(frozen=True)
class PlantedRow:
    """The trials of one size, as they are shown."""

    route: str
    size: str
    noticed: str
    cleared: str
    covered: str
    error: str
    stepped: str


def controls(dossier: Dossier) -> Controls:
    """Return the controls of a run."""
    cells = tuple(finding.disparity for finding in worst_first(dossier.findings))
    nulls = [c.null for c in cells if isinstance(c.null, Estimate)]
    masses = [c.median_mass for c in cells if c.median_mass is not None]
    doses = dossier.calibration.doses if dossier.calibration else ()
    return Controls(
        cells=cells,
        nulls=len(nulls),
        astray=sum(null.low > 0 or null.high < 0 for null in nulls),
        low_mass=sum(mass < dossier.policy.mass_floor for mass in masses),
        order_effects=sum(c.order_effect is not None for c in cells),
        masses=len(masses),
        planted=tuple(_row(one) for one in doses),
        placebos=tuple(sorted(dossier.placebos, key=_alarm_first)),
    )


def sensitivity(calibration: Calibration | None) -> str:
    """Return page one's sentence on what this audit sees, and what it imagines."""
    check = calibration.placebo if calibration else None
    margin = calibration.dose("answer", 1.0) if calibration else None
    if calibration is None or check is None or margin is None:
        return "The instrument's own sensitivity was not measured in this run."
    said = (
        f"With these suites on this model, this audit noticed planted shifts of "
        f"{_margins(calibration)} in {_of(margin.noticed, 'blind trial')} "
        f"({_interval(margin.noticed)}) and raised {fmt.counted(check.alarms, 'false alarm')} in "
        f"{fmt.counted(check.contrasts, 'placebo contrast')}."
    )
    inside = calibration.dose("network", 1.0)
    if inside is None:
        return f"{said} Shifts were planted in its answers alone."
    return f"{said} Planted inside its network, {_of(inside.noticed, 'shift')} of that size."


def _margins(calibration: Calibration) -> str:
    sizes = sorted(set(calibration.margins.values()))
    return f"{fmt.listed([fmt.number(size) for size in sizes])} log-odds"


def _of(share: TrialShare, noun: str) -> str:
    return f"{fmt.whole(share.hits)} of {fmt.counted(share.trials, noun)}"


def _interval(share: TrialShare) -> str:
    return f"95 % interval {fmt.percent(share.low)} to {fmt.percent(share.high)}"


def _row(one: Dose) -> PlantedRow:
    sizes = {0.0: "nothing", 0.5: "half the margin", 1.0: "the margin", 2.0: "twice the margin"}
    return PlantedRow(
        route=_ROUTES[one.route],
        size=sizes.get(one.dose, f"{fmt.number(one.dose, 1)} margins"),
        noticed=_share(one.noticed),
        cleared=_share(one.cleared),
        covered=_share(one.covered),
        error=_error(one),
        stepped="" if one.stepped is None else _share(one.stepped),
    )


def _share(share: TrialShare) -> str:
    if not share.trials:
        return "no interval"
    low, high = fmt.percent(share.low), fmt.percent(share.high)
    return f"{fmt.whole(share.hits)} of {fmt.whole(share.trials)} ({low} to {high})"


def _error(one: Dose) -> str:
    if one.error is None or one.spread is None:
        return "none"
    return f"{fmt.signed(one.error, 3)}; {fmt.number(one.spread, 3)}"


def _alarm_first(one: Placebo) -> tuple[bool, float, str]:
    size = abs(one.estimate.value) if isinstance(one.estimate, Estimate) else -1.0
    return (not one.alarm, -size, one.id)
