"""Tables: every simulated rate as lines of a page, section by section, and what must hold.

A section is asked for by its key; its table stands in `docs/method.md` between two markers.
"""

from collections.abc import Iterator

from tests.simulation import rates
from tests.simulation.drawing import Design
from tests.simulation.rates import Behaviour, Draws, Family

MOST_FALSE = 0.065
LEAST_FALSE = 0.035
LEAST_COVERAGE = 0.935
MOST_WRONG_CLEAR = 0.06
PRESENT = 0.3  # components from which on a test may not be too shy

SIZES = ((20, 10), (20, 20), (40, 10), (40, 20))
COMPONENTS = ((0.0, 0.0), (0.3, 0.3), (0.5, 0.4), (0.5, 0.0), (0.0, 0.4))
THREE = COMPONENTS[:3]


def faults(one: Behaviour) -> Iterator[str]:
    """Yield what a design at or above the floors breaks of what must be reached."""
    if one.false_alarms > MOST_FALSE:
        yield f"{one.design}: {one.false_alarms:.3f} false alarms"
    both = min(one.design.template, one.design.name) >= PRESENT
    if both and one.design.cue in ("label", "name") and one.false_alarms < LEAST_FALSE:
        yield f"{one.design}: only {one.false_alarms:.3f} false alarms"
    if one.coverage < LEAST_COVERAGE:
        yield f"{one.design}: coverage {one.coverage:.3f}"
    if one.all_clear > MOST_WRONG_CLEAR:
        yield f"{one.design}: {one.all_clear:.3f} wrong all-clears"


def balanced(cue: str) -> tuple[Design, ...]:
    plain = tuple(
        Design(cue, *size, template=template, name=name)
        for size in SIZES
        for template, name in COMPONENTS
    )
    return (*plain, Design(cue, 80, 40, template=0.3, name=0.3))


def uneven() -> tuple[Design, ...]:
    """Designs with gaps, with groups of unequal size, and with surnames as units."""
    made = [
        Design(cue, *size, template=template, name=name, gaps=gaps)
        for cue in ("label", "name")
        for gaps in ("scattered", "torn")
        for size in ((22, 12), (40, 20))
        for template, name in THREE
    ]
    made += [
        Design("name", 20, *names, template=template, name=name)
        for names in ((10, 25), (25, 10))
        for template, name in THREE
    ]
    made += [
        Design("name", *size, template=template, name=name, given=3)
        for size in ((20, 10), (40, 20))
        for template, name in THREE
    ]
    return tuple(made)


def beside() -> tuple[Design, ...]:
    """A wording without a mention against names, and a group against the mean of four."""
    return tuple(
        Design(cue, *size, template=template, name=name)
        for cue in ("fixed", "mean label", "mean name")
        for size in ((20, 10), (40, 20))
        for template, name in THREE
    )


def small() -> tuple[Design, ...]:
    return tuple(
        Design(cue, *size, template=template, name=name)
        for cue in ("label", "name")
        for size in ((4, 3), (6, 4), (8, 6), (12, 8))
        for template, name in ((0.0, 0.0), (0.5, 0.4))
    )


def skewed() -> tuple[Design, ...]:
    return tuple(
        Design(cue, *size, template=template, name=name, tails="skewed")
        for cue in ("label", "name")
        for size in ((20, 10), (40, 20))
        for template, name in ((0.3, 0.3), (0.5, 0.4))
    )


HELD = ("label", "name", "uneven", "beside")
"""The sections whose designs are at or above the floors and must keep them."""

DESIGNS = {
    "label": lambda: balanced("label"),
    "name": lambda: balanced("name"),
    "uneven": uneven,
    "beside": beside,
    "small": small,
    "skewed": skewed,
}


def of_designs(found: list[Behaviour]) -> Iterator[str]:
    yield (
        "| design | template, name | false alarms | coverage | effect | found | wrong all-clear |"
    )
    yield "|---|---|---|---|---|---|---|"
    for one in found:
        design = one.design
        yield (
            f"| {_told(design)} | {design.template:g}, {design.name:g} "
            f"| {_percent(one.false_alarms)} | {_percent(one.coverage)} | {one.effect:.2f} "
            f"| {_percent(one.found)} | {_percent(one.all_clear)} |"
        )


def _told(design: Design) -> str:
    names = f"{design.names}"
    if design.reference_names:
        names += f" and {design.reference_names}"
    extra = {"scattered": ", 3 % missing", "torn": ", torn"}.get(design.gaps, "")
    if design.given > 1:
        extra += f" surnames, 1 to {design.given} given names each"
    if design.tails != "normal":
        extra += ", skewed"
    return f"{design.cue} {design.templates} x {names}{extra}"


def _percent(share: float) -> str:
    return "–" if share != share else f"{100 * share:.1f} %"  # noqa: PLR0124


def families(runs: int) -> Iterator[str]:
    yield "| family | real gaps | any false alarm, uncorrected | any, by Holm | real gaps found |"
    yield "|---|---|---|---|---|"
    for cue in ("label", "name"):
        for real in (0, 4):
            one = rates.family_rates(Family(cue, groups=5, languages=4, real=real), runs)
            yield (
                f"| {cue}, 5 groups x 4 languages | {real} of 20 "
                f"| {_percent(one.any_wrong_plain)} | {_percent(one.any_wrong)} "
                f"| {_percent(one.found)} |"
            )


def shares(runs: int) -> Iterator[str]:
    yield "| templates x prompts | rate | correlation 0 | 0.1 | 0.3 |"
    yield "|---|---|---|---|---|"
    for templates in (20, 40):
        for each in (10, 40):
            for rate in (0.02, 0.05, 0.1, 0.3, 0.5):
                found = [
                    _percent(rates.share_coverage(Draws(templates, each, rate, apart), runs))
                    for apart in (0.0, 0.1, 0.3)
                ]
                yield f"| {templates} x {each} | {rate:g} | {' | '.join(found)} |"


def gaps_of_shares(runs: int) -> Iterator[str]:
    yield "| templates x names | rate | correlation 0 | 0.3 |"
    yield "|---|---|---|---|"
    for templates, names in ((20, 10), (40, 20)):
        for rate in (0.05, 0.1, 0.3, 0.5):
            found = [
                _percent(rates.gap_of_shares(Draws(templates, 1, rate, apart), names, runs))
                for apart in (0.0, 0.3)
            ]
            yield f"| {templates} x {names} | {rate:g} | {' | '.join(found)} |"


def marginal(runs: int) -> Iterator[str]:
    yield "| templates x draws | rate | no gap: false alarms | gap 0.5: coverage |"
    yield "|---|---|---|---|"
    for templates in (20, 40):
        for rate in (0.1, 0.5):
            draws = Draws(templates, 50, rate, gap=0.5)
            wrong, _ = rates.marginal(draws, runs)
            missed, _ = rates.marginal(draws, runs, 0.5)
            yield (f"| {templates} x 50 | {rate:g} | {_percent(wrong)} | {_percent(1 - missed)} |")


def ratios(runs: int) -> Iterator[str]:
    yield "| design | ratio 1 | gap of 0.5 log-odds |"
    yield "|---|---|---|"
    for cue in ("label", "name"):
        for size in ((20, 10), (40, 20)):
            found = [_percent(rates.ratio_coverage(cue, *size, gap, runs)) for gap in (0.0, 0.5)]
            yield f"| {cue} {size[0]} x {size[1]} | {' | '.join(found)} |"


def opinions(runs: int) -> Iterator[str]:
    yield "| label 20 x 10, names vary by | bootstrap-t | sign flips |"
    yield "|---|---|---|"
    for name in (0.0, 0.2, 0.4):
        boot, flips = rates.second_opinions(20, 10, name, runs)
        yield f"| {name:g} | {_percent(boot)} | {_percent(flips)} |"


OTHERS = {
    "families": families,
    "shares": shares,
    "gaps of shares": gaps_of_shares,
    "marginal": marginal,
    "ratios": ratios,
    "opinions": opinions,
}
