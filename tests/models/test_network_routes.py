"""Every route to the wanted log-probabilities gives the same; a wrong one is not taken."""

import dataclasses

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from audit.models.batching import Read
from audit.models.contract import Ask
from audit.models.network import ROUTES, make_network
from audit.models.packing import chains, plant

TOKEN = st.integers(2, 5)
SEQUENCES = st.lists(st.lists(TOKEN, min_size=1, max_size=6).map(tuple), min_size=1, max_size=6)
ASKS = [
    Ask(("The candidate applied. See her?",), "Answer:", (("yes", "YES"), ("no", "not at all"))),
    Ask(("The candidate applied. See him?",), "Answer:", (("no", "not at all"), ("yes", "YES"))),
    Ask(("मरीज़ को बुखार है।",), "उत्तर:", (("आज",), ("घर पर",))),
]


@pytest.mark.parametrize("packs", [True, False])
@pytest.mark.parametrize("route", ROUTES)
def test_routes_agree(tiny_models, route, packs):
    for model in tiny_models.values():
        other = dataclasses.replace(
            model, network=dataclasses.replace(model.network, route=route, packs=packs)
        )
        for one, two in zip(model.score(ASKS), other.score(ASKS), strict=True):
            assert one.log_probs == pytest.approx(two.log_probs, abs=1e-4)


@given(sequences=SEQUENCES)
def test_a_tree_gives_what_its_sequences_give_apart(tiny_models, sequences):
    network = tiny_models["gpt_neox"].network
    tree = plant(sequences)
    together = network.log_probs([tree.row], [Read(0, place, 3) for place in tree.places])
    for sequence, found in zip(sequences, together.tolist(), strict=True):
        row = plant([sequence]).row
        (alone,) = network.log_probs([row], [Read(0, len(sequence) - 1, 3)]).tolist()
        assert found == pytest.approx(alone, abs=1e-4)


@given(sequences=SEQUENCES)
def test_a_tree_holds_each_shared_prefix_once(sequences):
    tree = plant(sequences)
    prefixes = {s[:n] for s in sequences for n in range(1, len(s) + 1)}
    assert len(tree.row.tokens) == len(prefixes)
    for sequence, place in zip(sequences, tree.places, strict=True):
        way = [
            n for n in range(place + 1) if n <= place < tree.row.ends[n]
        ]  # fmt: skip
        assert tuple(tree.row.tokens[n] for n in way) == sequence
        assert [tree.row.depths[n] for n in way] == list(range(len(sequence)))


@given(sequences=SEQUENCES)
def test_chains_are_the_sequences_that_none_extends(sequences):
    slow = {s for s in sequences if not any(t != s and t[: len(s)] == s for t in sequences)}
    assert set(chains(sequences)) == slow
    assert len(list(chains(sequences))) == len(slow)


class _Odd(torch.nn.Module):
    """A model whose quick route gives other logits than the plain one, or that sees no mask."""

    def __init__(self, inner, *, shifted=False, deaf=False, forgets=False):
        super().__init__()
        self.inner, self.config, self.dtype = inner, inner.config, inner.dtype
        self.base_model_prefix = inner.base_model_prefix
        self.shifted, self.deaf, self.forgets = shifted, deaf, forgets
        self.base_model = self.model = inner.model

    def get_input_embeddings(self):
        return self.inner.get_input_embeddings()

    def get_output_embeddings(self):
        return self.inner.get_output_embeddings()

    def forward(self, logits_to_keep=0, attention_mask=None, **inputs):
        if self.deaf:
            attention_mask = None
        if self.forgets and "past_key_values" in inputs:
            inputs["past_key_values"] = None
            attention_mask = attention_mask[..., -inputs["position_ids"].shape[-1] :]
        out = self.inner(logits_to_keep=logits_to_keep, attention_mask=attention_mask, **inputs)
        if self.shifted and isinstance(logits_to_keep, torch.Tensor):
            out.logits = out.logits + torch.arange(out.logits.shape[-1])
        return out


def test_a_quick_route_that_disagrees_is_not_taken(tiny_models):
    inner = tiny_models["llama"].network.model
    assert make_network(inner).route == "logits_to_keep"  # control
    assert make_network(_Odd(inner, shifted=True)).route == "output head"


def test_rows_that_branch_are_not_given_to_a_model_that_ignores_the_mask(tiny_models):
    inner = tiny_models["llama"].network.model
    odd = _Odd(inner, deaf=True)
    assert make_network(inner).packs  # control
    assert not make_network(odd).packs


def test_passes_begin_anew_in_a_model_that_forgets_what_was_kept(tiny_models):
    inner = tiny_models["llama"].network.model
    assert make_network(_Odd(inner)).keeps  # control
    assert not make_network(_Odd(inner, forgets=True)).keeps


def test_passes_begin_anew_where_layers_look_back_in_ways_of_their_own(make_folder, load_model):
    """A trial is short; that it agrees does not show what happens beyond such a window."""
    local = make_folder("gpt_neo", attention_types=[[["global", "local"], 1]], window_size=4)
    assert not load_model(local).network.keeps
    windowed = make_folder("mistral", num_key_value_heads=2, sliding_window=4)
    assert load_model(windowed).network.keeps  # control: a window that the cache knows


def test_windows_of_attention_are_never_packed(make_folder, load_model):
    model = load_model(
        make_folder("qwen2", use_sliding_window=True, sliding_window=8, max_window_layers=0)
    )
    assert not model.network.packs
    (found,) = model.score(ASKS[:1])
    assert len(found.log_probs) == 2
