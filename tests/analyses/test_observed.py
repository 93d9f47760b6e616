"""Columns of what was observed."""

import numpy as np
import pytest


@pytest.fixture
def probes(world):
    return world.suite(["case-1", "case-2"])


def columns(observed):
    return {(c.metric.name, c.facet): c for c in observed.columns}


def test_every_number_stands_at_its_variant(world, probes):
    sets = list(world.label_sets(probes, ["case-1", "case-2"], ["a"]))
    lost = {sets[1].variants[0].id}
    odds = {v.id: 0.1 * n for n, v in enumerate(v for one in sets for v in one.variants)}
    answers = world.answer_all(sets, lambda _, who: odds[who.id], lost=lost)
    observed = world.see(sets, [probes], answers)
    column = columns(observed)["log_odds", ""]
    for variant, place in observed.index.items():
        assert observed.answered[place] == column.present[place] == (variant not in lost)
        if variant not in lost:
            assert column.values[place] == pytest.approx(odds[variant])
            assert observed.mass[place] == pytest.approx(0.9)
    assert np.isfinite(column.values).all()
    assert np.isnan(observed.mass[observed.index[next(iter(lost))]])


def test_draws_are_averaged_and_strangers_ignored(world, probes):
    sets = list(world.label_sets(probes, ["case-1"], ["a"]))
    who = sets[0].variants[0].id
    answers = [world.measured(who, world.choice(odds)) for odds in (1.0, 2.0)]
    answers.append(world.measured("stranger", world.choice(9.0)))
    observed = world.see(sets, [probes], answers)
    assert columns(observed)["log_odds", ""].values[observed.index[who]] == pytest.approx(1.5)
    assert observed.answered.sum() == 1
    column = columns(observed)["log_odds", ""]
    assert column.draws[observed.index[who]] == 2
    assert column.scatter[observed.index[who]] == pytest.approx(0.5)


def test_without_repeats_there_is_no_scatter(world, probes):
    sets = list(world.label_sets(probes, ["case-1"], ["a"]))
    observed = world.see(sets, [probes], world.answer_all(sets, lambda *_: 0.1))
    assert all(c.draws is None and c.scatter is None for c in observed.columns)


def test_failures_are_counted_by_kind(world, probes):
    sets = list(world.label_sets(probes, ["case-1"], ["a"]))
    first, second, third = (variant.id for variant in sets[0].variants)
    answers = [
        world.failed(first, "refused"),
        world.failed(first, "refused"),
        world.failed(second, "unparsed"),
        world.measured(second, world.choice(0.1)),
        world.failed("stranger", "hedged"),
    ]
    observed = world.see(sets, [probes], answers)
    assert list(observed.failures) == ["refused", "unparsed"]
    assert observed.failures["refused"][observed.index[first]] == 2
    assert [observed.asked[observed.index[one]] for one in (first, second, third)] == [2, 2, 0]


def test_order_effect(world, probes):
    sets = list(world.label_sets(probes, ["case-1"], ["a"]))
    one, two = (variant.id for variant in sets[0].variants[:2])
    swayed = world.measured(one, world.choice(0.3, order_effect=0.8))
    once = world.measured(two, world.ordered(0.5))
    observed = world.see(sets, [probes], [swayed, once])
    assert observed.order_effect[observed.index[one]] == pytest.approx(0.8)
    assert np.isnan(observed.order_effect[observed.index[two]])


def test_facets_and_empty_columns(world, probes):
    sets = list(world.label_sets(probes, ["case-1"], ["a"]))
    first = sets[0].variants[0].id
    answered = columns(world.see(sets, [probes], [world.measured(first, world.ordered(0.5))]))
    assert ("log_odds_above_cut", "above this week") in answered
    assert ("log_odds_above_cut", "") not in answered
    silent = columns(world.see(sets, [probes], [world.failed(first)]))
    assert list(silent) == [("log_odds", "")]
    assert not silent["log_odds", ""].present.any()
