"""Placebos: quiet where names do not matter, loud where their order does; the bound holds."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from audit.analyses.placebos import placebo_cells, placebo_disparity
from audit.controls.placebo import Counted, checked, permute
from audit.findings.false_alarms import count_alarms, in_log_odds, judge_placebos
from audit.findings.policy import load_policy
from audit.pipeline.calibrating import judged, placebo_check
from audit.records.estimates import Estimate
from audit.stats.crossed import Floor
from audit.stats.halves import first_halves, split

POLICY = load_policy("default")
FLOOR = Floor(POLICY.min_templates, POLICY.min_names)
SOURCE = Path(__file__).parents[1] / "analyses" / "small_world.py"


@pytest.fixture(scope="session")
def world():
    spec = spec_from_file_location("small_world", SOURCE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def seen(world, effect=lambda name: 0.0, *, people=10, templates=12, seed=0):
    """A run over both cues with four groups, whose names have an effect of their own."""
    cases = world.names("case-", templates)
    probes = world.suite(cases)
    groups = (world.REFERENCE, world.GROUP, "sikh", "christian")
    sets = [
        *world.label_sets(probes, cases, world.names("neutral", people), groups[1:]),
        *world.name_sets(probes, cases, {g: world.names(g[0], people) for g in groups}),
    ]
    noise = world.noisy(0.5, seed=seed, template=0.1, name=0.1, residual=0.05)
    answers = world.answer_all(sets, lambda one, who: noise(one, who) + effect(who.name))
    return world.see(sets, [probes], answers, seed=seed)


def number(name):
    return int(name[-2:]) if name else 0


def check(observed):
    return placebo_check(judged(observed, placebo_cells(observed, {})))


@pytest.mark.parametrize(
    "effect",
    [lambda name: 0.8 * (number(name) < 5), lambda name: 0.2 * number(name)],
    ids=["a half of the names", "the order of the names"],
)
def test_what_goes_with_the_order_of_names_fires_and_forbids_a_conclusion(world, effect):
    clean, spoilt = check(seen(world)), check(seen(world, effect))
    assert (clean.trouble, spoilt.trouble) == ("", "names")
    assert clean.alarms <= clean.bound < spoilt.alarms
    assert spoilt.p <= POLICY.placebo_level < clean.p
    assert clean.contrasts == spoilt.contrasts == 8


def test_an_effect_of_names_that_has_no_order_does_not_fire(world):
    """Names differ widely, but not by their place in the alphabet."""
    draw = np.random.default_rng(5).permutation(10)
    assert check(seen(world, lambda name: 0.2 * draw[number(name)])).trouble == ""


def test_few_names_say_that_they_could_not_have_failed(world):
    few = check(seen(world, people=6))
    only_labels = seen(world, people=6)
    cells = [c for c in placebo_cells(only_labels, {}) if c.key.cue == "label"]
    assert not few.blunt
    assert placebo_check(judged(only_labels, tuple(cells))).blunt


def test_without_names_to_halve_there_is_no_check(world):
    observed = seen(world, people=5)
    assert check(observed) is None
    reasons = [
        d.estimate.reason for d in judged(observed, placebo_cells(observed, {})).disparities
    ]
    assert set(reasons) == {"5 names are too few for two halves of 3"}


def test_a_placebo_is_one_group_of_one_suite_and_never_the_unmentioned(world):
    cells = placebo_cells(seen(world), {})
    assert len({c.id for c in cells}) == len(cells)
    assert {c.group for c in cells} == {"hindu", "muslim", "sikh", "christian"}
    assert {c.suite for c in cells} == {"employment/shortlisting.en"}
    for cell in cells:
        first, second = cell.names
        assert not set(first) & set(second)
        assert max(first) < min(second)


def test_halves_hold_as_many_women_as_men(world):
    observed = seen(world, people=6)
    lists = world.name_lists()
    women = lists[world.GROUP].model_copy(
        update={
            "gender": "f",
            "names": tuple(SimpleNamespace(key=k, unit=k) for k in ("m00", "m01", "m02")),
        }
    )
    (cell,) = [
        c
        for c in placebo_cells(observed, {"women": women})
        if (c.group, c.key.cue) == (world.GROUP, "name")
    ]
    assert cell.strata == ("f", "f", "f", "", "", "")
    assert cell.names == (("m00", "m01", "m03"), ("m02", "m04", "m05"))


def test_the_arrays_count_what_the_verdicts_say(world):
    """The rule over arrays, at the observed halves, against the judge, placebo by placebo."""
    loud = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        steep = 0.3 * (seed % 2)
        observed = seen(world, lambda name, steep=steep: steep * number(name), seed=seed)
        cells = placebo_cells(observed, {})
        answers = [c.answers + rng.choice((0, 0.5)) * c.first for c in cells]
        placebos = [placebo_disparity(c, a, observed) for c, a in zip(cells, answers, strict=True)]
        found = judge_placebos(placebos, POLICY, observed.suites)
        splits = [
            split(a, c.first[:, None], floor=FLOOR) for c, a in zip(cells, answers, strict=True)
        ]
        alarms = count_alarms(placebos, splits, POLICY)
        assert int(alarms.contrasts[0]) == sum(one.counts for one in found)
        assert int(alarms.families[0]) == len({f.disparity.family for f in found if f.counts})
        loud += int(alarms.contrasts[0])
    assert loud > 3


def clean_world(rng, *, names, templates, order=0.0):
    """Placebos of two axes and three suites; the names of an axis are shared by its groups."""
    for axis in ("a", "b"):
        for suite in range(3):
            effects = 0.3 * rng.standard_normal(names)
            for _group in range(4):
                answers = 0.5 * rng.standard_normal((templates, 1)) + effects
                answers = answers + 0.05 * rng.standard_normal((templates, names))
                strata = ("",) * names
                first = first_halves(strata)
                units = tuple(f"{axis}{suite}{n}" for n in range(names))
                halved = SimpleNamespace(units=units, strata=strata, first=first)
                yield (
                    halved,
                    SimpleNamespace(family=(axis,), outcome="choice"),
                    answers + order * first,
                )


def verdict_of(rng, seed, **how):
    cells, placebos, answers = zip(*clean_world(rng, **how), strict=True)
    drawn = permute(cells, seed, 199)
    splits = [split(x, m, floor=FLOOR) for x, m in zip(answers, drawn.masks, strict=True)]
    now = [split(x, c.first[:, None], floor=FLOOR) for x, c in zip(answers, cells, strict=True)]
    alarms, observed = (count_alarms(placebos, each, POLICY) for each in (splits, now))
    counted = Counted(int(observed.contrasts[0]), len(cells), 0, *alarms, 2)
    return checked(counted, drawn.same, POLICY)


def test_the_bound_errs_as_seldom_as_it_says():
    """80 clean worlds at a level of one in a hundred; and the same with a half that matters."""
    found = [verdict_of(np.random.default_rng(s), s, names=8, templates=8) for s in range(80)]
    assert sum(one.trouble != "" for one in found) <= 4
    assert max(one.family_rate for one in found) < POLICY.placebo_family_rate
    assert np.mean([one.family_rate for one in found]) < POLICY.alpha
    spoilt = [
        verdict_of(np.random.default_rng(s), s, names=8, templates=8, order=1.5) for s in range(20)
    ]
    assert sum(one.trouble == "names" for one in spoilt) >= 19


def test_an_unsound_estimator_is_told_from_an_order_of_names():
    """Standard errors a fifth of what they are: everything alarms, in every order of names."""
    rng = np.random.default_rng(0)
    cells, placebos, answers = zip(*clean_world(rng, names=8, templates=8), strict=True)
    drawn = permute(cells, 0, 199)
    splits = []
    for x, masks in zip(answers, drawn.masks, strict=True):
        sound = split(x, masks, floor=FLOOR)
        splits.append(sound._replace(p=sound.p**4, half=sound.half / 5, half90=sound.half90 / 5))
    alarms = count_alarms(placebos, splits, POLICY)
    usual = int(np.median(alarms.contrasts))
    found = checked(Counted(usual, len(cells), 0, *alarms, 2), drawn.same, POLICY)
    assert found.trouble == "pipeline"
    assert found.p > POLICY.placebo_level


def test_equal_casts_are_permuted_alike():
    first = first_halves([""] * 8)
    one, other = (
        SimpleNamespace(units=u, strata=("",) * 8, first=first) for u in ("abcdefgh", "ijklmnop")
    )
    masks, _ = permute([one, one, other], 0, 50)
    assert (masks[0] == masks[1]).all()
    assert (masks[0] != masks[2]).any()
    assert (permute([one], 0, 50).masks[0] != permute([one], 1, 50).masks[0]).any()


def test_a_policy_by_another_metric_is_taken_in_log_odds():
    ratio = load_policy("four-fifths")
    turned = {m.outcome: m.metric for m in in_log_odds(ratio).margins}
    assert {turned["choice"], turned["ordered"]} == {"log_odds"}
    others = {m.outcome: m.metric for m in ratio.margins if m.outcome not in ("choice", "ordered")}
    assert others.items() <= turned.items()
    assert in_log_odds(POLICY).margins == POLICY.margins


def test_estimates_are_half_minus_half(world):
    observed = seen(world, lambda name: 0.8 * (number(name) < 5))
    for cell in placebo_cells(observed, {}):
        found = placebo_disparity(cell, cell.answers, observed).estimate
        assert isinstance(found, Estimate)
        plain = cell.answers[:, cell.first].mean() - cell.answers[:, ~cell.first].mean()
        assert found.value == pytest.approx(plain)
        assert found.value == pytest.approx(0.8, abs=0.3)
