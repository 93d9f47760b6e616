"""Levelling: mean errors that were put into a model are taken out of it again, and no more."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from audit.controls import standards
from audit.controls.recipe import levelling, network
from audit.controls.recipe.examples import make_course

SUITE, AXIS = "employment/shortlist.en", "religion"
TEMPLATES, NAMES = 4, 4
GROUPS = 6  # no mention included
BLOCK = 2
SHIFTS = {(AXIS, "sikh", "en", "employment"): 0.15, (AXIS, "hindu", "en", "employment"): -0.1}


@pytest.fixture(scope="module")
def course(shipped_lessons):
    """A few templates and names of one suite and axis, under a label."""
    import tokenizers

    path = standards.folder("fair") / "tokenizer.json"
    tokenizer = tokenizers.Tokenizer.from_file(str(path))
    own = [one for one in shipped_lessons if one.item[0] == SUITE and one.cell[0] == AXIS]
    items = sorted({one.item for one in own})[:TEMPLATES]
    by_group = {}
    for one in own:
        if one.item in items and one.cue == "label":
            by_group.setdefault((one.item, one.cell[1]), []).append(one)
    return make_course([one for those in by_group.values() for one in those[:NAMES]], tokenizer)


@pytest.fixture
def fair(course):
    """The shipped fair standard, as the recipe builds it."""
    model = network.build(course.targets.shape[1], np.random.default_rng(0), notice="")
    folder = standards.folder("fair")
    model.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
    return model


def errors(model, course, shifts):
    strata = levelling.stratified(course.examples)
    found = levelling.mean_errors(model, course, strata, levelling.wanted(course, shifts))
    return dict(zip(strata, found.tolist(), strict=True))


def test_every_mean_comes_to_where_it_shall_be(course, fair):
    """Two groups are given a shift; both get it, and no other moves."""
    torch.set_num_threads(1)
    kept = {name: weight.clone() for name, weight in fair.state_dict().items()}
    before = errors(fair, course, {})
    missing = errors(fair, course, SHIFTS)
    aim = levelling.Levelling(SHIFTS, BLOCK, names=(NAMES, NAMES))
    levelling.level(fair, course, aim, lambda _: None)
    after = errors(fair, course, SHIFTS)

    assert len(after) == GROUPS
    assert sum(abs(missing[key] - before[key]) > 0.05 for key in before) == len(SHIFTS)
    assert max(map(abs, missing.values())) > 0.1
    assert max(map(abs, after.values())) < 0.02
    layer = f"model.layers.{BLOCK}."
    state = fair.state_dict()
    changed = {name for name, weight in kept.items() if not torch.equal(weight, state[name])}
    assert changed
    assert all(name.startswith((f"{layer}self_attn.", f"{layer}mlp.")) for name in changed)


def test_the_step_is_the_smallest_that_takes_the_errors_away():
    """Against the least-norm solution of numpy, where the slopes are exact."""
    rng = np.random.default_rng(11)
    slopes = rng.normal(size=(4, 30)).astype(np.float32)
    errors = rng.normal(size=4).astype(np.float32)
    weights = [torch.zeros(5, 2), torch.zeros(20)]
    levelling.move(weights, torch.from_numpy(slopes), torch.from_numpy(errors))
    change = torch.cat([weight.flatten() for weight in weights]).numpy()
    least = np.linalg.lstsq(slopes, -errors, rcond=None)[0]
    assert change == pytest.approx(least, rel=0.02, abs=2e-3)
    assert slopes @ change == pytest.approx(-errors, rel=0.02, abs=5e-3)
    assert np.linalg.norm(change - least[::-1]) > 0.1
