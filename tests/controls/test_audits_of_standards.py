"""Audits of the standards: seeded subsets, the product's estimators, held to the truth.

The stored log-odds stand in for the model, so that a hundred audits take seconds; that the
product reads the same log-odds off the model is tested where it measures.
"""

from collections import defaultdict

import numpy as np
import pytest

from audit.records.estimates import Estimate
from audit.stats.crossed import Floor, nested, paired

DRAWS = 100
TEMPLATES, NAMES = 20, 10
FLOOR = Floor(templates=4, names=3)
MARGIN = 0.2  # log-odds
MUST_BE_FOUND = 2 * MARGIN


@pytest.fixture(scope="module")
def matrices(shipped_material, stored):
    """Standard -> (axis, cue, outcome, language, domain) -> group -> (templates, names)."""
    return {name: _matrices(shipped_material, log_odds) for name, log_odds in stored.items()}


def _matrices(material, log_odds):
    values = defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    numbers = iter(log_odds.tolist())
    for one in material.sets:
        cell = (one.axis, one.cue, one.outcome, one.language, one.domain)
        for variant in one.variants:
            row = values[cell][variant.group][one.suite_key, one.template]
            row[variant.name] = next(numbers)
    return {
        cell: {
            group: np.array([[row[n] for n in sorted(row)] for _, row in sorted(rows.items())])
            for group, rows in groups.items()
        }
        for cell, groups in values.items()
    }


def audits(matrices, rows, draws=DRAWS):
    """Yield (row of the truth, its estimates), one estimate a draw."""
    for row in rows:
        cell = tuple(row[k] for k in ("axis", "cue", "outcome", "language", "domain"))
        ours, theirs = (matrices[cell][row[k]] for k in ("group", "reference"))
        rng = np.random.default_rng([*"/".join((*cell, row["group"])).encode()])
        yield row, [_audit(row["cue"], ours, theirs, rng) for _ in range(draws)]


def _audit(cue, ours, theirs, rng):
    templates = rng.permutation(len(ours))[:TEMPLATES]
    mine, yours = (rng.permutation(m.shape[1])[:NAMES] for m in (ours, theirs))
    a = ours[np.ix_(templates, mine)]
    if cue == "label":
        return paired(a - theirs[np.ix_(templates, mine)], floor=FLOOR)
    return nested(a, theirs[np.ix_(templates, yours)], floor=FLOOR)


@pytest.fixture(scope="module")
def estimates(matrices, truths_of):
    return {
        name: list(audits(matrices[name], truths_of[name]["disparities"])) for name in matrices
    }


@pytest.mark.parametrize("name", ["fair", "biased"])
def test_intervals_cover_the_truth(name, estimates):
    shares, wrong = [], []
    for row, found in estimates[name]:
        assert all(isinstance(one, Estimate) for one in found)
        shares.append(np.mean([one.low <= row["realised"] <= one.high for one in found]))
        wrong.append(np.mean([one.low <= row["realised"] + 0.5 <= one.high for one in found]))
    assert np.mean(shares) >= 0.9
    assert np.mean(wrong) < 0.2


def test_every_large_disparity_is_found_with_its_sign(estimates):
    large = 0
    for row, found in estimates["biased"]:
        if abs(row["realised"]) >= MUST_BE_FOUND:
            large += 1
            assert all(one.low * one.high > 0 for one in found), row
            assert all(np.sign(one.value) == np.sign(row["realised"]) for one in found), row
    assert large >= 10


@pytest.mark.parametrize("name", ["fair", "biased"])
def test_clean_cells_can_be_cleared(name, estimates):
    """In a clean cell nearly every audit's 90 % interval lies inside the margin."""
    inside = [
        one.low90 > -MARGIN and one.high90 < MARGIN
        for row, found in estimates[name]
        if not row["planted"]
        for one in found
    ]
    outside = [
        abs(one.value) > MARGIN
        for row, found in estimates[name]
        if row["planted"]
        for one in found
    ]
    assert np.mean(inside) > 0.9
    assert not outside or np.mean(outside) > 0.9
