"""Words: in planted cells the words that name the group carry the difference."""

from collections import defaultdict

import numpy as np
import pytest
from scipy import stats

from audit.analyses.word_evidence import pair_evidence
from audit.attribution import integrated_gradients, occlusion, relevance_propagation
from audit.controls import standards
from audit.models.cases import Case
from audit.models.causal import load
from audit.records.observations import Attribution
from audit.records.runs import ModelRequest

LARGE = 0.4  # log-odds
PAIRS = 24
GRADIENTS = {  # and how many pairs; one of integrated gradients takes some hundred passes
    "integrated gradients": (integrated_gradients, 14),
    "relevance propagation": (relevance_propagation, 24),
}
FIRST_SHARE = 0.8


@pytest.fixture(scope="module")
def biased():
    folder = standards.folder("embedded:biased")
    return load(ModelRequest(reference=str(folder), offline=True), date="2026-01-01", threads=1)


@pytest.fixture(scope="module")
def pairs(shipped_material, truths_of):
    """A seeded draw of (set, group's variant, reference variant), spread over planted cells."""
    sets = defaultdict(list)
    for one in shipped_material.sets:
        sets[one.axis, one.cue, one.outcome, one.language, one.domain].append(one)
    rows = [row for row in truths_of["biased"]["disparities"] if abs(row["realised"]) >= LARGE]
    rng = np.random.default_rng(11)
    order = [rows[place] for place in rng.permutation(len(rows))]
    drawn = []
    for number in range(PAIRS):
        row = order[number % len(order)]
        cell = tuple(row[key] for key in ("axis", "cue", "outcome", "language", "domain"))
        one = sets[cell][rng.integers(len(sets[cell]))]
        drawn.append((one, *(_drawn(one, row[key], rng) for key in ("group", "reference"))))
    return drawn


def _drawn(one, group, rng):
    own = [variant for variant in one.variants if variant.group == group]
    return own[rng.integers(len(own))]


def evidence(model, method, material, pairs):
    for one, *sides in pairs:
        suite = material.suites[one.suite_key]
        template = suite.template(one.template)
        cases = [
            Case(
                variant=variant.id,
                turns=variant.turns,
                spans=variant.spans,
                question=template.question,
                frame=suite.frame,
                outcome=suite.outcome(template.outcome),
            )
            for variant in sides
        ]
        found = [
            Attribution(
                batch=0,
                set_id=one.id,
                variant=case.variant,
                method=method.__name__,
                target="log_odds",
                **{name: getattr(shares, name) for name in SHARED},
            )
            for case, shares in zip(cases, method.explain(model, cases), strict=True)
        ]
        yield pair_evidence(*found, *sides, one)


SHARED = ("baseline", "score", "baseline_score", "residual", "words")


@pytest.mark.slow
def test_occlusion_ranks_the_changed_span_first(biased, shipped_material, pairs):
    found = list(evidence(biased, occlusion, shipped_material, pairs))
    first = np.mean([one.rank == 1 for one in found])
    by_chance = np.mean([1 / one.ranked_among for one in found])
    assert first >= FIRST_SHARE
    assert by_chance < FIRST_SHARE / 4


@pytest.mark.slow
@pytest.mark.parametrize(("method", "pairs_asked"), GRADIENTS.values(), ids=GRADIENTS)
def test_gradients_rank_the_changed_span_before_shuffled_maps(
    biased, shipped_material, pairs, method, pairs_asked
):
    """The gain is in parts of the ranking: 0 the first place, 1 the last, 1/2 a shuffled map."""
    found = list(evidence(biased, method, shipped_material, pairs[:pairs_asked]))
    templates = [one.template for one, *_ in pairs]
    low, _ = gain(templates, [(word.rank, word.ranked_among) for word in found])
    assert low > 0.05
    rng = np.random.default_rng(5)
    drawn = [(rng.integers(word.ranked_among) + 1, word.ranked_among) for word in found]
    low, high = gain(templates, drawn)
    assert low < 0 < high  # the control: places dealt out by chance


def gain(templates, ranks):
    """The 95 % interval of how much nearer to the first place than by chance, over templates."""
    by_template = defaultdict(list)
    for template, (rank, among) in zip(templates, ranks, strict=False):
        by_template[template].append(0.5 - (rank - 1) / (among - 1))
    gains = [np.mean(own) for own in by_template.values()]
    half = stats.t.ppf(0.975, len(gains) - 1) * stats.sem(gains)
    return np.mean(gains) - half, np.mean(gains) + half
