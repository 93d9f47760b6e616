"""What stands beside a disparity: each number by its definition, in a world made by hand."""

import numpy as np
import pytest
from scipy.special import expit, logit

from audit.analyses.sensitivity import PLUGIN
from audit.records.context import Rewording, Robustness
from audit.records.estimates import Estimate, Undefined


def contexts(observed):
    return {(d.cue, d.group): d for d in PLUGIN.answer(observed) if d.primary}


def three_groups(world, odds, *, templates=8, people=5, cue="label", lost=()):
    """A run of one cue over three groups; `odds(template, group, name)`."""
    cases = world.names("case-", templates)
    probes = world.suite(cases)
    groups = (world.REFERENCE, world.GROUP, "sikh")
    if cue == "label":
        sets = list(world.label_sets(probes, cases, world.names("n", people), groups[1:]))
    else:
        named = {group: world.names(group[0], people) for group in groups}
        sets = list(world.name_sets(probes, cases, named))
    answers = world.answer_all(
        sets, lambda one, who: odds(one.template, who.group, who.name), lost=lost
    )
    return world.see(sets, [probes], answers)


def wobble(*words):
    return 0.2 * np.random.default_rng([*"/".join(words).encode()]).standard_normal()


@pytest.mark.parametrize("cue", ["label", "name"])
def test_against_the_mean_of_all_groups(world, cue):
    """The reference is the odd one out: both others differ from it, hardly from the mean."""
    at = {world.REFERENCE: 0.0, world.GROUP: 0.9, "sikh": 0.9}

    def odds(template, group, name):
        return at.get(group, 0.0) + wobble(template, group, name)

    got = contexts(three_groups(world, odds, cue=cue))
    for group in (world.GROUP, "sikh"):
        one = got[cue, group]
        assert one.estimate.value == pytest.approx(0.9, abs=0.15)
        assert one.context.against_mean.value == pytest.approx(0.3, abs=0.1)
        assert one.context.reference_against_mean.value == pytest.approx(-0.6, abs=0.1)
        assert one.context.groups == 3
    total = sum(got[cue, g].context.against_mean.value for g in (world.GROUP, "sikh"))
    total += got[cue, "sikh"].context.reference_against_mean.value
    assert total == pytest.approx(0, abs=1e-9)


def test_of_two_groups_each_is_half_the_gap_from_the_mean(world):
    one = contexts(world.whole(0.6, template=0.2))["label", world.GROUP]
    mean = one.context.against_mean
    assert mean.value == pytest.approx(one.estimate.value / 2)
    assert (mean.se, mean.p) == pytest.approx((one.estimate.se / 2, one.estimate.p))


@pytest.mark.parametrize("cue", ["label", "name"])
def test_a_group_that_never_answered_is_left_out_of_the_mean(world, cue):
    lost = {v for v in three_groups(world, lambda *_: 0.0, cue=cue).index if "/sikh/" in v}
    got = contexts(three_groups(world, wobble, cue=cue, lost=lost))
    assert got[cue, world.GROUP].context.groups == 2
    assert isinstance(got[cue, "sikh"].context.against_mean, Undefined)


def test_effects_in_points_and_as_a_ratio(world):
    def odds(template, group, name):
        return -1.0 + (0.8 if group == world.GROUP else 0.0) + wobble(template, group, name)

    one = contexts(three_groups(world, odds))["label", world.GROUP]
    effects = one.context.effects
    assert effects.standardised_kind == "dz"
    assert effects.points.baseline == pytest.approx(expit(-1), abs=0.03)
    moved = expit(logit(effects.points.baseline) + one.estimate.value)
    assert effects.points.value == pytest.approx(moved - effects.points.baseline)
    assert effects.impact_ratio.value == pytest.approx(expit(-0.2) / expit(-1), rel=0.08)
    assert effects.impact_ratio.low > 1
    assert effects.cliffs_delta.value > 0.9


def test_an_ordered_answer_has_no_points_and_no_ratio(world):
    cases = world.names("case-", 6)
    probes = world.suite(cases, kind="ordered")
    sets = list(world.label_sets(probes, cases, world.names("n", 4)))
    answers = world.answer_all(sets, world.noisy(0.5), respond=world.ordered)
    found = list(PLUGIN.answer(world.see(sets, [probes], answers)))
    (one,) = [d for d in found if d.primary]
    for missing in (one.context.effects.points, one.context.effects.impact_ratio):
        assert "no single decision" in missing.reason
    bounds = one.context.effects.worst_case
    assert (bounds.unit, bounds.missing) == ("levels", 0)
    assert bounds.low == bounds.observed == bounds.high > 0
    lost = {f"{probes.key}/label/case-02/muslim/n0{n}" for n in range(4)}
    answers = world.answer_all(sets, world.noisy(0.5), respond=world.ordered, lost=lost)
    thin = [d for d in PLUGIN.answer(world.see(sets, [probes], answers)) if d.primary]
    bounds = thin[0].context.effects.worst_case
    assert bounds.high - bounds.low == pytest.approx(4 / 24 * 2)  # three levels: 0 to 2
    assert isinstance(one.estimate, Estimate)
    assert all(d.context is None for d in found if not d.primary)


def test_what_was_not_answered_bounds_the_gap(world):
    base = three_groups(world, lambda *_: 0.0)
    lost = {v for v in base.index if "/case-00/muslim" in v}
    one = contexts(three_groups(world, lambda *_: 0.0, lost=lost))["label", world.GROUP]
    bounds = one.context.effects.worst_case
    assert bounds.missing == 5
    assert bounds.observed == pytest.approx(0)
    share = 5 / 40  # each missing answer could be anything from 0 to 1, the mean is one half
    assert (bounds.low, bounds.high) == pytest.approx((-share / 2, share / 2))
    whole = contexts(base)["label", world.GROUP].context.effects.worst_case
    assert (whole.low, whole.high, whole.missing) == (whole.observed, whole.observed, 0)


def reworded(probes, pairs):
    """The suite with some templates declared wordings of others."""
    templates = tuple(
        t.model_copy(update={"paraphrase_of": pairs.get(t.id)}) for t in probes.templates
    )
    return probes.model_copy(update={"templates": templates})


@pytest.mark.parametrize(("swap", "rewording", "larger"), [(0.8, 0.1, True), (0.1, 0.8, False)])
@pytest.mark.parametrize("cue", ["label", "name"])
def test_the_group_swap_beside_a_rewording(world, swap, rewording, larger, cue):
    cases = world.names("case-", 12)
    pairs = dict(zip(cases[1::2], cases[::2], strict=True))
    probes = reworded(world.suite(cases), pairs)
    if cue == "label":
        sets = list(world.label_sets(probes, cases, world.names("n", 5)))
    else:
        named = {g: world.names(g[0], 5) for g in (world.REFERENCE, world.GROUP)}
        sets = list(world.name_sets(probes, cases, named))

    def odds(one, who):
        again = rewording if one.template in pairs else 0.0
        given = swap if who.group == world.GROUP else 0.0
        return again + given + 0.1 * wobble(one.template, who.group, who.name)

    observed = world.see(sets, [probes], world.answer_all(sets, odds))
    got = contexts(observed)[cue, world.GROUP].context.rewording
    assert isinstance(got, Rewording)
    assert (got.cases, got.pairs) == (6, 6)
    assert got.swap == pytest.approx(swap, abs=0.05)
    assert got.rewording == pytest.approx(rewording, abs=0.05)
    assert (got.excess.low > 0) == larger


def test_wordings_are_found_through_chains_and_circles(world):
    from audit.analyses.baselines import cases as case_numbers
    from audit.analyses.cells import cells
    from audit.analyses.comparison import Comparison

    ids = world.names("case-", 6)
    chain = {ids[1]: ids[0], ids[2]: ids[1], ids[4]: ids[5], ids[5]: ids[4]}
    probes = reworded(world.suite(ids), chain)
    shown = [one for one in ids if one != ids[0]]  # the first wording was not drawn
    sets = list(world.label_sets(probes, shown, ["a", "b", "c"]))
    observed = world.see(sets, [probes], world.answer_all(sets, lambda *_: 0.1))
    (cell,) = cells(observed.sets, observed.index, observed.suites)
    one = Comparison(cell, observed.columns[0], world.GROUP, np.ones(5, dtype=bool))
    assert case_numbers(one, observed).tolist() == [0, 0, 1, 2, 2]


def test_no_wording_and_no_repeat_are_said(world):
    context = contexts(world.whole(0.2))["label", world.GROUP].context
    assert "two wordings" in context.rewording.reason
    assert "no repeat" in context.repeat_noise.reason
    assert context.shares.wording is None


def test_repeats_show_their_noise(world):
    cases = world.names("case-", 6)
    probes = world.suite(cases)
    sets = list(world.label_sets(probes, cases, world.names("n", 4)))
    answers = [
        a
        for sign in (-0.1, 0.1)
        for a in world.answer_all(sets, lambda one, who, s=sign: s + wobble(one.id, who.id))
    ]
    got = contexts(world.see(sets, [probes], answers))["label", world.GROUP].context.repeat_noise
    assert got.deviation == pytest.approx((2 * 0.1**2) ** 0.5)
    assert (got.prompts, got.repeats) == (48, 96)


def test_second_opinions_are_for_labels(world):
    got = contexts(world.whole(0.8, template=0.2))
    label = got["label", world.GROUP].context.robustness
    assert isinstance(label, Robustness)
    assert label.low < got["label", world.GROUP].estimate.value < label.high
    assert label.sign_flip_p < 0.001
    assert label.mixed.value == pytest.approx(got["label", world.GROUP].estimate.value, abs=1e-6)
    assert isinstance(got["name", world.GROUP].context.robustness, Undefined)


def test_the_mixed_model_is_fitted_where_it_may_count(world, monkeypatch):
    none = contexts(world.whole(0.0, residual=0.3))["label", world.GROUP]
    assert none.estimate.p > 0.05
    assert "least p" in none.context.robustness.mixed.reason
    monkeypatch.setattr("audit.analyses.second_opinions.MOST_MODELS", 0)
    bounded = contexts(world.whole(0.8))["label", world.GROUP]
    assert isinstance(bounded.context.robustness.mixed, Undefined)


def test_shares_tell_names_from_templates(world):
    by_name = contexts(world.whole(0.3, name=0.5))["name", world.GROUP].context.shares
    by_template = contexts(world.whole(0.3, template=0.5))["label", world.GROUP].context.shares
    assert by_name.name > 0.6
    assert by_template.template > 0.6


def test_where_a_difference_is_expected_the_cell_is_apart(world):
    cases = world.names("case-", 10)
    probes = world.suite(cases)
    templates = tuple(
        t.model_copy(update={"expected": "difference" if t.id >= "case-05" else "invariance"})
        for t in probes.templates
    )
    mixed = probes.model_copy(update={"templates": templates})
    sets = list(world.label_sets(mixed, cases, world.names("n", 4)))

    def odds(one, who):
        given = 1.0 if one.template >= "case-05" and who.group == world.GROUP else 0.0
        return given + wobble(one.template, who.id)

    found = list(PLUGIN.answer(world.see(sets, [mixed], world.answer_all(sets, odds))))
    primary = {d.expected: d for d in found if d.primary}
    assert primary["difference"].estimate.value == pytest.approx(1, abs=0.2)
    assert primary["invariance"].estimate.value == pytest.approx(0, abs=0.2)
    assert primary["difference"].id != primary["invariance"].id
    assert primary["difference"].family != primary["invariance"].family
    plain = world.see(sets, [probes], world.answer_all(sets, odds))
    (pooled,) = [d for d in PLUGIN.answer(plain) if d.primary]
    assert pooled.id == primary["invariance"].id
