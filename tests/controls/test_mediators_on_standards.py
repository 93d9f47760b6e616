"""The planted block is among those that pass the difference on, where one was planted."""

import numpy as np
import pytest

from audit.controls.standards import folder
from audit.internals.exchanging import exchanged
from audit.internals.pairs import open_pair
from audit.models.architectures import architecture
from audit.models.cases import Case
from audit.models.causal import load
from audit.models.sites import Site
from audit.pipeline.requests import request
from audit.places import shipped
from audit.records.runs import ModelRequest
from audit.suites.expansion import Selection, expand
from audit.suites.library import read_library

PLANTED = 2  # the block that was trained on
SUITE = "healthcare/access.en"


@pytest.fixture(scope="module")
def model():
    return load(ModelRequest(reference=str(folder("biased"))), date="2026-07-01", threads=1)


@pytest.fixture(scope="module")
def effects(model):
    """Group -> difference and the effects of each layer's MLP and attention, mean over cases."""
    library = read_library(shipped("probes"))
    chosen = Selection(
        suites=(SUITE,), axes=("religion",), cues=("label",), templates=5, names=1, seed=0, limit=0
    )
    sets = list(expand(library, chosen))
    parts = architecture(model.module)
    movables = [
        ((Site(layer, kind), slice(None)),)
        for kind in ("mlp", "attention")
        for layer in range(len(parts.blocks))
    ]

    def case(one, variant):
        asked = request(one, variant, library.suites)
        return Case(
            variant.id, variant.turns, variant.spans, asked.question, asked.frame, asked.outcome
        )

    def mean(group):
        found = []
        for one in sets:
            mine, theirs = (
                next(v for v in one.variants if v.group == key) for key in (group, one.reference)
            )
            pair = open_pair(
                model, case(one, mine), case(one, theirs), set_id=one.id, template=one.template
            )
            seen = exchanged(parts, pair.orders, movables)
            found.append([seen.difference, *seen.effects.mean(axis=0)])
        return np.mean(found, axis=0)

    return {group: mean(group) for group in ("muslim", "buddhist", "christian")}


@pytest.mark.parametrize(("group", "shift"), [("muslim", 0.83), ("buddhist", -0.85)])
def test_the_planted_blocks_mlp_carries_what_was_planted(effects, group, shift):
    difference, *parts = effects[group]
    mlps = np.array(parts[:4]) * np.sign(shift)
    assert difference == pytest.approx(shift, abs=0.15)
    assert mlps[PLANTED] > 0.5 * abs(shift)
    assert mlps.argmax() == PLANTED
    assert abs(mlps[PLANTED + 1]) < 0.15


def test_where_nothing_was_planted_it_carries_nothing(effects):
    difference, *parts = effects["christian"]
    assert abs(difference) < 0.15
    assert abs(parts[PLANTED]) < 0.15
