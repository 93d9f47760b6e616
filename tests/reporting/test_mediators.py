"""Who passes it on: the section says what was found, beside its controls, and no more."""

import dataclasses
import re

import pytest

from audit.records.inside import LayerCurve
from audit.records.internals import Component
from audit.records.mediation import Effect, Mediation, Mediator, MissRate, Path, RankAgreement
from audit.records.quantities import Undefined
from audit.reporting.dossier import InsideView
from audit.reporting.mediators import mediators, title
from audit.reporting.page import SCREEN, render
from audit.stats.student import estimate_of

ASKED = {
    "attribution_patching": "What moving an activation really does.",
    "patching": "Where the difference is made.",
    "path_patching": "Ways through more than two parts.",
    "stream_patching": "Which part moved it.",
    "network_sensitivity": "What a perturbation of real size does.",
}
UNTRIED = Undefined(reason="not tried with random weights")


def about(value, se=0.04):
    return estimate_of(
        (value, se, 11.0), templates=12, names=24, observations=24, estimator="t over cases"
    )


def effect(value, *, q, random=None):
    return Effect(
        denoise=about(value),
        noise=about(value * 1.1),
        control=about(0.01, 0.004),
        beyond=about(value - 0.01),
        q=q,
        random=random or about(0.05),
    )


def part(kind, layer, index, value, *, q, chosen="all"):
    return Mediator(
        component=Component(kind=kind, layer=layer, index=index),
        chosen=chosen,
        effect=effect(value, q=q, random=UNTRIED if kind == "neuron" else None),
        screened=value * 0.8,
    )


def pooled(*, planted=True):
    large, q = (0.8, 1e-4) if planted else (0.01, 0.7)
    return (
        Mediation(
            pairs=24, templates=12, chosen_on=11, uncontrolled=1, difference=about(0.87),
            control_difference=about(0.02, 0.005), random_difference=about(0.21),
            agreement=about(0.72),
            misses=(
                MissRate(kind="neuron", untried=1000, sampled=16, missed=1, low=0.0, high=0.28),
            ),
            remarks=("memory was short: batches were halved 2 times",),
        ),
        part("attention", 0, -1, large, q=q),
        part("mlp", 2, -1, large * 0.9, q=q),
        part("head", 1, 3, large * 0.4, q=0.2),
        part("neuron", 2, 69, -large * 0.1, q=0.5, chosen="screened"),
        *(part("neuron", 1, n, 0.001, q=0.9, chosen="sampled") for n in range(12)),
        Path(
            sender=Component(kind="head", layer=1, index=3),
            receiver=Component(kind="mlp", layer=2),
            effect=effect(large * 0.3, q=q),
        ),
        *(
            LayerCurve(question=question, quantity=what, unit="log-odds",
                       layers=tuple(about(value) for value in values))
            for question, what, values in (
                ("stream_patching", "words", (0.9, 0.4, 0.0)),
                ("stream_patching", "answer", (0.0, 0.5, 0.9)),
                ("network_sensitivity", "gradient", (0.04, 0.03, 0.02)),
            )
        ),
        RankAgreement(one="gradient", two="exact", layers=3, correlation=about(0.5)),
    )  # fmt: skip


def page(dossier, *records, asked=ASKED, refused=(), medium=SCREEN, offered=("Intervenes",)):
    seen = InsideView(asked=asked, pooled=records, refused=refused)
    stamp = dossier.run.stamp
    model = stamp.model.model_copy(update={"capabilities": offered})
    run = dossier.run.model_copy(update={"stamp": stamp.model_copy(update={"model": model})})
    return render(dataclasses.replace(dossier, inside=seen, run=run), medium)


def section(text):
    found = re.search(r'<section id="mediators".*?</section>', text, re.DOTALL)
    return found.group() if found else ""


def words(text):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_what_stands_out_is_said_first_and_set_beside_its_controls(biased):
    shown = section(page(biased, *pooled()))
    said = words(shown)
    assert "2 of 16 parts tried carry more of the difference" in said
    assert "The largest effect is that of layer 0, attention" in said
    assert "must not be added up" in said
    assert "hands on what earlier parts made of the words is named as well" in said
    assert "1 of them has at least the effect" in said
    assert "Layer 1, head 3 → layer 2, MLP" in said
    assert "Memory was short" in said
    assert said.count("stands out") == 3  # two parts and the path


def test_where_nothing_stands_out_that_is_said_and_not_turned_into_an_all_clear(biased):
    said = words(section(page(biased, *pooled(planted=False))))
    assert "No part of 16 parts tried is shown to carry more" in said
    assert "not proof that none does" in said
    assert "stands out" not in said


def test_reasons_are_given_where_a_question_could_not_be_asked(biased):
    empty = words(section(page(biased)))
    assert "Nothing was exchanged" in empty
    refused = words(section(page(biased, refused=(("patching", "not available: black box", 3),))))
    assert (
        "Which parts pass it on: not available for 3 pairs. Not available: black box." in refused
    )


def test_what_was_not_asked_or_cannot_be_says_so(biased):
    said = words(section(page(biased, *pooled(), offered=())))
    assert "Not available: black box." in said
    assert "parts tried" not in said
    assert "its depth does not include it" in words(section(page(biased, asked={"writers": "x"})))


def test_drawings_hold_shapes_only_and_their_values_stand_in_a_table(biased):
    shown = section(page(biased, *pooled()))
    drawings = re.findall(r"<svg.*?</svg>", shown, re.DOTALL)
    assert len(drawings) == 2
    for drawing in drawings:
        assert not re.sub(r"<[^>]*>", "", drawing).strip()
        assert "text" not in drawing
    assert "+0.900" in shown
    view = mediators(dataclasses.replace(biased, inside=InsideView(ASKED, pooled())))
    assert [row.layer for row in view.layers] == [0, 1, 2]
    assert [len(row.values) for row in view.layers] == [3, 3, 3]


def test_a_curve_without_an_estimate_at_a_layer_is_not_drawn(biased):
    broken = tuple(
        one.model_copy(update={"layers": (Undefined(reason="2 templates"), *one.layers[1:])})
        if isinstance(one, LayerCurve)
        else one
        for one in pooled()
    )
    shown = section(page(biased, *broken))
    assert "<svg" not in shown
    assert "2 templates" in shown


def test_bars_go_to_their_own_side(biased):
    view = mediators(dataclasses.replace(biased, inside=InsideView(ASKED, pooled())))
    by_title = {row.title: row.bar for row in view.parts}
    assert (by_title["Layer 0, attention"].left, by_title["Layer 0, attention"].kind) == (
        50,
        "for",
    )
    assert by_title["Layer 2, neuron 69"].kind == "against"
    assert by_title["Layer 2, neuron 69"].left + by_title[
        "Layer 2, neuron 69"
    ].width == pytest.approx(50)
    assert title(Component(kind="mlp", layer=2)) == "Layer 2, MLP"
