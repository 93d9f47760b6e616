"""Power: how large a difference a design can find, before anything is asked.

The standard error of a planned design follows from its variance components, and its
degrees of freedom from Satterthwaite's formula over those components. Simulated power
agrees with it (table in docs/method.md); the estimators' own degrees of freedom, which
rest on mean squares, are lower where names are few.

Source: as `audit.stats.crossed`.
"""

from dataclasses import dataclass

from audit.stats.student import detectable


@dataclass(frozen=True)
class Design:
    """A planned comparison.

    Attributes:
        templates: Templates, asked with every name.
        names: Distinct signalling names of the group.
        reference_names: Those of the reference under a name cue; None under a label cue,
            where both groups share their names.
    """

    templates: int
    names: int
    reference_names: int | None = None


@dataclass(frozen=True)
class Variances:
    """Variance components, in squared units of the metric.

    Attributes:
        template: Of the gap between templates (their interaction with the group).
        name: Between names: of the gap under a label cue, of the answer under a name cue.
        residual: What is left in one gap under a label cue, in one answer under a name cue.
    """

    template: float
    name: float
    residual: float


ASSUMED = Variances(template=0.09, name=0.04, residual=1.0)
"""For plans without earlier observations: standard deviations of .3, .2 and 1."""


def minimum_detectable_effect(design: Design, variances: Variances = ASSUMED) -> float | None:
    """Return the smallest true effect found with 80 % power at 5 %, in the metric's unit.

    None where the design has fewer than two templates or two names, for then there is no
    interval at all.
    """
    sides = [design.names]
    if design.reference_names is not None:
        sides.append(design.reference_names)
    if min(design.templates, *sides) < 2:  # noqa: PLR2004
        return None
    parts = list(_parts(design.templates, sides, variances))
    square = sum(part for part, _ in parts)
    if square == 0:
        return 0.0
    df = 1 / sum((part / square) ** 2 / df for part, df in parts)
    return detectable(square**0.5, df)


def _parts(templates: int, sides: list[int], variances: Variances) -> list[tuple[float, int]]:
    """Return each part of the mean's variance with its degrees of freedom."""
    parts = [(variances.template / templates, templates - 1)]
    for names in sides:
        parts.append((variances.name / names, names - 1))
        cells = templates * names
        parts.append((variances.residual / cells, (templates - 1) * (names - 1)))
    return parts
