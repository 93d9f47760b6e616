"""Repeated draws: shares of a yes or no by GEE, beside the crossed estimate of a label."""

from dataclasses import replace

import numpy as np
import pytest

from audit.analyses.non_answers import PLUGIN as TALLY
from audit.analyses.sensitivity import PLUGIN
from audit.records.context import MarginalModel, Robustness
from audit.records.observations import Failure, Measurement
from audit.stats.gee import share_gap

DRAWS = 8


def drawn(world, gap, *, probabilities=False, once=False):
    """A run whose decision column is a share of draws; the log-odds vary a little as well."""
    seen = world.whole(gap, templates=12, people=5)
    rng = np.random.default_rng(5)
    size = len(seen.index)
    rate = np.full(size, 0.5)
    for one in seen.sets:
        for who in one.variants:
            level = 0.4 * np.sin(hash_of(one.template))
            rate[seen.index[who.id]] = 1 / (1 + np.exp(-level - gap * (who.group == world.GROUP)))
    draws = np.full(size, 1 if once else DRAWS)
    share = rng.binomial(draws, rate) / draws
    scatter = draws * share * (1 - share) + (0.01 if probabilities else 0.0)
    columns = tuple(
        replace(c, values=share, draws=draws, scatter=scatter) if c.metric.decision else c
        for c in seen.columns
    )
    return replace(seen, columns=columns), share


def hash_of(text):
    return float(sum(text.encode()))


def robustness(observed, cue="label"):
    (found,) = [d for d in PLUGIN.answer(observed) if d.primary and d.cue == cue]
    return found.context.robustness


def test_a_gap_of_shares_is_found_and_none_is_not(world):
    strong = robustness(drawn(world, 1.2)[0]).marginal
    assert isinstance(strong, MarginalModel)
    assert 0.6 < strong.low < strong.high < 2.0
    none = robustness(drawn(world, 0.0)[0]).marginal
    assert none.low < 0 < none.high
    assert (none.templates, none.df) == (12, 11)


def test_it_is_that_of_the_templates_shares(world):
    seen, share = drawn(world, 0.7)
    sides = {world.GROUP: {}, world.REFERENCE: {}}
    for one in seen.sets:
        for who in one.variants:
            if one.cue == "label" and who.group in sides:
                value = share[seen.index[who.id]]
                sides[who.group].setdefault(one.template, []).append(value)
    a, b = (np.array([np.mean(v) for _, v in sorted(side.items())]) for side in sides.values())
    assert robustness(seen).marginal == share_gap(a, b, floor=4)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"probabilities": True}, "a draw is a probability here"),
        ({"once": True}, "no answer of this cell was drawn more than once"),
    ],
)
def test_what_is_no_share_of_draws_says_so(world, changes, said):
    assert said in robustness(drawn(world, 0.7, **changes)[0]).marginal.reason


def test_without_repeats_and_for_names_there_is_none(world):
    plain = robustness(world.whole(0.5, templates=6, people=4))
    assert "no answer was drawn more than once" in plain.marginal.reason
    assert not isinstance(robustness(drawn(world, 1.2)[0], cue="name"), Robustness)


def refusing(world, extra, draws=DRAWS):
    """Every prompt asked in several draws; the group is refused more often by `extra`."""
    cases = world.names("case-", 12)
    probes = world.suite(cases)
    people = {g: world.names(g[0], 4) for g in (world.REFERENCE, world.GROUP)}
    sets = [
        *world.label_sets(probes, cases, world.names("n", 4)),
        *world.name_sets(probes, cases, people),
    ]
    rng = np.random.default_rng(9)
    answers = []
    for one in sets:
        for who in one.variants:
            rate = 0.3 + (extra if who.group == world.GROUP else 0.0)
            for draw in range(draws):
                answer = (
                    world.failed(who.id, "refused")
                    if rng.random() < rate
                    else world.measured(who.id, world.choice(0.2))
                )
                answers.append(answer.model_copy(update={"draw": draw}))
    assert {type(one) for one in answers} == {Failure, Measurement}
    seen = world.see(sets, [probes], answers)
    return {(one.cue, one.kind): one for one in TALLY.answer(seen)}


def test_refusals_over_draws(world):
    found = refusing(world, 0.3)
    told = found["label", "refused"].marginal
    assert isinstance(told, MarginalModel)
    assert told.low > 0.5
    assert refusing(world, 0.0)["label", "refused"].marginal.p > 0.05
    assert "names are a sample" in found["name", "refused"].marginal.reason
    once = refusing(world, 0.3, draws=1)["label", "refused"].marginal
    assert "no prompt was asked more than once" in once.reason


def test_where_everybody_is_refused_there_are_no_log_odds(world):
    found = refusing(world, 0.7)["label", "refused"]
    assert "all draws of the group are alike" in found.marginal.reason
