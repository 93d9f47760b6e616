"""Drawing: the answers of many runs of one design, under a truth that is known.

The residual has variance one, so every other number counts in its standard deviations. Under
a label cue that is the residual of a gap, under a name cue of one answer. Under a name cue the
groups share each template's own difficulty, which must cancel, and each has half of the
template's part in the gap.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from audit.records.digests import content_seed
from audit.records.quantities import Estimate, Undefined
from audit.stats.crossed import Floor, against_fixed, by_unit, nested, paired, weighted

FLOOR = Floor(templates=4, names=3)
CHUNK = 500
DIFFICULTY = 2.0  # standard deviation of what all groups find in a template


@dataclass(frozen=True)
class Design:
    """A comparison to simulate.

    Attributes:
        cue: "label", "name", "fixed" (one wording against names), or "mean label" and
            "mean name" (a group against the mean of four).
        reference_names: Names of the reference group; 0 for as many as the group has.
        template: Standard deviation of the gap between templates.
        name: That between names.
        gaps: "" for none, "scattered" (three answers in a hundred are missing), "torn" (one
            template and one name are missing whole, and one answer more).
        given: Given names a surname: up to this many stand with each of `names` surnames, which
            are the units.
        tails: "normal", or "skewed" for exponential names and templates.
    """

    cue: str
    templates: int
    names: int
    reference_names: int = 0
    template: float = 0.0
    name: float = 0.0
    gaps: str = ""
    given: int = 1
    tails: str = "normal"

    @property
    def words(self) -> str:
        return repr(self)


def seeded(*words: str) -> np.random.Generator:
    return np.random.default_rng(content_seed("simulation", *words))


def estimates(
    design: Design, gap: float, repetitions: int, purpose: str
) -> Iterator[Estimate | Undefined]:
    """Yield one estimate a run; the true gap is `gap`."""
    rng = seeded(purpose, design.words, str(gap))
    for start in range(0, repetitions, CHUNK):
        yield from _CUES[design.cue](design, gap, min(CHUNK, repetitions - start), rng)


def _effects(design, sd, shape, rng):
    if design.tails == "skewed":
        return sd * (rng.standard_exponential(shape) - 1)
    return sd * rng.standard_normal(shape)


def layouts(design, names, count, rng, share=1.0):
    """Return (runs, templates, names) numbers: template's part, names' part and residual."""
    template = share**0.5 * design.template
    return (
        _effects(design, template, (count, design.templates, 1), rng)
        + _effects(design, design.name, (count, 1, names), rng)
        + rng.standard_normal((count, design.templates, names))
    )


def _torn(design, values, rng):
    """Blank what the design loses, in place."""
    if design.gaps == "scattered":
        values[rng.random(values.shape) < 0.03] = np.nan
    if design.gaps == "torn":
        values[:, 0, :] = np.nan
        values[:, :, 0] = np.nan
        values[:, 1, 1] = np.nan
    return values


def _label(design, gap, count, rng):
    for d in _torn(design, gap + layouts(design, design.names, count, rng), rng):
        yield paired(d, floor=FLOOR)


def _name(design, gap, count, rng):
    common = DIFFICULTY * rng.standard_normal((count, design.templates, 1))
    theirs = design.reference_names or design.names
    sides = [
        _torn(design, common + by + _surnames(design, names, count, rng), rng)
        for names, by in ((design.names, gap), (theirs, 0.0))
    ]
    for a, b in zip(*sides, strict=True):
        yield nested(_merged(design, a), _merged(design, b), floor=FLOOR)


def _surnames(design, names, count, rng):
    """Return the answers to full names; each surname's effect stands in all its full names."""
    if design.given == 1:
        return layouts(design, names, count, rng, share=0.5)
    units = _units(design, names)
    given = 0.1 * rng.standard_normal((count, 1, units.size))
    surname = _effects(design, design.name, (count, 1, names), rng)[:, :, units]
    template = _effects(design, design.template / 2**0.5, (count, design.templates, 1), rng)
    residual = rng.standard_normal((count, design.templates, units.size))
    return template + surname + given + residual


def _units(design, names):
    """Return the surname of each full name: 1, 2, .. `given`, 1, 2, .. given names in turn."""
    return np.repeat(np.arange(names), 1 + np.arange(names) % design.given)


def _merged(design, side):
    """Return the answers by signalling unit, as the product averages them."""
    if design.given == 1:
        return side
    templates, full = side.shape
    rows, units = np.divmod(np.arange(side.size), full)
    of = _units(design, int(design.names))[units]
    return by_unit(side.ravel(), rows=rows, units=of, shape=(templates, design.names))


def _fixed(design, gap, count, rng):
    one = layouts(Design("fixed", design.templates, 1, template=design.template), 1, count, rng)
    names = layouts(
        Design("fixed", design.templates, design.names, name=design.name),
        design.names, count, rng,
    )  # fmt: skip
    for a, b in zip(gap + one[:, :, 0], names, strict=True):
        yield against_fixed(a, b, floor=FLOOR)


def _mean_name(design, gap, count, rng):
    common = DIFFICULTY * rng.standard_normal((count, design.templates, 1))
    sides = [common + layouts(design, design.names, count, rng) for _ in range(4)]
    sides[0] += gap * 4 / 3
    for each in zip(*sides, strict=True):
        yield weighted(each, (0.75, -0.25, -0.25, -0.25), floor=FLOOR)


def _mean_label(design, gap, count, rng):
    sides = [layouts(design, design.names, count, rng) for _ in range(4)]
    for d in gap + sides[0] - sum(sides) / 4:
        yield paired(d, floor=FLOOR)


_CUES = {
    "label": _label,
    "name": _name,
    "fixed": _fixed,
    "mean name": _mean_name,
    "mean label": _mean_label,
}
