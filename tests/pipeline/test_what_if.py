"""What-ifs of a small audit: halves that share nothing, a like-for-like start, every control."""

import numpy as np
import pytest
from pydantic import TypeAdapter

from audit.internals.neutral import material
from audit.internals.steering import STRENGTHS
from audit.pipeline.planning import reopen
from audit.pipeline.trade_offs import what_ifs
from audit.pipeline.watcher import Quiet
from audit.pipeline.what_if import aim_of, trials_of
from audit.records.inside import Inside
from audit.records.observations import Measurement
from audit.records.what_ifs import Fitted, NeutralReading, Reanswered, WhatIf
from audit.storage import folder as run_folder
from audit.storage import journal


@pytest.fixture(scope="module")
def work(finished):
    return reopen(finished, Quiet())


@pytest.fixture(scope="module")
def aim(work):
    return aim_of(work)


def test_the_halves_share_no_template_and_obey_the_bound(work, aim):
    fitted, measured = ({one.template for one in half} for half in (aim.fitted, aim.measured))
    assert fitted
    assert measured
    assert not fitted & measured
    assert len(aim.measured) <= work.run.spec.depth.what_if_sets
    on_file = run_folder.read_record(work.folder, run_folder.WHAT_IF_FIT, Fitted)
    variants = {variant.id for one in aim.fitted for variant in one.variants}
    assert set(on_file.fitted_on) == variants
    groups = {variant.group for one in aim.measured for variant in one.variants}
    assert groups == {aim.disparity.group, aim.disparity.reference}


def test_the_unchanged_network_answers_as_it_was_measured(work):
    """Batches differ, so the last digits may; a change moves answers by far more."""
    measured = {
        one.variant: one.response.log_odds_by_order()
        for one in journal.read(work.folder / "observations.jsonl", TypeAdapter(Measurement))
    }
    tried = trials_of(work)
    plain = _answers(tried["nothing"])
    gaps = [np.abs(np.subtract(measured[key], plain[key])).max() for key in plain]
    assert max(gaps) < 1e-3
    for key in ("ablation", "erasure"):  # this network's group may leave no mean to steer by
        changed = _answers(tried[key])
        moved = [np.abs(np.subtract(changed[one], plain[one])).max() for one in plain]
        assert max(moved) > 10 * max(gaps), key


def _answers(records):
    return {
        one.observation.variant: one.observation.response.log_odds_by_order()
        for one in records
        if isinstance(one, Reanswered)
    }


def test_every_change_has_its_control_and_the_same_sets(work, aim):
    tried = trials_of(work)
    strengths = {f"steering by {strength:+g}" for strength in STRENGTHS}
    assert strengths <= set(tried)
    main = set(tried) - strengths - {"nothing"}
    originals = {key for key in main if not key.endswith(", control")}
    assert {"ablation", "erasure", "steering"} <= originals
    assert main == originals | {f"{key}, control" for key in originals}
    variants = {variant.id for one in aim.measured for variant in one.variants}
    for key in (*main, "nothing"):
        assert set(_answers(tried[key])) == variants
        neutral = [one for one in tried[key] if isinstance(one, NeutralReading)]
        assert [one.item for one in neutral] == [one.id for one in material()]
    fitted = {variant.id for one in aim.fitted for variant in one.variants}
    assert all(set(_answers(tried[key])) == fitted for key in strengths)


def test_nothing_costs_nothing_and_the_records_stand_in_the_folder(work):
    found = what_ifs(work)
    on_file = [
        one
        for one in journal.read(work.folder / run_folder.INSIDE, TypeAdapter(Inside))
        if isinstance(one, WhatIf)
    ]
    assert on_file == list(found)
    assert found[0].kind == "nothing"
    assert found[0].upkeep.divergence.kind == "undefined"  # nothing varies: all are zero
    assert all(one.upkeep.questions == 16 for one in found)
    assert any(
        one.upkeep.divergence.kind == "estimate" and one.upkeep.divergence.value > 0.001
        for one in found
        if not one.control
    )
    assert "fix" not in " ".join(one.what for one in found).split()
