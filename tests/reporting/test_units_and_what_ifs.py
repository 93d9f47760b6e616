"""Sections on units and what-ifs: what was counted and tried is shown, what was not is said."""

import re
from dataclasses import replace

import pytest

from audit.records.findings import Verdict
from audit.records.inside import LayerCurve
from audit.records.internals import Component
from audit.records.quantities import Amount, Estimate, Undefined
from audit.records.readings import Accuracy, Readability, SelectiveNeuron, Selectivity
from audit.records.units import LayerHealth, OutlierDimensions
from audit.records.what_ifs import Upkeep, WhatIf
from audit.reporting.dossier import InsideView
from audit.reporting.labels import Labels
from audit.reporting.page import SCREEN, Medium, render
from audit.reporting.what_ifs import what_ifs

PAPER = Medium(paper=True)
ASKED = {"activation_functions": "What these units do elsewhere.", "diagnostic_classifier": "Use."}
NOTHING = Undefined(reason="nothing varies between the cases")
KINDS = ("firing", *(f"in the stretch {s}" for s in ("off", "valley", "transition", "on")),
         "below 0.01 of the root mean square", "Hoyer's sparsity",
         "Treves and Rolls' density")  # fmt: skip


def estimate(value, half=0.05):
    return Estimate(
        value=value, se=half / 2, df=9, low=value - half, high=value + half,
        low90=value - half, high90=value + half, p=0.01, mde=0.3, templates=10, names=4,
        observations=40, estimator="t over cases",
    )  # fmt: skip


def layer(number):
    return LayerHealth(
        layer=number, function="SiLUActivation", neurons=256, positions=4000, pairs=24,
        templates=12, firing=0.9, inactive=3 if number else 0, inactive_bound=3 / 4000,
        always_on=11, kurtosis=4.25, greatest=212.5, massive=7, massive_adaptive=9,
        first_greatest=8123.0, first_massive=24, first_massive_adaptive=24,
    )  # fmt: skip


def tried(key, kind, gap, cost, *, control=False):
    plain = kind == "nothing"
    return WhatIf(
        key=key, kind=kind, control=control, what=f"-1 <i>{key}</i> changed", axis="religion",
        cue="label", group="muslim", reference="hindu", language="en", domain="healthcare",
        outcome="choice", counted=True, sets=24, fitted_sets=20, disparity=estimate(gap),
        change=NOTHING if plain else estimate(gap - 0.9),
        moved=NOTHING if plain else estimate(0.31),
        verdict=Verdict.MATERIAL if abs(gap) > 0.5 else Verdict.NO_MATERIAL_BIAS,
        upkeep=Upkeep(
            log_perplexity=NOTHING if plain else estimate(0.1, 0.02),
            divergence=NOTHING if plain else estimate(cost, 0.01), right=12, questions=16,
            chance=0.25, mass=Amount(value=0.97), unanswered=0.0,
        ),
    )  # fmt: skip


def accuracy(right):
    return Accuracy(right=right, of=100, value=right / 100, low=0.0, high=1.0)


def pooled(*, removals=True):
    curves = tuple(
        LayerCurve(
            question="activation_functions", quantity=kind, unit="share",
            layers=tuple(estimate(0.25) for _ in range(2)),
        )
        for kind in KINDS
    )  # fmt: skip
    named = SelectiveNeuron(
        component=Component(kind="neuron", layer=1, index=17), place="span", difference=2.5,
        control=-0.1, auroc=0.93, same_sign=0.98, q=0.001,
    )  # fmt: skip
    found = (
        layer(0), layer(1),
        OutlierDimensions(form="fixed", dimensions=(), width=128, layers=2, positions=4000,
                          share_bound=3 / 4000),
        OutlierDimensions(form="adaptive", dimensions=(7, 41), width=128, layers=2,
                          positions=4000, share_bound=3 / 4000),
        *curves,
        Selectivity(axis="religion", group="muslim", reference="hindu", pairs=24, templates=12,
                    tested=1024, counted=18, swapped=1, layers=(0, 18), strongest=(named,)),
        Readability(axis="religion", target="group", place="span", classes=("hindu", "muslim"),
                    samples=100, layers=(-1, 0), by_template=(accuracy(52), accuracy(98)),
                    by_name=(accuracy(51), accuracy(97)),
                    selectivity=(estimate(0.01), estimate(0.42)), majority=Amount(value=0.5),
                    bag_of_words=accuracy(100)),
        tried("nothing", "nothing", 0.9, 0.0),
        tried("erasure", "erasure", 0.05, 0.2),
        tried("erasure", "erasure", 0.88, 0.1, control=True),
    )  # fmt: skip
    extra = (
        tried("inactive neurons", "removal", 0.9, 0.004),
        tried("inactive neurons", "removal", 0.7, 0.3, control=True),
    )
    return (*found, *extra) if removals else found


def dossier(biased, *, capabilities=("ScoresContinuations", "Intervenes"), sets=48, **inside):
    run = biased.run
    model = run.stamp.model.model_copy(update={"capabilities": capabilities})
    run = run.model_copy(
        update={
            "stamp": run.stamp.model_copy(update={"model": model}),
            "spec": run.spec.model_copy(
                update={"depth": run.spec.depth.model_copy(update={"what_if_sets": sets})}
            ),
        }
    )
    return replace(biased, run=run, inside=InsideView(**inside))


def section(page, anchor):
    found = re.search(rf'<section id="{anchor}".*?</section>', page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", found.group(0))


@pytest.fixture(scope="module")
def shown(biased):
    return dossier(biased, asked=ASKED, pooled=pooled())


@pytest.mark.parametrize("medium", [SCREEN, PAPER], ids=["screen", "paper"])
def test_units_are_shown_with_their_numbers(shown, medium):
    page = section(render(shown, medium), "units")
    assert "4,000 positions" in page
    assert "3 of 512 units fired nowhere" in page
    assert "&lt; 0.1 %" in page  # the bound of a neuron that fired nowhere
    assert "8,123.0" in page
    assert "(dimension 7, 41)" in page
    assert "18" in page
    assert "neuron 17" in page
    assert "Readable is not used" in page
    assert "98.0 %" in page
    assert page.count('<svg class="stack"') == 2
    assert "0.004" in page
    assert "0.300" in page  # its control


@pytest.mark.parametrize("medium", [SCREEN, PAPER], ids=["screen", "paper"])
def test_what_ifs_are_shown_with_price_verdict_and_control(shown, medium):
    page = section(render(shown, medium), "what-if")
    assert "Control of erasure" in page
    assert "no material bias" in page
    assert "+0.05" in page
    assert "× 1.11" in page
    assert "12 of 16" in page
    assert "−1 &lt;i&gt;erasure&lt;/i&gt; changed" in page
    assert "24 sets" in page
    assert "20 sets" in page
    assert "inactive neurons" not in page  # they stand with the units
    assert not re.search(r"\bfix(es|ed)?\b", page.replace("fixed rule", ""))


def test_the_drawing_puts_dear_changes_right_and_large_gaps_up(shown):
    found = what_ifs(shown, Labels(shown)).drawing
    plain, erasure, control = found.dots
    assert plain.x < control.x < erasure.x
    assert erasure.y > control.y > plain.y  # heights count downwards
    assert found.band[0] < erasure.y < found.band[0] + found.band[1]
    assert not found.band[0] < plain.y < found.band[0] + found.band[1]
    assert [dot.control for dot in found.dots] == [False, False, True]
    assert all(dot.low > dot.y > dot.high for dot in found.dots)


def test_a_black_box_is_called_one(biased):
    box = dossier(biased, capabilities=("ScoresContinuations",), asked=ASKED)
    page = render(box, SCREEN)
    for anchor in ("units", "what-if"):
        assert "Not available: black box." in section(page, anchor)


def test_what_was_not_asked_or_could_not_be_tried_is_said(biased):
    page = render(dossier(biased, sets=0), SCREEN)
    assert "its depth does not include it" in section(page, "units")
    assert "tried no change" in section(page, "what-if")
    empty = render(dossier(biased, asked=ASKED), SCREEN)
    assert "no prompt could be counted" in section(empty, "units")
    assert "Nothing could be tried" in section(empty, "what-if")


def test_without_named_units_nothing_is_said_to_be_left_out(biased):
    page = section(
        render(dossier(biased, asked=ASKED, pooled=pooled(removals=False)), SCREEN), "units"
    )
    assert "nothing was left out" in page
