"""Two models on the same prompts: what they share cancels."""

import numpy as np
import pytest

from audit.analyses.between import between
from audit.records.quantities import Estimate, Undefined


def pair(world, first, second, **noise):
    """Two runs over the same prompts; what is peculiar to templates and names is shared."""
    return [world.whole(gap, templates=10, people=6, template=0.4, name=0.4, **noise)
            for gap in (first, second)]  # fmt: skip


def found(world, first, second, **noise):
    return list(between(*pair(world, first, second, **noise)))


def gaps(observed, cue):
    """Mean log-odds of the group minus that of the reference, by a plain loop."""
    column = next(c for c in observed.columns if c.metric.name == "log_odds")
    values = {"muslim": [], "hindu": []}
    for one in observed.sets:
        if one.cue == cue:
            for who in one.variants:
                if who.group in values:
                    values[who.group].append(column.values[observed.index[who.id]])
    return np.mean(values["muslim"]) - np.mean(values["hindu"])


def test_the_difference_is_that_of_the_disparities(world):
    one, two = pair(world, -0.8, -0.3)
    rows = list(between(one, two))
    assert [row.cell.key.cue for row in rows] == ["label", "name"]
    for row in rows:
        cue = row.cell.key.cue
        assert row.difference.value == pytest.approx(gaps(one, cue) - gaps(two, cue))
        assert row.size.value == pytest.approx(abs(gaps(one, cue)) - abs(gaps(two, cue)))


def test_what_the_models_share_cancels(world):
    """Both gaps vary by template and name, and their difference hardly at all."""
    for row in found(world, -0.8, -0.3):
        assert row.difference.value == pytest.approx(-0.5)
        assert row.difference.se < 1e-6


def test_opposite_signs_of_one_size_differ_but_not_in_size(world):
    one, two = (world.whole(gap, templates=10, people=6) for gap in (0.5, -0.5))
    for row in between(one, two):
        assert row.difference.value == pytest.approx(1.0, abs=0.1)
        assert row.difference.p < 0.05
        assert abs(row.size.value) < 0.1
        assert row.size.p > 0.05


def test_a_model_beside_itself_shows_no_difference_and_no_equality(world):
    for row in found(world, 0.5, 0.5):
        for quantity in (row.difference, row.size):
            assert isinstance(quantity, Undefined)
            assert "answers tie exactly" in quantity.reason
    for row in found(world, 0.5, 0.5001, residual=0.3):
        assert isinstance(row.difference, Estimate)


def test_below_the_floor_there_is_a_reason(world):
    one, two = (world.whole(gap, templates=3, people=6) for gap in (0.5, 0.1))
    for row in between(one, two):
        assert isinstance(row.difference, Undefined)
        assert "3 templates" in row.size.reason


def test_swapping_the_models_swaps_the_sign(world):
    one, two = pair(world, -0.8, 0.1, residual=0.3)
    for forth, back in zip(between(one, two), between(two, one), strict=True):
        assert forth.difference.value == pytest.approx(-back.difference.value)
        assert forth.size.p == pytest.approx(back.size.p)
