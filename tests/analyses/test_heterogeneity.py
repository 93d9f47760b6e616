"""Heterogeneity between languages: found where it is, and never a gate."""

import pytest

from audit.analyses.heterogeneity import PLUGIN
from audit.records.estimates import Undefined


@pytest.fixture
def made():
    from importlib.util import module_from_spec, spec_from_file_location
    from pathlib import Path

    source = Path(__file__).parents[1] / "findings" / "disparities.py"
    spec = spec_from_file_location("disparities", source)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def over(made, values, **changes):
    return [
        made.disparity(made.estimate(value), language=language, **changes)
        for language, value in values.items()
    ]


def test_opposite_gaps_differ_and_their_mean_hides_it(made):
    (got,) = PLUGIN.answer(over(made, {"en": 0.6, "hi": -0.6, "ta": 0.0}))
    assert got.languages == ("en", "hi", "ta")
    assert got.spread.p < 1e-6
    assert got.spread.mean == pytest.approx(0, abs=1e-9)
    assert got.spread.i2 > 0.9
    assert 0.5 < got.spread.partly_pooled["en"] < 0.6


def test_equal_gaps_do_not(made):
    (got,) = PLUGIN.answer(over(made, {"en": 0.30, "hi": 0.31, "ta": 0.29}))
    assert got.spread.p > 0.9
    assert got.spread.tau2 == 0
    assert got.spread.partly_pooled["ta"] == pytest.approx(0.30)


def test_q_by_hand(made):
    (got,) = PLUGIN.answer(over(made, {"en": 0.5, "hi": 0.3}))
    assert got.spread.q == pytest.approx(2 * 0.1**2 / 0.05**2)
    assert got.spread.df == 1
    assert got.spread.partly_pooled == {}


def test_one_language_is_no_question_and_a_silent_one_is_named(made):
    assert list(PLUGIN.answer(over(made, {"en": 0.5}))) == []
    silent = made.disparity(Undefined(reason="blocked"), language="ta")
    (got,) = PLUGIN.answer([*over(made, {"en": 0.5, "hi": 0.3}), silent])
    assert got.left_out == ("ta",)
    (alone,) = PLUGIN.answer([*over(made, {"en": 0.5}), silent])
    assert isinstance(alone.spread, Undefined)
    assert isinstance(alone.shares, Undefined)


def test_only_primary_cells_of_one_contrast_are_pooled(made):
    other = over(made, {"en": 0.5, "hi": 0.3}, group="sikh")
    secondary = over(made, {"en": 0.5, "hi": 0.3}, primary=False, metric="answer_mass")
    found = list(PLUGIN.answer([*over(made, {"en": 0.1, "hi": 0.2}), *other, *secondary]))
    assert [one.group for one in found] == ["muslim", "sikh"]


def test_shares_hold_what_lies_between_languages(world):
    from audit.analyses.sensitivity import PLUGIN as SENSITIVITY

    found = []
    for language, gap in (("en", 0.8), ("hi", -0.8)):
        cells = SENSITIVITY.answer(world.whole(gap, template=0.2))
        found += [d.model_copy(update={"language": language}) for d in cells]
    got = {one.cue: one for one in PLUGIN.answer(found)}
    shares = got["label"].shares
    assert shares.language > 0.8
    parts = (shares.template, shares.name, shares.language, shares.residual)
    assert sum(parts) == pytest.approx(1)
