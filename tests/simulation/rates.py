"""Rates: how often an estimator, a correction or an interval is wrong, by simulation.

Everything is asked of the product as it ships; nothing is computed a second time here but the
truth. Each rate knows how many runs stand behind it.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from audit.findings.verdicts import ALL_CLEAR, by_interval
from audit.records.context import MarginalModel
from audit.records.quantities import Estimate
from audit.stats import power
from audit.stats.crossed import nested, paired
from audit.stats.gee import share_gap
from audit.stats.multiplicity import holm
from audit.stats.proportions import clustered
from audit.stats.ratios import ratio_nested, ratio_paired
from audit.stats.resampling import bootstrap_t, sign_flips
from tests.simulation.drawing import DIFFICULTY, FLOOR, Design, estimates, seeded

ALPHA = 0.05


@dataclass(frozen=True)
class Behaviour:
    """How one design behaves.

    Attributes:
        false_alarms: Share of runs without a gap whose p is below 0.05.
        effect: The true gap of the other runs: what the product says it finds in 80 %.
        coverage: Share of those whose 95 % interval holds the truth.
        found: Share of those whose p is below 0.05.
        all_clear: Share of those called clear where the margin is just the true gap.
        undefined: Share of all runs without an estimate.
    """

    design: Design
    runs: int
    false_alarms: float
    effect: float
    coverage: float
    found: float
    all_clear: float
    undefined: float


def behaviour(design: Design, runs: int) -> Behaviour:
    without = list(estimates(design, 0.0, runs, "without"))
    none = [one for one in without if isinstance(one, Estimate)]
    effect = detectable(design)
    planted = list(estimates(design, effect, runs, "with"))
    found = [one for one in planted if isinstance(one, Estimate)]
    return Behaviour(
        design=design,
        runs=runs,
        false_alarms=share(one.p < ALPHA for one in none),
        effect=effect,
        coverage=share(one.low <= effect <= one.high for one in found),
        found=share(one.p < ALPHA for one in found),
        all_clear=share(cleared(one, effect) for one in found),
        undefined=1 - (len(none) + len(found)) / (2 * runs),
    )


def detectable(design: Design) -> float:
    """Return the effect that the product expects to find in 80 % of the runs."""
    reference = None if design.cue in ("label", "mean label") else design.names
    if design.cue == "name":
        reference = design.reference_names or design.names
    planned = power.Design(design.templates, design.names, reference)
    variances = power.Variances(design.template**2, design.name**2, 1.0)
    found = power.minimum_detectable_effect(planned, variances)
    assert found is not None
    return found


def cleared(one: Estimate, margin: float) -> bool:
    return by_interval(one, one.p, margin, ALPHA).verdict in ALL_CLEAR


def share(events) -> float:
    told = list(events)
    return float(np.mean(told)) if told else float("nan")


@dataclass(frozen=True)
class Family:
    """A family of comparisons: groups beside one reference, in several languages.

    Attributes:
        groups: Groups beside the reference.
        languages: Languages; templates are shared between them (half of the template's part).
        real: Comparisons with a gap of one residual; the others have none.
    """

    cue: str
    groups: int
    languages: int
    real: int = 0
    template: float = 0.5
    name: float = 0.4

    @property
    def cells(self) -> int:
        return self.groups * self.languages


@dataclass(frozen=True)
class FamilyRates:
    """Share of runs with any false alarm, and of real gaps found, with and without Holm."""

    family: Family
    runs: int
    any_wrong: float
    any_wrong_plain: float
    found: float


def family_rates(family: Family, runs: int, *, templates: int = 20, names: int = 10):
    rng = seeded("family", repr(family))
    wrong, plain, found = [], [], []
    for _ in range(runs):
        p = np.array(_family(family, templates, names, rng))
        adjusted = np.array(holm(p.tolist()))
        null = np.arange(family.cells) >= family.real
        wrong.append((adjusted[null] < ALPHA).any())
        plain.append((p[null] < ALPHA).any())
        found.append((adjusted[~null] < ALPHA).mean() if family.real else np.nan)
    real = float(np.mean(found)) if family.real else float("nan")
    return FamilyRates(family, runs, share(wrong), share(plain), real)


def _family(family: Family, templates: int, names: int, rng):
    """Return the p of every comparison of one run; the reference's answers are shared."""
    label = family.cue == "label"
    half = family.template / 2**0.5
    over = half * rng.standard_normal((family.groups + 1, templates, 1))
    values = []
    for _ in range(family.languages):
        own = half * rng.standard_normal((family.groups + 1, templates, 1))
        by_name = family.name * rng.standard_normal((family.groups + 1, 1, names))
        noise = rng.standard_normal((family.groups + 1, templates, names))
        values.append((over + own + by_name + noise) / 2**0.5)
    p, cell = [], 0
    for language in values:
        for group in range(1, family.groups + 1):
            gap = 1.0 if cell < family.real else 0.0
            mine, theirs = language[group] + gap, language[0]
            one = (
                paired(mine - theirs, floor=FLOOR) if label else nested(mine, theirs, floor=FLOOR)
            )
            p.append(one.p)
            cell += 1
    return p


@dataclass(frozen=True)
class Draws:
    """Prompts with a yes or a no, in templates.

    Attributes:
        rate: Mean probability of a yes.
        each: Prompts (or draws) of one template and group.
        apart: Correlation of two prompts of one template.
        gap: Standard deviation of the gap between templates, in log-odds (GEE only).
    """

    templates: int
    each: int
    rate: float
    apart: float = 0.0
    gap: float = 0.0


def share_coverage(draws: Draws, runs: int) -> float:
    """Return how often a group's share lies in its interval; templates are beta-distributed."""
    rng = seeded("share", repr(draws))
    hits = 0
    trials = np.full(draws.templates, draws.each)
    for _ in range(runs):
        low, high = clustered(rng.binomial(draws.each, _rates(draws, rng)), trials)
        hits += low <= draws.rate <= high
    return hits / runs


def _rates(draws: Draws, rng):
    if not draws.apart:
        return np.full(draws.templates, draws.rate)
    size = 1 / draws.apart - 1
    return rng.beta(draws.rate * size, (1 - draws.rate) * size, draws.templates)


def gap_of_shares(draws: Draws, names: int, runs: int) -> float:
    """Return how often equal groups differ by the crossed design on shares (non-answers)."""
    rng = seeded("gap of shares", repr(draws))
    wrong, known = 0, 0
    for _ in range(runs):
        rates = _rates(draws, rng)[:, np.newaxis]
        a, b = (rng.binomial(1, rates, (draws.templates, names)).astype(float) for _ in "ab")
        one = paired(a - b, floor=FLOOR)
        if isinstance(one, Estimate) and one.se:
            known += 1
            wrong += one.p < ALPHA
    return wrong / known


def marginal(draws: Draws, runs: int, gap: float = 0.0) -> tuple[float, float]:
    """Return how often GEE misses the true log-odds gap, and how often it gives none.

    Both groups share a template's difficulty; the gap varies between templates. The truth is
    the gap of the mean rates, by quadrature.
    """
    rng = seeded("marginal", repr(draws), str(gap))
    wrong = known = 0
    middle, spread = float(logit(draws.rate)), 1.0
    truth = _marginal_truth(middle, gap, spread, draws.gap)
    for _ in range(runs):
        level = middle + spread * rng.standard_normal(draws.templates)
        apart = gap + draws.gap * rng.standard_normal(draws.templates)
        a, b = (rng.binomial(draws.each, expit(x)) / draws.each for x in (level + apart, level))
        one = share_gap(a, b, floor=4)
        if isinstance(one, MarginalModel):
            known += 1
            wrong += not one.low <= truth <= one.high
    return wrong / known, 1 - known / runs


def _marginal_truth(middle: float, gap: float, spread: float, apart: float) -> float:
    mine = _mean_rate(middle + gap, (spread**2 + apart**2) ** 0.5)
    return float(logit(mine) - logit(_mean_rate(middle, spread)))


def _mean_rate(middle: float, deviation: float) -> float:
    at, weights = np.polynomial.hermite_e.hermegauss(61)
    return float((weights * expit(middle + deviation * at)).sum() / weights.sum())


def ratio_coverage(cue: str, templates: int, names: int, gap: float, runs: int) -> float:
    """Return how often the interval of an impact ratio holds the ratio of the mean rates."""
    rng = seeded("ratio", cue, str((templates, names, gap)))
    parts = (DIFFICULTY / 2, 0.3, 0.3, 0.5)  # template, its part in a group, name, residual
    deviation = sum(part**2 for part in parts) ** 0.5
    truth = _mean_rate(gap, deviation) / _mean_rate(0.0, deviation)
    form = ratio_paired if cue == "label" else ratio_nested
    hits = 0
    for _ in range(runs):
        level = parts[0] * rng.standard_normal((templates, 1))
        by_name = parts[2] * rng.standard_normal((2, 1, names))
        if cue == "label":
            by_name[1] = by_name[0]
        sides = [
            expit(
                level + by + parts[1] * rng.standard_normal((templates, 1)) + n
                + parts[3] * rng.standard_normal((templates, names))
            )
            for by, n in zip((gap, 0.0), by_name, strict=True)
        ]  # fmt: skip
        one = form(*sides, floor=FLOOR)
        hits += one.low <= truth <= one.high
    return hits / runs


def second_opinions(templates: int, names: int, name: float, runs: int) -> tuple[float, float]:
    """Return the false alarms of bootstrap-t and sign flips where names vary by `name`."""
    rng = seeded("second", str((templates, names, name)))
    boot = flips = 0
    for _ in range(runs):
        d = (
            0.5 * rng.standard_normal((templates, 1))
            + name * rng.standard_normal((1, names))
            + rng.standard_normal((templates, names))
        )
        low, high = bootstrap_t(d.mean(axis=1), rng)
        boot += not low <= 0 <= high
        flips += sign_flips(d.mean(axis=1), rng).p < ALPHA
    return boot / runs, flips / runs
