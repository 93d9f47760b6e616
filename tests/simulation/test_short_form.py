"""The simulation suite in short: what `make simulate` holds, and that it can be missed."""

from dataclasses import replace

import pytest

from tests.simulation import __main__ as long_form
from tests.simulation import rates, tables
from tests.simulation.drawing import Design, estimates

RUNS = 1200
SHORT = (
    Design("label", 20, 10, template=0.3, name=0.3),
    Design("name", 20, 10, template=0.3, name=0.3),
    Design("name", 20, 10, template=0.5, name=0.4, given=3),
    Design("label", 22, 12, template=0.5, name=0.4, gaps="scattered"),
)


@pytest.mark.parametrize("design", SHORT, ids=tables._told)
def test_designs_at_the_floors_keep_what_must_be_reached(design):
    found = rates.behaviour(design, RUNS)
    assert list(tables.faults(found)) == []
    assert found.undefined < 0.05


def test_power_is_what_the_plan_promises():
    design = Design("label", 40, 20, template=0.3, name=0.3)
    assert rates.behaviour(design, RUNS).found == pytest.approx(0.8, abs=0.05)


def test_what_must_be_reached_can_be_missed():
    """The control: worse rates are told, one by one."""
    design = SHORT[0]
    fair = rates.Behaviour(design, 1, 0.05, 0.4, 0.95, 0.8, 0.05, 0.0)
    assert list(tables.faults(fair)) == []
    for worse in (
        {"false_alarms": 0.07},
        {"false_alarms": 0.03},
        {"coverage": 0.93},
        {"all_clear": 0.07},
    ):
        assert len(list(tables.faults(replace(fair, **worse)))) == 1


def test_full_names_counted_as_units_would_fail():
    """The control of the surnames: thirty full names of ten surnames are not thirty names."""
    from audit.records.quantities import Estimate
    from audit.stats.crossed import nested
    from tests.simulation import drawing

    design = Design("name", 20, 10, template=0.3, name=0.5, given=3)
    rng = drawing.seeded("full names")
    a, b = (drawing._surnames(design, 10, 600, rng) for _ in "ab")
    wrong = [nested(x, y, floor=drawing.FLOOR).p < 0.05 for x, y in zip(a, b, strict=True)]
    right = [one.p < 0.05 for one in estimates(design, 0.0, 600, "surnames")]
    assert all(isinstance(one, Estimate) for one in estimates(design, 0.0, 5, "surnames"))
    assert sum(wrong) / 600 > 0.1
    assert sum(right) / 600 <= 0.065


def test_a_family_is_kept_by_holm_and_not_without():
    found = rates.family_rates(rates.Family("label", groups=3, languages=2, real=2), 120)
    assert found.any_wrong <= 0.1
    assert found.any_wrong_plain > 0.1
    assert found.found > 0.5


@pytest.mark.parametrize("apart", [0.0, 0.3])
def test_shares_are_covered(apart):
    assert rates.share_coverage(rates.Draws(20, 10, 0.1, apart), 800) >= 0.935


def test_shares_by_wilson_on_the_plain_count_would_fail():
    """The control: prompts of one template counted as independent."""
    from audit.stats.proportions import wilson

    draws, hits = rates.Draws(20, 10, 0.1, 0.3), 0
    rng = rates.seeded("plain")
    for _ in range(800):
        low, high = wilson(int(rng.binomial(10, rates._rates(draws, rng)).sum()), 200)
        hits += low <= 0.1 <= high
    assert hits / 800 < 0.85


def test_gaps_of_shares_ratios_and_shares_of_draws():
    assert rates.gap_of_shares(rates.Draws(20, 1, 0.3, 0.3), 10, 600) <= 0.065
    assert rates.ratio_coverage("label", 20, 10, 0.5, 600) >= 0.93
    wrong, none = rates.marginal(rates.Draws(20, 50, 0.5, gap=0.5), 150)
    assert wrong <= 0.09
    assert none == 0


def test_second_opinions_hold_where_names_do_not_vary_and_fail_where_they_do():
    boot, flips = rates.second_opinions(20, 10, 0.0, 300)
    assert max(boot, flips) <= 0.08
    assert min(rates.second_opinions(20, 10, 0.5, 300)) > 0.12


def test_the_same_seed_gives_the_same_rates():
    one, two = (rates.behaviour(SHORT[0], 40) for _ in range(2))
    assert one == two
    other = rates.behaviour(replace(SHORT[0], name=0.31), 40)
    assert other.coverage != one.coverage or other.found != one.found


@pytest.mark.parametrize("section", [*tables.DESIGNS, *tables.OTHERS])
def test_the_method_holds_every_table(section):
    """`make simulate` was run: each section stands there with its rows."""
    text = long_form.METHOD.read_text(encoding="utf-8")
    start, end = f"<!-- simulated: {section} -->", f"<!-- end of {section} -->"
    rows = [line for line in text.split(start)[1].split(end)[0].splitlines() if line[:2] == "| "]
    expected = len(tables.DESIGNS[section]()) if section in tables.DESIGNS else 3
    assert len(rows) - 1 >= expected


def test_a_table_is_written_between_its_markers(tmp_path, monkeypatch):
    page = tmp_path / "method.md"
    page.write_text("a\n<!-- simulated: x -->\nold\n<!-- end of x -->\nb\n", encoding="utf-8")
    monkeypatch.setattr(long_form, "METHOD", page)
    long_form._write("x", ["| new |"])
    assert page.read_text("utf-8") == ("a\n<!-- simulated: x -->\n| new |\n<!-- end of x -->\nb\n")
    with pytest.raises(SystemExit, match="no place for 'y'"):
        long_form._write("y", [])
