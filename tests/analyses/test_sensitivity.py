"""Sensitivity: planted gaps are found at their size, and everything is counted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.analyses.sensitivity import PLUGIN
from audit.records.estimates import Estimate, Undefined


def by_key(observed, metric="log_odds", facet=""):
    found = [d for d in PLUGIN.answer(observed) if (d.metric, d.facet) == (metric, facet)]
    return {(d.cue, d.group): d for d in found}


def test_a_planted_gap_is_found_at_its_size_and_none_where_none_is(world):
    for gap in (0.0, 0.8):
        got = by_key(world.whole(gap, template=0.1, name=0.1))
        for cue in ("label", "name"):
            one = got[cue, world.GROUP]
            assert one.estimate.value == pytest.approx(gap, abs=0.2)
            assert (one.estimate.p < 0.001) == (gap > 0)
            assert one.null.value == pytest.approx(0, abs=0.2)
            assert one.primary
            assert not got[cue, "none"].primary


def test_estimates_are_the_formula_on_matrices_built_by_hand(world):
    """Label: differences in sets. Name: two matrices. Both by plain loops here."""
    from audit.stats.crossed import Floor, nested, paired

    observed = world.whole(0.3, templates=6, people=4, template=0.2, name=0.2)
    column = next(c for c in observed.columns if c.metric.name == "log_odds")

    def value(where, group, name):
        return column.values[observed.index["/".join((*where, group, name))]]

    cases, floor = world.names("case-", 6), Floor(4, 3)
    at = ["employment/shortlisting.en"]
    d = [
        [
            value((*at, "label", t), "muslim", n) - value((*at, "label", t), "hindu", n)
            for n in world.names("neutral", 4)
        ]
        for t in cases
    ]
    sides = [
        [[value((*at, "name", t), g, n) for n in world.names(g[0], 4)] for t in cases]
        for g in ("muslim", "hindu")
    ]
    got = by_key(observed)
    assert got["label", "muslim"].estimate == paired(np.array(d), floor=floor)
    assert got["name", "muslim"].estimate == nested(*map(np.array, sides), floor=floor)


def test_no_mention_under_a_name_cue_is_one_wording(world):
    got = by_key(world.whole(0.0))["name", "none"]
    assert isinstance(got.estimate, Estimate)
    assert "one wording" in got.estimate.estimator
    assert isinstance(got.null, Undefined)
    assert "no names to swap" in got.null.reason


@given(seed=st.integers(0, 1000))
@settings(max_examples=10)
def test_the_order_of_sets_and_variants_does_not_matter(world, seed):
    cases, people = world.names("case-", 5), 4
    probes = world.suite(cases)
    given_names = {g: world.names(g[0], people) for g in (world.REFERENCE, world.GROUP)}
    sets = [
        *world.label_sets(probes, cases, world.names("n", people)),
        *world.name_sets(probes, cases, given_names),
    ]
    rng = np.random.default_rng(seed)
    shuffled = [sets[place] for place in rng.permutation(len(sets))]
    shuffled = [
        one.model_copy(
            update={"variants": tuple(one.variants[i] for i in rng.permutation(len(one.variants)))}
        )
        for one in shuffled
    ]
    answer = world.noisy(0.2)
    results = []
    for these in (sets, shuffled):
        observed = world.see(these, [probes], world.answer_all(these, answer))
        results.append(list(PLUGIN.answer(observed)))
    assert [d.id for d in results[0]] == [d.id for d in results[1]]
    for one, two in zip(*results, strict=True):
        for name in ("estimate", "null"):
            a, b = getattr(one, name), getattr(two, name)
            assert a.kind == b.kind
            if a.kind == "estimate":
                assert (a.value, a.se, a.p) == pytest.approx((b.value, b.se, b.p))


def test_names_of_one_unit_are_one_name(world):
    cases = world.names("case-", 6)
    probes = world.suite(cases)
    people = {g: world.names(g[0], 12) for g in (world.REFERENCE, world.GROUP)}
    for unit, count in ((lambda name: name[0] + str(int(name[1:]) // 3), 4), (str, 12)):
        sets = list(world.name_sets(probes, cases, people, unit=unit))
        observed = world.see(sets, [probes], world.answer_all(sets, world.noisy(0.1)))
        assert by_key(observed)["name", world.GROUP].estimate.names == count


def test_two_suites_of_one_domain_are_one_cell(world):
    cases = world.names("case-", 4)
    suites = [
        world.suite(cases, name="one", harm="stereotyping"),
        world.suite(cases, name="two", harm="allocation"),
        world.suite(cases, name="three", kind="ordered"),
    ]
    sets = [s for probes in suites for s in world.label_sets(probes, cases, ["a", "b", "c"])]
    answer = world.noisy(0.1)
    answers = [
        a
        for one in sets
        for a in world.answer_all(
            [one], answer, respond=world.choice if one.outcome == "choice" else world.ordered
        )
    ]
    found = list(PLUGIN.answer(world.see(sets, suites, answers)))
    primary = [d for d in found if d.primary]
    assert [d.outcome for d in primary] == ["choice", "ordered"]
    pooled = primary[0]
    assert pooled.suites == ("employment/one.en", "employment/two.en")
    assert pooled.harm == "allocation"
    assert pooled.estimate.templates == 8
    cuts = [d for d in found if d.metric == "log_odds_above_cut"]
    assert {d.outcome for d in cuts} == {"ordered"}
    assert {d.facet for d in cuts} == {"above care at home", "above this week"}
    assert not [d for d in found if d.metric == "expected_level" and d.outcome == "choice"]


def test_a_cut_that_a_domain_does_not_offer_is_not_asked_of_it(world):
    cases = world.names("case-", 4)
    health = world.suite(cases, name="triage", kind="ordered")
    other = world.suite(cases, name="queue", kind="ordered").model_copy(update={"domain": "bank"})
    sets = [s for p in (health, other) for s in world.label_sets(p, cases, ["a", "b", "c"])]
    three = ("low", "middle", "high")

    def renamed(answer):
        orders = tuple(one.model_copy(update={"order": three}) for one in answer.orders)
        return answer.model_copy(update={"levels": three, "orders": orders})

    answers = []
    for one in sets:
        respond = world.ordered
        if one.domain == "bank":
            respond = lambda odds: renamed(world.ordered(odds))  # noqa: E731
        answers += world.answer_all([one], world.noisy(0.1), respond=respond)
    found = list(PLUGIN.answer(world.see(sets, [health, other], answers)))
    facets = {(d.domain, d.facet) for d in found if d.metric == "log_odds_above_cut"}
    assert facets == {
        ("bank", "above low"),
        ("bank", "above middle"),
        ("employment", "above care at home"),
        ("employment", "above this week"),
    }


def test_what_failed_is_counted_and_never_a_zero(world):
    observed = world.whole(0.5, templates=8, people=4)
    lost = {v for v in observed.index if "/name/case-03/muslim" in v}
    lost |= {v for v in observed.index if v.endswith("/label/case-01/hindu/neutral00")}
    whole = by_key(observed)
    got = by_key(world.whole(0.5, templates=8, people=4, lost=lost))
    assert got["name", "muslim"].planned == 64
    assert got["name", "muslim"].failed == 4
    assert got["name", "muslim"].estimate.templates == 7
    assert got["label", "muslim"].failed == 1
    assert whole["name", "muslim"].failed == 0
    assert got["label", "none"].failed == 1
    assert got["name", "muslim"].median_mass == pytest.approx(0.9)


def test_a_blocked_cell_is_there_without_a_number(world):
    observed = world.whole(0.5, templates=5, people=3)
    lost = {v for v in observed.index if "/name/" in v}
    got = by_key(world.whole(0.5, templates=5, people=3, lost=lost))["name", "muslim"]
    assert isinstance(got.estimate, Undefined)
    assert (got.planned, got.failed, got.median_mass) == (30, 30, None)
    assert got.order_effect is None


def test_few_names_have_no_halves_to_swap(world):
    got = by_key(world.whole(0.0, templates=5, people=5))["label", world.GROUP]
    assert "too few for two halves" in got.null.reason
    assert isinstance(got.estimate, Estimate)


def test_the_null_is_drawn_by_the_seed(world):
    nulls = set()
    for seed in (1, 1, 2, 3):
        observed = world.whole(0.0, templates=5, people=8, name=0.3)
        seeded = observed.__class__(**{**vars(observed), "seed": seed})
        nulls.add(by_key(seeded)["name", world.GROUP].null.value)
    assert 2 <= len(nulls) <= 3


def test_order_effect_is_reported_in_its_own_unit_only(world):
    cases = world.names("case-", 4)
    probes = world.suite(cases)
    sets = list(world.label_sets(probes, cases, ["a", "b", "c"]))
    sway = world.answer_all(
        sets, lambda *_: 0.1, respond=lambda odds: world.choice(odds, order_effect=0.6)
    )
    observed = world.see(sets, [probes], sway)
    key = ("label", world.GROUP)
    assert by_key(observed)[key].order_effect == pytest.approx(0.6)
    assert by_key(observed, "favourable_probability")[key].order_effect is None
