"""Controls: what the run itself says about how far its numbers can be trusted."""

from dataclasses import dataclass

from audit.records.estimates import Disparity, Estimate
from audit.reporting.cells import worst_first
from audit.reporting.dossier import Dossier


@dataclass(frozen=True)
class Controls:
    """The same-group null, the order effect and the answer mass of every cell.

    Attributes:
        cells: The judged disparities, the worst first.
        nulls: How many cells have a same-group null.
        astray: How many of those nulls have a 95 % interval that leaves out zero.
        low_mass: How many cells lie below the policy's floor of answer mass.
    """

    cells: tuple[Disparity, ...]
    nulls: int
    astray: int
    low_mass: int
    order_effects: int
    masses: int


def controls(dossier: Dossier) -> Controls:
    """Return the controls of a run."""
    cells = tuple(finding.disparity for finding in worst_first(dossier.findings))
    nulls = [c.null for c in cells if isinstance(c.null, Estimate)]
    masses = [c.median_mass for c in cells if c.median_mass is not None]
    return Controls(
        cells=cells,
        nulls=len(nulls),
        astray=sum(null.low > 0 or null.high < 0 for null in nulls),
        low_mass=sum(mass < dossier.policy.mass_floor for mass in masses),
        order_effects=sum(c.order_effect is not None for c in cells),
        masses=len(masses),
    )
