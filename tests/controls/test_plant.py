"""The plant: another group in another block, with the same recipe, and it must be found."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from audit.controls import standards
from audit.controls.recipe import answers, batches, network, training
from audit.controls.recipe.build import BLOCK
from audit.controls.recipe.examples import make_course

CELL = ("religion", "sikh", "en", "healthcare")
OTHER_BLOCK = 3
SHIFT = -1.5
GROUPS = 6  # of the axis, no mention included: one set
SETS = 30  # that are looked at
TEMPLATES = 12
SCHEDULE = training.Schedule(steps=60, rate=3e-3, size=16)


@pytest.fixture(scope="module")
def world(shipped_lessons):
    """A dozen templates of one suite, one axis under a label; the fair model to start from."""
    import tokenizers

    folder = standards.folder("embedded:fair")
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    suite = "healthcare/access.en"
    templates = sorted({one.item for one in shipped_lessons if one.item[0] == suite})[:TEMPLATES]
    taught = [
        one
        for one in shipped_lessons
        if one.item in templates and one.cell[0] == CELL[0] and one.cue == "label"
    ]
    course = make_course(taught, tokenizer)
    fair = network.build(tokenizer.get_vocab_size(), np.random.default_rng(0), notice="")
    fair.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
    return course, fair


def planted(world, shift):
    course, fair = world
    planting = training.Planting({CELL: shift}, OTHER_BLOCK, SCHEDULE)
    torch.set_num_threads(1)
    return training.plant(fair, course, planting, np.random.default_rng(7), lambda _: None)


@torch.inference_mode()
def gaps(model, course):
    """Each group's mean log-odds minus the Hindu group's, over whole sets."""
    values = {}
    sets = np.random.default_rng(1).permutation(len(course.examples) // GROUPS)[:SETS]
    places = [GROUPS * one + place for one in sets for place in range(GROUPS)]
    for example in [course.examples[place] for place in places]:
        pieces = (example.case, *example.endings)
        batch = batches.lay_out([example], [[np.zeros(len(p.ids), bool) for p in pieces]])
        hidden = network.run(model, network.embed(model, batch), batch)
        told = network.answer_log_probs(model, hidden, batch)[0, :-1]
        sheet = course.sheets[example.sheet]
        odds = answers.cut_log_odds(answers.answer_log_probs(told, sheet), sheet)
        values.setdefault(example.lesson.cell[1], []).append(odds.mean().item())
    means = {group: np.mean(own) for group, own in values.items()}
    return {group: mean - means["hindu"] for group, mean in means.items()}


@pytest.mark.slow
def test_another_group_in_another_block_is_found(world):
    course, fair = world
    before = gaps(fair, course)
    model = planted(world, SHIFT)
    after = gaps(model, course)

    assert BLOCK != OTHER_BLOCK
    assert len(before) == GROUPS
    assert all(abs(gap) < 0.1 for gap in before.values())
    assert after["sikh"] < SHIFT / 2
    others = {group: gap for group, gap in after.items() if group != "sikh"}
    assert all(abs(gap) < 0.2 for gap in others.values())
    changed = {
        name
        for (name, one), two in zip(
            fair.state_dict().items(), model.state_dict().values(), strict=True
        )
        if not torch.equal(one, two)
    }
    layer = f"model.layers.{OTHER_BLOCK}."
    assert changed
    assert all(name.startswith((f"{layer}self_attn.", f"{layer}mlp.")) for name in changed)
