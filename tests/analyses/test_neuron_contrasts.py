"""Neuron contrasts: planted neurons are found, name neurons and noise are not."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, ttest_1samp, ttest_rel
from statsmodels.stats.multitest import multipletests

from audit.analyses.contract import View
from audit.analyses.neuron_contrasts import auroc, neuron_contrasts, qs
from audit.records.internals import Looked

TEMPLATES, EACH, NEURONS = 12, 3, 40
PLANTED = (5, 17)
OF_NAMES = (8,)


def drawn(seed=0, shift=1.5):
    """Group, reference, control, (pairs, neurons): two neurons read the group, one the name."""
    rng = np.random.default_rng(seed)
    pairs = TEMPLATES * EACH
    wording = np.repeat(rng.normal(size=(TEMPLATES, NEURONS)), EACH, axis=0)
    sides = wording + 0.3 * rng.normal(size=(3, pairs, NEURONS))
    sides[0][:, PLANTED] += shift
    sides[:, :, OF_NAMES] += 3 * rng.normal(size=(3, pairs, 1))
    return sides


def views(sides):
    for n in range(sides.shape[1]):
        look = Looked(
            batch=n, question="neuron_selectivity", set_id="s", template=f"t{n // EACH}",
            variant="v", reference_variant="r", arrays={}, file="f", digest="d", axis="religion",
            group="sikh", reference="hindu",
        )  # fmt: skip
        array = sides[:, n].reshape(3, 2, 2, NEURONS // 4)
        yield View(look, {"neurons": array.astype(np.float16)})


def test_planted_neurons_count_and_those_of_names_do_not():
    (found,) = neuron_contrasts({"neuron_selectivity": views(drawn())})
    assert found.counted == len(PLANTED)
    assert found.swapped == 0
    assert found.tested == NEURONS
    assert sum(found.layers) == len(PLANTED)
    places = {(one.place, one.component.layer, one.component.index) for one in found.strongest}
    assert places == {("span", 0, 5), ("span", 1, 7)}
    for one in found.strongest:
        assert one.difference > 2 > abs(one.control)
        assert one.auroc > 0.7
        assert one.same_sign > 0.9


def test_nothing_counts_where_nothing_was_planted():
    (found,) = neuron_contrasts({"neuron_selectivity": views(drawn(shift=0.0))})
    assert found.counted == 0
    assert found.strongest == ()


def test_false_alarms_are_rare_over_many_draws():
    counts = []
    for seed in range(200):
        group, reference, other = drawn(seed, shift=0.0)
        templates = [f"t{n // EACH}" for n in range(len(group))]
        counts.append((qs(group - reference, reference - other, templates) < 0.05).any())
    assert np.mean(counts) < 0.05


def test_the_tests_are_those_of_scipy_and_statsmodels():
    group, reference, other = drawn()
    d, c = group - reference, reference - other
    templates = [f"t{n // EACH}" for n in range(len(d))]

    def means(x):
        return x.reshape(TEMPLATES, EACH, NEURONS).mean(axis=1)

    differs = ttest_1samp(means(d), 0).pvalue
    exceeds = ttest_rel(means(np.abs(d)), means(np.abs(c)), alternative="greater").pvalue
    wanted = multipletests(np.maximum(differs, exceeds), method="fdr_bh")[1]
    labels = sorted(templates)  # template means come sorted; their order does not matter
    assert len(labels) == len(templates)
    assert qs(d, c, templates) == pytest.approx(wanted)


def test_auroc_is_the_rank_test_s():
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 6, 30).astype(float), rng.integers(1, 7, 25).astype(float)
    u = mannwhitneyu(a, b).statistic
    assert auroc(a, b) == pytest.approx(u / (30 * 25))
    assert auroc(a, a) == pytest.approx(0.5)
