"""Randomised weights: seeded, of the usual size, by layer or all, and put back bit for bit."""

import pytest
import torch

from audit.attribution.randomised import layers, randomised


def numbers(module):
    return {name: one.detach().clone() for name, one in module.named_parameters()}


def same(one, other):
    return {name for name in one if torch.equal(one[name], other[name])}


@pytest.fixture
def module(tiny_models):
    return tiny_models["llama"].module


def test_all_are_drawn_and_come_back_bit_for_bit(module):
    before, places = numbers(module), {n: p.data_ptr() for n, p in module.named_parameters()}
    with randomised(module, "seed") as names:
        during = numbers(module)
        assert set(names) == set(before)
    assert same(before, during) <= {name for name in before if "norm" in name}  # all ones
    assert same(before, numbers(module)) == set(before)
    assert places == {n: p.data_ptr() for n, p in module.named_parameters()}


def test_they_come_back_after_an_error(module):
    before = numbers(module)
    with pytest.raises(RuntimeError, match="in the middle"), randomised(module, "seed"):
        raise RuntimeError("in the middle")
    assert same(before, numbers(module)) == set(before)


def test_they_have_the_size_of_the_learned_ones(module):
    before = numbers(module)
    with randomised(module, "seed"):
        during = numbers(module)
    for name, own in before.items():
        if own.numel() > 500:
            assert float(during[name].std()) == pytest.approx(float(own.std()), rel=0.15)


def test_the_seed_decides(module):
    drawn = []
    for seed in ("a", "a", "b"):
        with randomised(module, seed):
            drawn.append(numbers(module))
    wide = {name for name, own in drawn[0].items() if own.dim() > 1}
    assert same(drawn[0], drawn[1]) == set(drawn[0])
    assert not same(drawn[0], drawn[2]) & wide


def test_one_layer_is_drawn_as_it_is_with_all(module):
    before = numbers(module)
    assert layers(module) == (0, 1)
    with randomised(module, "seed", layer=1) as names:
        during = numbers(module)
    assert names
    assert all(".1." in name for name in names)
    assert {name for name in before if name not in names} <= same(before, during)
    with randomised(module, "seed"):
        whole = numbers(module)
    assert set(names) <= same(during, whole)
    with pytest.raises(ValueError, match="layer 7"), randomised(module, "seed", layer=7):
        pass


@pytest.mark.parametrize("family", ["llama", "gpt2", "gemma"])
def test_the_answers_change_and_come_back(tiny_models, family):
    """Tied embeddings too; and nothing is drawn from the library's own generator."""
    model = tiny_models[family]
    from audit.models.contract import Ask

    ask = Ask(turns=("Meena applied for the job.",), cue=" Answer:", answers=((" yes",), (" no",)))
    state = torch.random.get_rng_state()
    (before,) = model.score([ask])
    with randomised(model.module, "seed"):
        (during,) = model.score([ask])
    (after,) = model.score([ask])
    assert before == after
    assert before.log_probs != pytest.approx(during.log_probs, abs=1e-3)
    assert torch.equal(state, torch.random.get_rng_state())
