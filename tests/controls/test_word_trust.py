"""Where a shift was planted, both kinds of method call the changed span responsible.

The controls: the same maps with their values dealt out anew, and maps of other pairs, agree on
no more than chance; a map of noise gains nothing over random orders.
"""

import numpy as np
import pytest

from audit.analyses.agreement import agreements, differences, responsible, responsible_share
from audit.analyses.faithfulness import Found, trust
from audit.analyses.word_evidence import CASE, pair_evidence
from audit.attribution import integrated_gradients, occlusion
from audit.attribution.faithfulness import try_words
from audit.attribution.randomised import randomised
from audit.controls import standards
from audit.models.cases import Case
from audit.models.causal import load
from audit.records.faithfulness import Emptying, WordTrial
from audit.records.observations import Attribution
from audit.records.runs import ModelRequest

METHODS = {"occlusion": occlusion, "integrated_gradients": integrated_gradients}
KINDS = {"occlusion": True, "integrated_gradients": False, "noise": False}
SHARED = ("baseline", "score", "baseline_score", "residual", "words")
LARGE = 0.4  # log-odds
PAIRS = 5
CALLED = 0.8

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def biased():
    folder = standards.folder("embedded:biased")
    return load(ModelRequest(reference=str(folder), offline=True), date="2026-01-01", threads=1)


@pytest.fixture(scope="module")
def pairs(shipped_material, truths_of):
    """A seeded draw of (set, both variants), one a planted cell and template."""
    rows = [row for row in truths_of["biased"]["disparities"] if abs(row["realised"]) >= LARGE]
    rng = np.random.default_rng(23)
    drawn = []
    for place in rng.permutation(len(rows))[:PAIRS]:
        row = rows[place]
        cell = ("axis", "cue", "outcome", "language", "domain")
        fitting = [s for s in shipped_material.sets if all(getattr(s, k) == row[k] for k in cell)]
        one = fitting[rng.integers(len(fitting))]
        sides = []
        for key in ("group", "reference"):
            own = [v for v in one.variants if v.group == row[key]]
            sides.append(own[rng.integers(len(own))])
        drawn.append((one, *sides))
    return drawn


def cases(material, one, sides):
    suite = material.suites[one.suite_key]
    template = suite.template(one.template)
    return [
        Case(
            variant=v.id, turns=v.turns, spans=v.spans, question=template.question,
            frame=suite.frame, outcome=suite.outcome(template.outcome),
        )
        for v in sides
    ]  # fmt: skip


def maps(model, material, pairs, methods=METHODS):
    """Every pair's attributions and evidence, by every method."""
    sides_of, evidence = [], []
    for one, *sides in pairs:
        asked = cases(material, one, sides)
        for name, method in methods.items():
            found = [
                Attribution(
                    batch=0, set_id=one.id, variant=case.variant, method=name, target="log_odds",
                    **{field: getattr(shares, field) for field in SHARED},
                )
                for case, shares in zip(asked, method.explain(model, asked), strict=True)
            ]  # fmt: skip
            sides_of += found
            evidence.append(pair_evidence(*found, *sides, one))
    return sides_of, evidence


@pytest.fixture(scope="module")
def mapped(biased, shipped_material, pairs):
    return maps(biased, shipped_material, pairs)


@pytest.fixture(scope="module")
def sets(pairs):
    return {one.id: one for one, *_ in pairs}


def dealt_out(evidence, rng):
    """The same evidence with its differences at other words of the case."""
    for one in evidence:
        values = iter(rng.permutation(differences(one)).tolist())
        units = tuple(
            u.model_copy(update={"difference": next(values)}) if u.part in CASE else u
            for u in one.units
        )
        yield one.model_copy(update={"units": units})


def test_the_planted_span_is_responsible(mapped, sets):
    _, evidence = mapped
    share = responsible_share(responsible(evidence, KINDS), sets)
    assert share.pairs == PAIRS
    assert share.span >= CALLED
    assert share.by_chance < CALLED / 4


def test_the_two_kinds_agree_and_dealt_out_maps_do_not(mapped, sets):
    _, evidence = mapped
    (found,) = agreements(evidence, sets, KINDS)
    assert found.overlap.value > 3 * found.chance
    rng = np.random.default_rng(4)
    shuffled = [
        agreements(list(dealt_out(evidence, rng)), sets, KINDS)[0].overlap.value for _ in range(40)
    ]
    assert np.mean(shuffled) == pytest.approx(found.chance, abs=0.04)
    called = [responsible(list(dealt_out(evidence, rng)), KINDS) for _ in range(40)]
    share = np.mean([bool(one.words) for found in called for one in found])
    by_chance = np.mean([one.by_chance for one in responsible(evidence, KINDS)])
    assert share == pytest.approx(by_chance, abs=0.06)


def trials(model, material, pairs, attributions, rng):
    """Each pair's group side, emptied by both methods' maps and by one of noise."""
    for number, (one, *sides) in enumerate(pairs):
        (case, _) = cases(material, one, sides)
        values = {
            found.method: [word.value for word in found.words if word.part in CASE]
            for found in attributions
            if found.variant == case.variant and found.set_id == one.id
        }
        values["noise"] = rng.normal(0, 1, len(values["occlusion"]))
        trial = try_words(model, case, values)
        yield WordTrial(
            batch=number, set_id=one.id, variant=case.variant, words=trial.words,
            direction=trial.direction, sizes=trial.sizes, bins=trial.bins, score=trial.score,
            empty=trial.empty, lowest=trial.lowest, highest=trial.highest,
            orders=tuple(
                Emptying(by=o.by, draw=o.draw, without=o.without, only=o.only)
                for o in trial.orders
            ),
        )  # fmt: skip


def test_maps_beat_random_orders_and_noise_does_not(biased, shipped_material, pairs, mapped, sets):
    attributions, evidence = mapped
    rng = np.random.default_rng(8)
    found = list(trials(biased, shipped_material, pairs, attributions, rng))
    noise = [one.model_copy(update={"method": "noise"}) for one in evidence[::2]]
    by_method = {
        one.method: {m.measure: m.gain for m in one.measures}
        for one in trust(Found([*evidence, *noise], attributions, found, []), sets, KINDS)
    }
    for name in METHODS:
        assert by_method[name]["deletion"].low > 0
        assert by_method[name]["insertion"].low > 0
    for gain in by_method["noise"].values():
        assert gain.low < 0 < gain.high


def test_occlusion_changes_with_the_weights(biased, shipped_material, pairs, mapped, sets):
    _, evidence = mapped
    only = {"occlusion": occlusion}
    own = [one for one in evidence if one.method == "occlusion"]
    with randomised(biased.module, "test"):
        _, drawn = maps(biased, shipped_material, pairs, only)
    (alike,) = trust(Found(own, [], [], own), sets, KINDS)
    (found,) = trust(Found(own, [], [], drawn), sets, KINDS)
    assert alike.change == "stays"  # control: the very same maps
    assert found.randomised.value < 0.5
    _, again = maps(biased, shipped_material, pairs[:1], only)
    assert again[0] == own[0]  # the weights came back
