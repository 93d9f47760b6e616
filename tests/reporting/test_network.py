"""The section on the network: what was seen is shown, what was not is said, on both media."""

import re
from dataclasses import replace

import numpy as np
import pytest

from audit.records.inside import LayerCurve
from audit.records.internals import Component, Looked
from audit.records.quantities import Estimate, Undefined
from audit.records.writing import ComponentMean, Contributions, LayerShares, ShareOfPairs
from audit.reporting.curves import bar, curve
from audit.reporting.dossier import InsideView, Pictured
from audit.reporting.labels import Labels
from audit.reporting.maps import pair_maps
from audit.reporting.page import SCREEN, Medium, render

LAYERS = 4
ASKED = {
    name: f"What {name} cannot show stands here."
    for name in ("activation_map", "attention_map", "logit_lens", "writers")
}
WORDS = ("A", "<b>warehouse</b>", "एक महिला", *(f"word{n}" for n in range(20)), "")
PARTS = ("fact", "fact", "changed", *("fact",) * 20, "answer")


def estimate(value, half=0.1):
    return Estimate(
        value=value, se=half / 2, df=9, low=value - half, high=value + half,
        low90=value - half, high90=value + half, p=0.01, mde=0.3, templates=10, names=4,
        observations=40, estimator="t over cases",
    )  # fmt: skip


def share(count):
    return ShareOfPairs(count=count, pairs=40, value=count / 40, low=0.0, high=1.0)


def pooled():
    undefined = Undefined(reason="no two names of one group were looked into")
    return (
        Contributions(
            pairs=40, templates=10, established=True, difference=estimate(0.8), unclosed=2e-7,
            components=tuple(
                ComponentMean(
                    component=Component(kind=kind, layer=layer),
                    effect=estimate(0.7 if (kind, layer) == ("mlp", 2) else 0.01 * layer),
                    q=0.001, shuffled=estimate(0.0), size=estimate(0.2), names=undefined,
                )
                for layer in range(LAYERS)
                for kind in ("attention", "mlp")
            ),
            ledger={"reading": estimate(0.01), "later": undefined},
        ),
        LayerShares(
            question="writers", quantity="top writer",
            established=tuple(share(n) for n in (1, 2, 36, 1)), others=(),
        ),
        LayerShares(
            question="activation_map", quantity="onset",
            established=tuple(share(n) for n in (0, 3, 37, 0)), others=(),
        ),
        LayerCurve(
            question="logit_lens", quantity="difference", unit="log-odds",
            layers=tuple(estimate(x) for x in (0.0, 0.1, 1.2, 0.8)),
            control=tuple(estimate(0.0) for _ in range(LAYERS)),
        ),
    )  # fmt: skip


def pictured(dossier):
    rng = np.random.default_rng(0)
    finding = next(f for f in dossier.findings if f.exemplars)
    pair = next(e for e in finding.exemplars if e.rule == "median")
    labels = {"word": WORDS, "reference_word": ("A", *WORDS[1:2], "एक पुरुष", *WORDS[3:])}
    labels |= {"part": PARTS, "kind": ("residual", "attention", "mlp")}
    labels |= {"item": ("embeddings", "reading", "later", "rest")}
    count = len(WORDS)
    attention = rng.dirichlet(np.ones(count), (2, 2, count)).astype(np.float32)
    arrays = {
        "activation_map": {
            "norm": np.abs(rng.normal(0, 1, (3, LAYERS, count))),
            "projection": rng.normal(0, 1, (3, LAYERS, count)),
        },
        "attention_map": {
            "attention": attention,
            "head": np.array([[2, 1], [0, 3]]),
            "contribution": np.array([0.3, -0.1]),
        },
        "logit_lens": {"log_odds": rng.normal(0, 1, (2, LAYERS))},
        "writers": {
            "contribution": rng.normal(0, 1, (LAYERS, 2)),
            "ledger": np.array([0, 0.2, 0, 0]),
        },
    }
    return tuple(
        Pictured(
            Looked(
                batch=n, question=name, set_id=pair.set_id, template="t", variant=pair.variant,
                reference_variant=pair.reference_variant, arrays={}, labels=labels, file="f",
                digest="d",
            ),
            values,
        )
        for n, (name, values) in enumerate(arrays.items())
    )  # fmt: skip


@pytest.fixture(scope="module")
def looked_into(small):
    """The small dossier of a model that can be looked into, with one pair."""
    model = small.run.stamp.model
    offered = model.model_copy(update={"capabilities": (*model.capabilities, "Intervenes")})
    stamp = small.run.stamp.model_copy(update={"model": offered})
    run = small.run.model_copy(update={"stamp": stamp})
    inside = InsideView(ASKED, pooled(), pictured(small), (("writers", "not verified", 3),))
    return replace(small, run=run, inside=inside)


def section(page):
    found = re.search(r'<section id="inside-the-network".*?</section>', page, re.DOTALL)
    return found.group() if found else ""


@pytest.mark.parametrize(
    "medium", [SCREEN, Medium(paper=True, pictured=2)], ids=("screen", "paper")
)
def test_everything_that_was_seen_is_shown(looked_into, medium):
    text = section(render(looked_into, medium))
    for said in (
        "What this cannot show",
        "In 36 of 40 pairs",
        "layer 2 writes the largest part",
        "Layer 2, MLP",
        "answer read here",
        "Layer 2, head 1",
        "Not verified",
        "What activation_map cannot show stands here.",
        "no two names of one group",
    ):
        assert said in text, said
    assert "<script" not in text
    assert "<b>warehouse" not in text


def test_drawings_hold_no_text_and_every_tint_has_a_mark(looked_into):
    text = section(render(looked_into, SCREEN))
    drawings = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(drawings) == 2 + 4  # two curves, two heads with two sides
    for drawing in drawings:
        assert re.sub(r"<[^>]*>", "", drawing).strip() == ""
    for tint, marks in re.findall(r'<td class="(?:for|against|size)-(\d)">([^<]*)</td>', text):
        assert len(marks) == int(tint)
    assert re.search(r'<td class="(?:for|against)-\d">', text)


def test_shown_are_the_changed_words_and_the_largest_and_no_more(looked_into):
    (one,) = pair_maps(looked_into, Labels(looked_into))
    assert len(one.columns) == 1 + 8 + 1
    assert one.columns[-1].answer
    assert [c.text for c in one.columns if c.changed] == ["एक महिला"]
    assert one.more == len(WORDS) - len(one.columns)
    found = looked_into.inside.pictured[0].arrays["norm"][0]
    assert one.apart.left_out <= np.sort(found[:, :-1].max(axis=0))[-8]
    shown = [square.value for row in one.apart.rows for square in row]
    assert max(shown) == pytest.approx(one.apart.strong * 4 / 3)


def test_a_black_box_is_called_one(small, looked_into):
    black = replace(small, inside=InsideView(asked=ASKED))
    model = black.run.stamp.model
    shut = model.model_copy(update={"capabilities": ("ScoresContinuations",)})
    stamp = black.run.stamp.model_copy(update={"model": shut})
    black = replace(black, run=black.run.model_copy(update={"stamp": stamp}))
    text = section(render(black, SCREEN))
    assert "Not available: black box." in text
    assert "Which layers write" not in text
    assert "black box" not in section(render(looked_into, SCREEN))


def test_what_was_not_asked_is_said(small):
    text = section(render(small, SCREEN))
    assert "Not asked." in text
    assert "Which layers write" not in text
    assert "black box" not in text


def test_without_an_established_difference_that_is_said(looked_into):
    one, writers, *others = looked_into.inside.pooled
    bare = writers.model_copy(update={"others": writers.established, "established": ()})
    nothing = one.model_copy(update={"established": False})
    inside = replace(looked_into.inside, pooled=(nothing, bare, *others), pictured=())
    text = section(render(replace(looked_into, inside=inside), SCREEN))
    assert "No comparison of this run established a difference" in text
    assert "Pair by pair" not in text


def test_bars_and_curves_lie_inside_their_drawing():
    assert bar(1.0, 2.0).left == 50
    assert bar(-2.0, 2.0).left == 0
    assert bar(-2.0, 2.0).width == 50
    assert bar(3.0, 0.0).width == 0
    drawn = curve([("one", "ours", [0.0, -1.0, 2.0])], [("b", "ours", [-2, -2, 1], [1, 0, 3])])
    points = [
        tuple(map(float, p.split(",")))
        for line in (*drawn.lines, *drawn.bands)
        for p in line.points.split()
    ]
    assert all(0 <= x <= 600 and 0 <= y <= 150 for x, y in points)
    assert [label.text for label in drawn.across] == ["0", "1", "2"]
    heights = [y for _, y in points[:3]]
    assert heights[2] < heights[0] < heights[1]
    flat = curve([("one", "ours", [0.0, 0.0])])
    assert len(flat.lines[0].points.split()) == 2
