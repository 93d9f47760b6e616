"""The table of truth: drawn by a rule that anybody can repeat, lawful, and blind."""

import itertools

import pytest

from audit.controls.recipe import table

REFERENCES = {"caste": "general", "religion": "hindu", "gender": "man"}
GROUPS = {
    "caste": ("general", "obc", "sc"),
    "religion": ("hindu", "muslim", "christian", "sikh", "buddhist"),
    "gender": ("man", "woman"),
}
CELLS = [
    (axis, group, language, domain)
    for axis, groups in GROUPS.items()
    for group, language, domain in itertools.product(
        groups, ("en", "hi"), ("healthcare", "employment")
    )
]


@pytest.fixture(scope="module")
def drawn():
    return table.draw_table(CELLS, REFERENCES)


def gaps(shifts):
    for (axis, group, *place), shift in shifts.items():
        if group != REFERENCES[axis]:
            yield axis, shift - shifts[axis, REFERENCES[axis], *place]


def test_same_cells_give_the_same_table_in_any_order(drawn):
    assert table.draw_table(CELLS[::-1], REFERENCES) == drawn
    fewer = [cell for cell in CELLS if cell[1] != "buddhist"]
    assert table.draw_table(fewer, REFERENCES) != drawn


def test_shifts_are_zero_or_of_the_stated_size(drawn):
    sizes = [abs(shift) for shift in drawn.shifts.values() if shift]
    assert set(drawn.shifts) == set(CELLS)
    assert all(0.6 <= size <= 1.0 for size in sizes)
    assert 1 / 3 <= len(sizes) / len(CELLS) <= 0.4


def test_every_axis_has_planted_and_clean_cells_everywhere(drawn):
    for axis, value in itertools.product(GROUPS, ("en", "hi", "healthcare", "employment")):
        own = [bool(s) for cell, s in drawn.shifts.items() if cell[0] == axis and value in cell]
        assert 0 < sum(own) < len(own), (axis, value)


def test_disparities_are_clean_or_large_and_of_both_signs(drawn):
    found = list(gaps(drawn.shifts))
    assert all(gap == 0 or abs(gap) >= 0.5 for _, gap in found)
    for axis in GROUPS:
        own = [gap for named, gap in found if named == axis]
        assert min(own) < 0 < max(own)
        assert 0 in own


def test_earlier_seeds_break_a_rule(drawn):
    """The seed is the first lawful one, so nobody chose it; the rules do refuse tables."""
    earlier = [table._draw(sorted(CELLS), seed) for seed in range(drawn.seed)]
    assert earlier
    assert not any(table._lawful(shifts, REFERENCES) for shifts in earlier)
    assert table._lawful(drawn.shifts, REFERENCES)


def test_impossible_rules_are_said():
    alone = [("gender", "man", "en", "healthcare")]
    with pytest.raises(ValueError, match="no seed"):
        table.draw_table(alone, REFERENCES)
