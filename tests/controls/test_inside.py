"""Inside the standards: the planted block writes the shift and holds its onset.

Planted sets are those of cells whose realised shift is large. The negative controls are the
fair standard and a network with random weights, on the same pairs: no layer stands out there
as the planted one does here.
"""

from collections import defaultdict

import numpy as np
import pytest

from audit.analyses.onset import onset_layer
from audit.controls import standards
from audit.internals.activation_map import PLUGIN as MAP
from audit.internals.pairs import open_pair
from audit.internals.writers import PLUGIN as WRITERS
from audit.models.cases import Case
from audit.models.causal import load
from audit.records.runs import ModelRequest
from audit.stats.proportions import wilson

LARGE = 0.4  # log-odds
PAIRS = 40
PLANTED = 2
WRITES, HOLDS = 0.9, 0.8  # what the standard has to show


def loaded(name):
    folder = standards.folder(name)
    return load(ModelRequest(reference=str(folder), offline=True), date="2026-01-01", threads=1)


def scrambled():
    import torch

    model = loaded("embedded:biased")
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in model.module.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.1, generator=generator)
    return model


@pytest.fixture(scope="module")
def pairs(shipped_material, truths_of):
    """A seeded draw of (set, group's variant, reference variant), spread over planted cells."""
    sets = defaultdict(list)
    for one in shipped_material.sets:
        sets[one.axis, one.cue, one.outcome, one.language, one.domain].append(one)
    rows = [row for row in truths_of["biased"]["disparities"] if abs(row["realised"]) >= LARGE]
    rng = np.random.default_rng(11)
    order = [rows[place] for place in rng.permutation(len(rows))]
    drawn = []
    for number in range(PAIRS):
        row = order[number % len(order)]
        cell = tuple(row[key] for key in ("axis", "cue", "outcome", "language", "domain"))
        one = sets[cell][rng.integers(len(sets[cell]))]
        mine = [v for v in one.variants if v.group == row["group"]]
        variant = mine[rng.integers(len(mine))]
        theirs = [v for v in one.variants if v.group == row["reference"]]
        same = [v for v in theirs if v.name == variant.name] or theirs
        drawn.append((one, variant, same[rng.integers(len(same))]))
    return drawn


def opened(model, material, drawn):
    for one, *sides in drawn:
        suite = material.suites[one.suite_key]
        template = suite.template(one.template)
        cases = [
            Case(
                v.id, v.turns, v.spans, template.question, suite.frame,
                suite.outcome(template.outcome),
            )
            for v in sides
        ]  # fmt: skip
        yield open_pair(model, *cases, set_id=one.id, template=one.template)


def looked(model, material, drawn):
    """The top writing layer and the onset layer of each pair, and the largest gap left."""
    tops, onsets, gaps = [], [], []
    for pair in opened(model, material, drawn):
        arrays = WRITERS.observe(model, pair, ()).arrays
        contribution = arrays["contribution"]
        tops.append(int(np.abs(contribution.sum(axis=1)).argmax()))
        difference = arrays["log_odds"][0] - arrays["log_odds"][1]
        gaps.append(abs(contribution.sum() + arrays["ledger"].sum() - difference))
        onsets.append(onset_layer(MAP.observe(model, pair, ()).arrays["projection"][0, :, -1]))
    return np.array(tops), np.array(onsets), max(gaps)


@pytest.mark.slow
def test_the_planted_block_writes_the_shift_and_holds_its_onset(pairs, shipped_material):
    tops, onsets, gap = looked(loaded("embedded:biased"), shipped_material, pairs)
    assert np.mean(tops == PLANTED) >= WRITES
    assert np.mean(onsets == PLANTED) >= HOLDS
    assert wilson(int(np.sum(tops == PLANTED)), PAIRS)[0] > 1 / 4  # beyond one layer of four
    assert gap < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize(
    "model", [lambda: loaded("embedded:fair"), scrambled], ids=("fair", "random")
)
def test_where_nothing_was_planted_no_layer_stands_out(pairs, shipped_material, model):
    tops, onsets, gap = looked(model(), shipped_material, pairs)
    for layers, floor in ((tops, WRITES), (onsets, HOLDS)):
        counts = np.bincount(layers, minlength=4)
        assert counts.max() < floor * PAIRS
        low, _ = wilson(int(counts[PLANTED]), PAIRS)
        assert low < 1 / 2
    assert gap < 1e-4
