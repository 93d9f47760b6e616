"""GEE on shares: against the formula written out, and against the library on single draws."""

import math

import numpy as np
import pytest

from audit.records.context import MarginalModel
from audit.records.quantities import Undefined
from audit.stats.gee import share_gap


def drawn(seed, gap, *, templates=20, draws=25, spread=0.7):
    rng = np.random.default_rng(seed)
    level = spread * rng.standard_normal(templates)
    sides = (1 / (1 + np.exp(-(level + by))) for by in (gap, 0.0))
    return tuple(rng.binomial(draws, side) / draws for side in sides)


def by_hand(a, b):
    """Mancl and DeRouen 2001, equation by equation, for clusters of two shares."""
    means = np.array([a.mean(), b.mean()])
    slope = np.diag(means * (1 - means))
    design = np.array([[1.0, 1.0], [1.0, 0.0]])
    D, weight = slope @ design, np.linalg.inv(slope)
    bread = np.linalg.inv(len(a) * D.T @ weight @ D)
    leverage = D @ bread @ D.T @ weight
    meat = np.zeros((2, 2))
    for x, y in zip(a, b, strict=True):
        rest = np.linalg.inv(np.eye(2) - leverage) @ (np.array([x, y]) - means)
        score = D.T @ weight @ rest
        meat += np.outer(score, score)
    value = math.log(means[0] / (1 - means[0])) - math.log(means[1] / (1 - means[1]))
    return value, math.sqrt((bread @ meat @ bread)[1, 1])


@pytest.mark.parametrize("seed", range(5))
def test_against_the_formula(seed):
    a, b = drawn(seed, 0.8)
    found = share_gap(a, b, floor=4)
    value, se = by_hand(a, b)
    assert found.value == pytest.approx(value, abs=2e-6)
    assert found.se == pytest.approx(se, abs=2e-6)
    assert (found.df, found.templates, found.converged) == (19, 20, True)
    assert found.low < found.value < found.high


def test_against_the_library_on_single_draws():
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_estimating_equations import GEE

    draws = 25
    a, b = drawn(3, 0.5, draws=draws)
    rows = []
    for template, pair in enumerate(zip(a, b, strict=True)):
        for of_group, share in zip((1, 0), pair, strict=True):
            yes = round(share * draws)
            rows += [(template, of_group, 1)] * yes + [(template, of_group, 0)] * (draws - yes)
    template, of_group, answer = np.array(rows, dtype=float).T
    design = np.column_stack((np.ones(len(rows)), of_group))
    fit = GEE(answer, design, groups=template, family=Binomial()).fit(cov_type="bias_reduced")
    found = share_gap(a, b, floor=4)
    assert (found.value, found.se) == pytest.approx((fit.params[1], fit.bse[1]), abs=1e-5)


def test_a_gap_is_found_and_none_is_not():
    assert share_gap(*drawn(1, 1.5), floor=4).p < 0.001
    assert share_gap(*drawn(1, 0.0), floor=4).p > 0.05


def test_templates_without_draws_on_a_side_are_left_out():
    a, b = drawn(2, 0.5)
    torn = a.copy()
    torn[:3] = np.nan
    assert share_gap(torn, b, floor=4) == share_gap(a[3:], b[3:], floor=4)


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        ([0.5, 0.4], [0.2, 0.1], "2 templates"),
        ([1.0] * 5, [0.5, 0.4, 0.3, 0.5, 0.6], "all draws of the group are alike"),
        ([0.5, 0.4, 0.3, 0.5, 0.6], [0.0] * 5, "all draws of the reference group are alike"),
        ([0.0] * 5, [0.0] * 5, "are alike"),
        ([0.5, 0.4, 0.3, 0.5, 0.6], [0.5, 0.4, 0.3, 0.5, 0.6], "does not vary"),
        ([float("nan")] * 5, [0.5] * 5, "0 templates"),
    ],
)
def test_what_cannot_be_told_says_why(a, b, said):
    found = share_gap(np.array(a), np.array(b), floor=4)
    assert isinstance(found, Undefined)
    assert said in found.reason


def test_what_the_library_says_is_kept(monkeypatch):
    import warnings

    from audit.stats import gee

    fit = gee._fit

    def warned(a, b):
        warnings.warn("the ground shook\nand more", UserWarning, stacklevel=1)
        return fit(a, b)

    monkeypatch.setattr(gee, "_fit", warned)
    found = gee.share_gap(*drawn(1, 0.5), floor=4)
    assert isinstance(found, MarginalModel)
    assert found.warnings == ("the ground shook",)


def test_a_fit_that_fails_is_undefined(monkeypatch):
    from audit.stats import gee

    def broken(_a, _b):
        raise np.linalg.LinAlgError("singular")

    monkeypatch.setattr(gee, "_fit", broken)
    found = gee.share_gap(*drawn(1, 0.5), floor=4)
    assert found.reason == "the model was not fitted: singular"

    class Blank:
        params, bse, converged = (0.0, 1.0), (0.0, float("nan")), True

    monkeypatch.setattr(gee, "_fit", lambda _a, _b: Blank)
    assert "no finite standard error" in gee.share_gap(*drawn(1, 0.5), floor=4).reason
