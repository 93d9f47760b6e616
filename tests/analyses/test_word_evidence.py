"""Word evidence: differences of two maps, matched word by word, ranked against chance."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from audit.analyses.word_evidence import _shuffled, pair_evidence, rank_summaries
from audit.records.counterfactuals import CounterfactualSet, Span, Variant
from audit.records.estimates import Undefined
from audit.records.observations import AttributedWord, Attribution

GROUPS = {"dalit": "a Dalit woman", "brahmin": "a Brahmin", "none": ""}


def variant(group, name="meena", template="t1"):
    text = f"{GROUPS[group]} came in ."
    span = Span(turn=0, start=0, end=len(GROUPS[group]))
    return Variant(
        id=f"{template}-{name}-{group}",
        group=group,
        name=name,
        unit=name,
        turns=(text,),
        spans=(span,),
    )


def counterfactual(template="t1", **changes):
    given_ = {
        "id": f"set-{template}",
        "suite": "employment/shortlist",
        "language": "en",
        "domain": "employment",
        "template": template,
        "outcome": "choice",
        "axis": "caste",
        "cue": "label",
        "reference": "brahmin",
        "variants": tuple(variant(group, template=template) for group in GROUPS),
    }
    return CounterfactualSet(**given_ | changes)


def attribution(one, values, *, template="t1", residual=0.1, method="occlusion"):
    """A map over: changed span, came, in, ., (frame) Yes?, (cue) Answer:."""
    texts = (GROUPS[one.group], "came", "in", ".", "Yes?", "Answer:")
    parts = ("changed", "fact", "fact", "fact", "frame", "cue")
    words = tuple(
        AttributedWord(
            start=n, end=n + len(text), text=text, part=part, unit=-(n > 0), value=value
        )
        for n, (text, part, value) in enumerate(zip(texts, parts, values, strict=True))
    )
    return Attribution(
        batch=0,
        set_id=f"set-{template}",
        variant=one.id,
        method=method,
        target="log_odds",
        baseline="mean",
        score=sum(values) + residual + 0.5,
        baseline_score=0.5,
        residual=residual,
        words=words,
    )


def pair(values, reference_values, group="dalit", template="t1", **changes):
    one, two = variant(group, template=template), variant("brahmin", template=template)
    return pair_evidence(
        attribution(one, values, template=template, **changes),
        attribution(two, reference_values, template=template),
        one,
        two,
        counterfactual(template),
    )


def test_units_are_differences_and_add_up():
    found = pair((2, 1, 0.5, 0, 3, 1), (-1, 1.5, 0.5, 0, 1, 1), residual=0.4)
    assert [u.difference for u in found.units] == [3, -0.5, 0, 0, 2, 0]
    assert [u.part for u in found.units] == ["changed", "fact", "fact", "fact", "frame", "cue"]
    assert (found.units[0].text, found.units[0].reference_text) == ("a Dalit woman", "a Brahmin")
    total = sum(u.difference for u in found.units) + found.residual
    assert total == pytest.approx(found.difference)
    assert found.residual == pytest.approx(0.4 - 0.1)


def test_the_rank_is_among_the_cases_words_only():
    first = pair((1, 0.5, 0, 0, 9, 9), (0,) * 6)  # frame and cue are larger, and do not count
    assert (first.rank, first.ranked_among) == (1, 4)
    third = pair((1, -2, 3, 0, 0, 0), (0,) * 6)
    assert third.rank == 3


def test_equals_count_against_the_changed_span():
    assert pair((0,) * 6, (0,) * 6).rank == 4
    assert pair((1, 1, 0, 0, 0, 0), (0,) * 6).rank == 2


def test_a_side_that_does_not_mention_the_group_matches_all_the_same():
    found = pair((0, 1, 2, 3, 4, 5), (7, 1, 2, 3, 4, 5), group="none")
    assert [u.difference for u in found.units] == [-7, 0, 0, 0, 0, 0]
    assert found.units[0].text == ""


def test_two_spans_stay_apart():
    def side(group, values):
        words = tuple(
            AttributedWord(start=n, end=n + 1, text=text, part=part, unit=unit, value=value)
            for n, (text, part, unit, value) in enumerate(
                zip(
                    ("She", "came", group, "left", "then"),
                    ("changed", "fact", "changed", "fact", "fact"),
                    (0, -1, 1, -1, -1),
                    values,
                    strict=True,
                )
            )
        )
        one = variant("dalit" if group == "x" else "brahmin")
        return one, attribution(one, (0,) * 6).model_copy(
            update={"words": words, "score": sum(values), "baseline_score": 0, "residual": 0}
        )

    (one, mine), (two, theirs) = side("x", (1, 2, 3, 4, 5)), side("y", (1, 1, 1, 1, 1))
    found = pair_evidence(mine, theirs, one, two, counterfactual())
    assert [u.difference for u in found.units] == [0, 1, 2, 3, 4]
    assert found.rank == 3


def test_attributions_of_another_pair_or_by_two_methods_are_refused():
    one, two = variant("dalit"), variant("brahmin")
    mine, theirs = attribution(one, (1,) * 6), attribution(two, (1,) * 6)
    pair_evidence(mine, theirs, one, two, counterfactual())  # control
    with pytest.raises(ValueError, match="not of this pair"):
        pair_evidence(theirs, mine, one, two, counterfactual())
    other = theirs.model_copy(update={"method": "integrated_gradients"})
    with pytest.raises(ValueError, match="one method"):
        pair_evidence(mine, other, one, two, counterfactual())


@given(values=st.lists(st.floats(-3, 3), min_size=4, max_size=4, unique_by=abs))
def test_shuffled_rank_is_the_mean_over_all_orders(values):
    found = pair((*values, 0, 0), (0,) * 6)
    ranks = [
        1 + sum(abs(v) >= abs(order[0]) for v in order[1:])
        for order in itertools.permutations(values)
    ]
    exact = (np.mean(ranks) - 1) / 3
    spread = np.std(ranks) / 3 / np.sqrt(200)
    assert _shuffled(found) == pytest.approx(exact, abs=5 * spread)


def many(templates, sizes=(5.0, 1.0, 0.5, 0.2)):
    generator = np.random.default_rng(5)
    return [
        pair((*(sizes + generator.normal(0, 0.1, 4)), 0, 0), (0,) * 6, template=template)
        for template in templates
    ], {f"set-{template}": counterfactual(template) for template in templates}


def test_a_true_map_beats_shuffled_maps():
    evidence, sets = many(["t1", "t2", "t3", "t4", "t5"])
    (summary,) = rank_summaries(evidence, sets)
    assert (summary.method, summary.axis, summary.language, summary.domain) == (
        "occlusion",
        "caste",
        "en",
        "employment",
    )
    assert (summary.pairs, summary.first, summary.mean_rank) == (5, 1.0, 0.0)
    assert summary.low < 1 <= summary.high
    assert summary.rank_gain.low > 0
    assert summary.rank_gain.value == pytest.approx(summary.shuffled_rank - summary.mean_rank)
    assert summary.mean_residual == pytest.approx(0, abs=1e-9)


def test_a_map_of_chance_does_not():
    """Control: where the sizes fall at random, the interval of the gain holds zero."""
    generator = np.random.default_rng(11)
    templates = [f"t{n}" for n in range(30)]
    evidence = [
        pair((*generator.permutation([4.0, 3.0, 2.0, 1.0]), 0, 0), (0,) * 6, template=template)
        for template in templates
    ]
    sets = {f"set-{template}": counterfactual(template) for template in templates}
    (summary,) = rank_summaries(evidence, sets)
    assert summary.rank_gain.low < 0 < summary.rank_gain.high


def test_the_interval_is_t_over_template_means():
    generator = np.random.default_rng(3)
    templates = ["t1", "t2", "t3", "t4"]
    evidence = [
        pair((*generator.permutation([4.0, 3.0, 2.0, 1.0]), 0, 0), (0,) * 6, template=template)
        for template in templates
        for _ in range(3)
    ]
    sets = {f"set-{template}": counterfactual(template) for template in templates}
    (summary,) = rank_summaries(evidence, sets)
    gains = np.array([_shuffled(e) - (e.rank - 1) / 3 for e in evidence]).reshape(4, 3)
    slow = stats.ttest_1samp(gains.mean(axis=1), 0)
    low, high = slow.confidence_interval(0.95)
    assert (summary.rank_gain.low, summary.rank_gain.high) == pytest.approx((low, high))
    assert summary.rank_gain.p == pytest.approx(slow.pvalue)
    assert (summary.rank_gain.df, summary.rank_gain.templates) == (3, 4)


def test_two_templates_give_no_interval():
    evidence, sets = many(["t1", "t2"])
    (summary,) = rank_summaries(evidence, sets)
    assert isinstance(summary.rank_gain, Undefined)
    assert "2 templates" in summary.rank_gain.reason


def test_cells_stay_apart_and_nothing_gives_nothing():
    evidence, sets = many(["t1", "t2", "t3"])
    other = [e.model_copy(update={"method": "integrated_gradients"}) for e in evidence]
    both = rank_summaries([*evidence, *other], sets)
    assert [s.method for s in both] == ["integrated_gradients", "occlusion"]
    assert rank_summaries([], sets) == ()


def test_summaries_do_not_hang_on_chance():
    evidence, sets = many(["t1", "t2", "t3"])
    assert rank_summaries(evidence, sets) == rank_summaries(evidence, sets)
