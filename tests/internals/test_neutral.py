"""Neutral texts: what no change and a large change cost, and that the formulas hold."""

from contextlib import nullcontext
from functools import partial

import numpy as np
import pytest
import torch

from audit.internals.neutral import Fact, Passage, Read, chance, material, read
from audit.internals.steering import steered
from audit.models.contract import Ask
from audit.models.sites import Site


def test_the_material_is_whole_and_in_both_languages():
    items = material()
    ids = [one.id for one in items]
    assert len(set(ids)) == len(ids)
    kinds = [one.kind if isinstance(one, Passage) else "fact" for one in items]
    assert {kind: kinds.count(kind) for kind in kinds} == {"text": 12, "prompt": 12, "fact": 16}
    indic = [one.id for one in items if any("ऀ" <= c <= "ॿ" for c in _text(one))]
    assert len(indic) == len(items) // 2
    assert 0.2 < chance(items) < 0.5


def _text(item):
    return item.question + item.turns[0] if isinstance(item, Fact) else item.text


def test_no_change_costs_nothing_and_a_change_costs(tiny_models):
    model = tiny_models["llama"]
    items = [material()[0], material()[13], material()[-1]]
    plain = read(model, items, nullcontext)
    assert all(isinstance(one, Read) for one in plain)
    assert plain[0].divergence == pytest.approx(0.0, abs=1e-6)
    assert plain[0].nats > 0
    assert isinstance(plain[2].right, bool)
    vector = 5 * np.random.default_rng(0).normal(size=32)
    changed = read(model, items, partial(steered, model, Site(0, "residual"), vector))
    assert changed[0].divergence > 0.01
    assert changed[0].nats != plain[0].nats


def test_the_numbers_are_those_of_the_plain_forward_pass(tiny_models):
    model = tiny_models["gpt2"]
    item = material()[0]
    (found,) = read(model, [item], nullcontext)
    ids = model.encode(Ask((item.text,), "", (("x",),))).ids
    with torch.no_grad():
        logits = model.module(torch.tensor([ids])).logits[0].double()
    told = [
        (torch.logsumexp(logits[n], dim=0) - logits[n, token]).item()
        for n, token in enumerate(ids[1:])
    ]
    assert found.tokens == len(told)
    assert found.nats == pytest.approx(sum(told), rel=1e-5)


def test_the_divergence_is_that_of_two_distributions(tiny_models):
    model = tiny_models["llama"]
    item = material()[12]
    vector = np.random.default_rng(1).normal(size=32)
    enter = partial(steered, model, Site(0, "residual"), vector)
    (found,) = read(model, [item], enter)
    ids = torch.tensor([model.encode(Ask((item.text,), "", (("x",),))).ids])
    with torch.no_grad():
        p = model.module(ids).logits[0].double().softmax(dim=-1)
        with enter():
            q = model.module(ids).logits[0].double().softmax(dim=-1)
    slow = [
        sum(a * np.log(a / b) for a, b in zip(before, after, strict=True))
        for before, after in zip(p.tolist(), q.tolist(), strict=True)
    ]
    assert found.divergence == pytest.approx(np.mean(slow), rel=1e-3)
