"""Agreement: the rule of responsible words, case by case, and what chance would give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from audit.analyses.agreement import (
    LEAST_SHARE,
    agreements,
    rank_correlation,
    responsible,
    responsible_share,
)
from audit.records.counterfactuals import CounterfactualSet, Span, Variant
from audit.records.observations import EvidenceUnit, WordEvidence
from audit.records.quantities import Undefined

KINDS = {"occlusion": True, "gradients": False, "relevance": False, "saliency": False}
WORDS = 8


def evidence(values, method="occlusion", pair=0, sign=1, part=None):
    units = [
        EvidenceUnit(
            text=f"w{n}", reference_text=f"w{n}" if n else "v0", value=float(v),
            difference=float(v), part="changed" if n == 0 else "fact", reference_value=0,
        )
        for n, v in enumerate(values)
    ]  # fmt: skip
    frame = units[1].model_copy(update={"part": "frame", "text": "Yes?", "difference": 99.0})
    return WordEvidence(
        set_id=f"s{pair}", variant=f"s{pair}-a", reference_variant=f"s{pair}-b", method=method,
        difference=float(sign), residual=0, units=(frame, *units), rank=1, ranked_among=len(units),
    )  # fmt: skip


def sets(pairs, per_template=1):
    """One set a pair; `per_template` pairs share a template."""
    made = {}
    for n in range(pairs):
        variants = tuple(
            Variant(
                id=f"s{n}-{side}", group=side, name="kiran", unit="kiran", turns=("x came.",),
                spans=(Span(turn=0, start=0, end=1),),
            )
            for side in "ab"
        )  # fmt: skip
        made[f"s{n}"] = CounterfactualSet(
            id=f"s{n}", suite="employment/shortlist", language="en", domain="employment",
            template=f"t{n // per_template}", outcome="choice", axis="caste", cue="label",
            reference="b", variants=variants,
        )  # fmt: skip
    return made


def called(*maps, sign=1):
    """The words called responsible where each (method, values) explained one pair."""
    found = responsible([evidence(v, m, sign=sign) for m, v in maps], KINDS)
    return {word.text for word in found[0].words}, found[0].reason


LARGE = (5, 0.1, 0.1, 0.2, 0, 0, 0, 0)


def test_both_kinds_must_name_it():
    assert called(("occlusion", LARGE), ("gradients", LARGE)) == ({"w0"}, "")
    other = (0.1, 5, 0, 0, 0, 0, 0, 0)
    assert called(("occlusion", LARGE), ("gradients", other)) == (set(), "the methods disagree")
    alone = (set(), "one kind of method alone explained this pair")
    assert called(("occlusion", LARGE)) == alone
    assert called(("gradients", LARGE), ("relevance", LARGE)) == alone


def test_it_must_pull_the_way_the_pair_differs_in_both():
    minus = tuple(-v for v in LARGE)
    assert called(("occlusion", LARGE), ("gradients", minus))[0] == set()
    assert called(("occlusion", minus), ("gradients", minus))[0] == set()
    assert called(("occlusion", minus), ("gradients", minus), sign=-1)[0] == {"w0"}


def test_three_words_at_most_and_each_with_its_share():
    four = (4, 4, 4, 4, 0, 0, 0, 0)
    assert called(("occlusion", four), ("gradients", four))[0] == {"w0", "w1", "w2"}
    edge = 10 * LEAST_SHARE
    just = (10 - edge, edge, 0, 0, 0, 0, 0, 0)
    below = (10 - edge, edge * 0.99, edge * 0.01, 0, 0, 0, 0, 0)
    assert called(("occlusion", just), ("gradients", just))[0] == {"w0", "w1"}
    assert called(("occlusion", just), ("gradients", below))[0] == {"w0"}


def test_half_of_a_kind_suffices_and_less_does_not():
    away = (0, 0, 0, 0, 0, 0, 0, 5)
    maps = [("occlusion", LARGE), ("gradients", LARGE), ("relevance", away)]
    assert called(*maps)[0] == {"w0"}
    assert called(*maps, ("saliency", away))[0] == set()


def test_the_frame_is_never_responsible_and_places_point_at_units():
    found = responsible([evidence(LARGE), evidence(LARGE, "gradients")], KINDS)[0]
    (word,) = found.words
    assert (word.place, word.text, word.reference_text, word.part) == (1, "w0", "v0", "changed")
    assert word.methods == ("gradients", "occlusion")
    assert (found.interventional, found.gradient) == (("occlusion",), ("gradients",))


def test_other_words_a_method_are_a_mistake():
    with pytest.raises(ValueError, match="different words"):
        responsible([evidence(LARGE), evidence(LARGE[:-1], "gradients")], KINDS)


def test_by_chance_is_what_shuffling_gives():
    """One large word a map: both must deal it to the same of eight words: one in eight."""
    (found,) = responsible([evidence(LARGE), evidence(LARGE, "gradients")], KINDS)
    assert found.by_chance == pytest.approx(1 / WORDS, abs=4 * np.sqrt(7 / 64 / 200))
    assert responsible([evidence(LARGE), evidence(LARGE, "gradients")], KINDS) == (found,)


def noise(rng):
    return rng.normal(0, 1, WORDS)


def test_true_maps_agree_and_maps_of_chance_do_not():
    rng = np.random.default_rng(3)
    true, chance = [], []
    for pair in range(40):
        core = noise(rng) + np.array([9, *[0] * (WORDS - 1)])
        for method in ("occlusion", "gradients"):
            true.append(evidence(core + 0.3 * noise(rng), method, pair))
            chance.append(evidence(noise(rng), method, pair))
    known = sets(40)
    (agree,), (other,) = (agreements(found, known, KINDS) for found in (true, chance))
    assert agree.kinds_differ
    assert agree.correlation.low > 0.5
    assert agree.overlap.low > agree.chance
    assert other.correlation.low < 0 < other.correlation.high
    assert other.overlap.low < other.chance < other.overlap.high
    assert other.chance == pytest.approx(3 / WORDS)
    shares = [responsible_share(responsible(found, KINDS), known) for found in (true, chance)]
    assert shares[0].called == shares[0].span == 1.0
    assert shares[0].by_chance < 0.5 < shares[0].low
    assert shares[1].low < shares[1].by_chance < shares[1].high


def test_pairs_of_one_template_are_one_cluster():
    rng = np.random.default_rng(4)
    found = [
        evidence(noise(rng), method, pair)
        for pair in range(6)
        for method in ("occlusion", "gradients")
    ]
    (apart,) = agreements(found, sets(6), KINDS)
    (together,) = agreements(found, sets(6, per_template=3), KINDS)
    assert (apart.correlation.templates, apart.correlation.df) == (6, 5)
    assert isinstance(together.correlation, Undefined)
    assert "2 templates" in together.correlation.reason


def test_a_constant_map_correlates_with_nothing():
    flat = [
        evidence(v, m, pair)
        for pair in range(4)
        for m, v in (("occlusion", (1,) * WORDS), ("gradients", LARGE))
    ]
    (found,) = agreements(flat, sets(4), KINDS)
    assert "same for every word" in found.correlation.reason


def test_one_method_agrees_with_nobody_and_nothing_gives_nothing():
    assert agreements([evidence(LARGE)], sets(1), KINDS) == ()
    assert responsible([], KINDS) == ()
    assert responsible_share(responsible([evidence(LARGE)], KINDS), sets(1)) is None


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=3, max_size=12))
def test_rank_correlation_is_scipys(both):
    one, other = (np.array(side, dtype=float) for side in zip(*both, strict=True))
    found = rank_correlation(one, other)
    if np.ptp(one) and np.ptp(other):
        assert found == pytest.approx(stats.spearmanr(one, other).statistic)
    else:
        assert found is None
