"""Readability: what is planted is read on new templates and names, what is not is not."""

import numpy as np
import pytest

from audit.analyses.contract import View
from audit.analyses.readability import accuracy, folds, readability
from audit.records.internals import Looked

GROUPS, NAMES, TEMPLATES, WIDTH = ("sikh", "hindu"), 6, 10, 12


def views(*, group=2.0, outcome=2.0, by_heart=0.0, seed=0):
    """Two layers: in the second one direction tells the group, another the log-odds."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(2, WIDTH))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    people = {
        (one, name): by_heart * rng.normal(size=WIDTH) for one in GROUPS for name in range(NAMES)
    }
    for n, (template, name) in enumerate(np.ndindex(TEMPLATES, NAMES)):
        states = rng.normal(size=(2, 2, 2, WIDTH))
        log_odds = rng.normal(size=2)
        for side, one in enumerate(GROUPS):
            sign = 1 if one == "sikh" else -1
            states[side, :, 1] += group * sign * directions[0] + people[one, name]
            states[side, :, 1] += outcome * log_odds[side] * directions[1]
        look = Looked(
            batch=n, question="diagnostic_classifier", set_id="s", template=f"t{template}",
            variant=f"{n}a", reference_variant=f"{n}b", arrays={}, file="f", digest="d",
            axis="religion", group="sikh", reference="hindu", name=f"n{name}",
            reference_name=f"n{name}",
            labels={"group word": ("a", "Sikh"), "reference word": ("a", "Hindu")},
        )  # fmt: skip
        arrays = {"states": states.astype(np.float32), "log_odds": log_odds.astype(np.float32)}
        yield View(look, arrays)


def readings(**planted):
    found = readability({"diagnostic_classifier": views(**planted)})
    return {(one.target, one.place): one for one in found}


def test_what_is_planted_is_read_and_only_in_its_layer():
    found = readings()
    assert set(found) == {("group", "span"), ("group", "answer"), ("outcome", "answer")}
    for key in (("group", "span"), ("outcome", "answer")):
        one = found[key]
        assert one.layers == (-1, 0)
        for curve in (one.by_template, one.by_name):
            assert curve[1].value > 0.8
            assert curve[1].low > 0.45  # six names, all right: the exact interval is wide
            assert curve[0].value < curve[1].value - 0.1
        assert one.selectivity[1].low > 0
        assert one.majority.value < 0.6
    assert found["group", "span"].bag_of_words.value == 1.0  # the word itself names the group
    assert found["group", "span"].bag_of_words.low < 1.0
    assert found["outcome", "answer"].bag_of_words.value < 0.7


def test_nothing_is_read_where_nothing_is_planted():
    for one in readings(group=0.0, outcome=0.0).values():
        for curve in (one.by_template, one.by_name):
            assert curve[1].low < 0.56


def test_a_reader_that_learns_people_by_heart_is_found_out():
    """People have marks of their own: read on new templates, not on new names, not selectively."""
    one = readings(group=0.0, by_heart=3.0)["group", "span"]
    assert one.by_template[1].value > 0.9
    assert one.by_name[1].value < 0.8
    assert one.selectivity[1].high < 0.3


def test_no_group_of_a_fold_is_on_both_sides():
    groups = np.array([f"g{n % 7}" for n in range(70)])
    held = list(folds(groups))
    assert np.sum(held, axis=0).tolist() == [1] * 70
    for one in held:
        assert not set(groups[one]) & set(groups[~one])
    assert list(folds(np.array(["a", "a"]))) == []


def test_a_fold_with_one_class_is_left_out():
    labels = np.array(["x", "y"] * 4)
    groups = labels.copy()  # each group has one class: nothing else can be fitted
    right, clusters = accuracy(np.zeros((8, 2)), labels, groups)
    assert right.size == clusters.size == 0


def test_too_few_samples_are_not_read():
    few = list(views())[:6]
    assert list(readability({"diagnostic_classifier": iter(few)})) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_views_give_the_same_reading(seed):
    assert readings(seed=seed) == readings(seed=seed)
