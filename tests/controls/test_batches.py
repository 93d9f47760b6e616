"""Batches: a shared case with several endings gives what each text gives by itself."""

from collections import Counter

import numpy as np
import pytest
import torch

from audit.controls.recipe import batches, network
from audit.controls.recipe.build import prepare


@pytest.fixture(scope="module")
def small(shipped_lessons):
    """A course over a few lessons of every sort, with an untrained model."""
    tokenizer, course = prepare(shipped_lessons[::2003])
    rng = np.random.default_rng(5)
    model = network.build(course.targets.shape[1], rng, notice="for a test")
    return tokenizer, course, model


def unblanked(example):
    return [np.zeros(len(piece.ids), dtype=bool) for piece in (example.case, *example.endings)]


def texts(example):
    lesson = example.lesson
    return [lesson.case + ending for ending in (*lesson.endings, lesson.recall)]


@torch.inference_mode()
def test_endings_answer_as_texts_of_their_own(small):
    tokenizer, course, model = small
    chosen = course.examples[:12]
    batch = batches.lay_out(chosen, [unblanked(example) for example in chosen])
    together = network.answer_log_probs(
        model, network.run(model, network.embed(model, batch), batch), batch
    )
    for row, example in enumerate(chosen):
        for place, text in enumerate(texts(example)):
            ids = torch.tensor([tokenizer.encode(text).ids])
            alone = model(input_ids=ids).logits[0, -1].log_softmax(-1)
            assert torch.allclose(together[row, place], alone, atol=1e-4)
            assert not torch.allclose(together[row, place - 1], alone, atol=1e-4)


@torch.inference_mode()
def test_blanks_are_the_mean_embedding(small):
    tokenizer, course, model = small
    example = course.examples[0]
    blank = unblanked(example)
    blank[0][example.introduced] = True
    batch = batches.lay_out([example], [blank])
    embedded = network.embed(model, batch)
    told = network.answer_log_probs(model, network.run(model, embedded, batch), batch)

    weight = model.model.embed_tokens.weight
    ids = torch.tensor(tokenizer.encode(texts(example)[1]).ids)
    rows = weight[ids].clone()
    rows[: len(blank[0])][torch.from_numpy(blank[0])] = weight.mean(0)
    alone = model(inputs_embeds=rows[None]).logits[0, -1].log_softmax(-1)
    plain = model(input_ids=ids[None]).logits[0, -1].log_softmax(-1)

    assert torch.allclose(told[0, 1], alone, atol=1e-4)
    assert not torch.allclose(told[0, 1], plain, atol=1e-4)
    assert not batch.named[0]


def test_introductions_are_the_person(small):
    tokenizer, course, _ = small
    for example in course.examples:
        lesson = example.lesson
        words = lesson.case[slice(*lesson.introduction)]
        shown = tokenizer.decode(example.case.ids[example.introduced].tolist())
        assert words.strip() == shown.strip()


def test_batches_weigh_strata_alike_and_draw_every_fate(small):
    _, course, _ = small
    strata = {batches.stratum(example) for example in course.examples}
    count = 6 * len(strata) // 4
    made = list(batches.batches(course, 4, count, np.random.default_rng(0)))
    again = list(batches.batches(course, 4, count, np.random.default_rng(0)))
    seen = Counter(batches.stratum(example) for batch in made for example in batch.examples)
    assert set(seen) == strata
    assert set(seen.values()) <= {5, 6}
    assert all(torch.equal(a.blank, b.blank) for a, b in zip(made, again, strict=True))
    named = np.concatenate([batch.named for batch in made])
    assert 0.1 < 1 - named.mean() < 0.45
    assert any(batch.blank.any() for batch in made)
    assert not any(batch.blank[:, 0].any() for batch in made)
