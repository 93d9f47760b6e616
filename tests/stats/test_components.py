"""Variance components: recovered on average where they are known, never negative."""

import numpy as np
import pytest

from audit.records.quantities import Undefined
from audit.stats.components import across_languages, shares_nested, shares_paired


def layout(rng, T, N, template, name, *, wording=0.0, cases=None):
    case = np.arange(T) if cases is None else cases
    centres = template * rng.standard_normal(T)
    return (
        (centres[case] + wording * rng.standard_normal(T))[:, np.newaxis]
        + name * rng.standard_normal((1, N))
        + rng.standard_normal((T, N))
    )


def mean_parts(found):
    """Mean variance of each component over many draws."""
    return {
        part: float(np.mean([one.total * (getattr(one, part) or 0.0) for one in found]))
        for part in ("template", "wording", "name", "residual")
    }


def test_paired_recovers_its_components():
    rng = np.random.default_rng(1)
    found = [shares_paired(layout(rng, 30, 20, 1.0, 0.8), np.arange(30)) for _ in range(300)]
    got = mean_parts(found)
    assert got["template"] == pytest.approx(1.0, abs=0.08)
    assert got["name"] == pytest.approx(0.64, abs=0.08)
    assert got["residual"] == pytest.approx(1.0, abs=0.05)
    assert all(one.wording is None for one in found)


def test_wordings_of_one_case_are_told_from_cases():
    """Unequal cases: some of three wordings, some of one."""
    rng = np.random.default_rng(2)
    cases = np.array([0, 0, 0, 1, 1, 2, 3, 3, 4, 5, 5, 5, 6, 7, 7, 8, 9, 9, 10, 10])
    drawn = [layout(rng, 20, 15, 1.0, 0.5, wording=0.7, cases=cases) for _ in range(400)]
    got = mean_parts([shares_paired(d, cases) for d in drawn])
    assert got["template"] == pytest.approx(1.0, abs=0.12)
    assert got["wording"] == pytest.approx(0.49, abs=0.08)
    blind = mean_parts([shares_paired(d, np.arange(20)) for d in drawn])
    assert blind["template"] == pytest.approx(1.4, abs=0.15)
    assert shares_paired(drawn[0], cases).wordings == 16


def test_nested_holds_both_groups_names():
    rng = np.random.default_rng(3)
    found = []
    for _ in range(300):
        common = 3 * rng.standard_normal((25, 1))  # difficulty that both groups share
        a, b = layout(rng, 25, 12, 0.5, 0.6) + common, layout(rng, 25, 18, 0.5, 0.6) + common
        found.append(shares_nested(a, b, np.arange(25)))
    got = mean_parts(found)
    assert got["template"] == pytest.approx(0.5, abs=0.08)  # .25 of each group
    assert got["name"] == pytest.approx(0.72, abs=0.08)
    assert got["residual"] == pytest.approx(2.0, abs=0.06)


@pytest.mark.parametrize("seed", range(20))
def test_shares_are_lawful_without_any_component(seed):
    d = np.random.default_rng(seed).standard_normal((6, 4))
    got = shares_paired(d, np.array([0, 0, 1, 1, 2, 3]))
    shares = [got.template, got.wording, got.name, got.residual]
    assert all(share >= 0 for share in shares)
    assert sum(shares) == pytest.approx(1)
    assert (got.templates, got.names, got.observations) == (6, 4, 48)


def test_gaps_drop_their_template():
    d = np.random.default_rng(0).standard_normal((8, 5))
    holes, cases = d.copy(), np.array([0, 0, 1, 1, 2, 2, 3, 3])
    holes[2, 1] = np.nan
    kept = np.delete(np.arange(8), 2)
    assert shares_paired(holes, cases) == shares_paired(d[kept], cases[kept])


def test_too_little_or_nothing_that_varies_is_undefined():
    cases = np.arange(5)
    assert isinstance(shares_paired(np.full((5, 4), 0.3), cases), Undefined)
    assert isinstance(shares_paired(np.full((5, 4), np.nan), cases), Undefined)
    one = np.random.default_rng(0).standard_normal((5, 1))
    assert "two of each" in shares_paired(one, cases).reason
    assert isinstance(shares_nested(one, one, cases), Undefined)
    assert isinstance(across_languages([], 0.1), Undefined)


def test_languages_add_what_lies_between_them():
    rng = np.random.default_rng(4)
    within = [shares_paired(layout(rng, 10, 8, 1.0, 0.5), np.arange(10)) for _ in range(3)]
    got = across_languages(within, 2.0)
    mean = sum(one.total for one in within) / 3
    assert got.total == pytest.approx(mean + 2.0)
    assert got.language == pytest.approx(2.0 / got.total)
    parts = (got.template, got.name, got.language, got.residual)
    assert sum(parts) == pytest.approx(1)
