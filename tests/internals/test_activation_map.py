"""Activation maps: equal to differences from hand-placed hooks; zero where nothing differs."""

import numpy as np
import pytest
import torch

from audit.internals.activation_map import PLUGIN
from audit.internals.writers import PLUGIN as WRITERS
from audit.models.architectures import architecture

FAMILIES = ("llama", "gpt2", "qwen2", "gpt_neox", "gemma")
KINDS = ("residual", "attention", "mlp")


def by_hand(model, opened, word_tokens):
    """Means over tokens, from hooks placed on the library's modules; one prompt at a time."""
    parts, kept, handles = architecture(model.module), {}, []

    def keep(name):
        def hook(_module, _inputs, output):
            kept[name] = (output[0] if isinstance(output, tuple) else output)[0]

        return hook

    for layer, block in enumerate(parts.blocks):
        for kind, module in zip(
            KINDS, (block.whole, block.attention_adds, block.mlp_adds), strict=True
        ):
            handles.append(module.register_forward_hook(keep((kind, layer))))
    try:
        with torch.no_grad():
            model.module(torch.tensor([opened.encoded.ids]))
    finally:
        for handle in handles:
            handle.remove()
    return {
        name: torch.stack([stream[list(tokens)].mean(dim=0) for tokens in word_tokens])
        for name, stream in kept.items()
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_maps_equal_differences_from_hand_placed_hooks(exact_model, make_pair, family):
    model = exact_model(family)
    pair = make_pair(model)
    seen = PLUGIN.observe(model, pair, ())
    layers = len(architecture(model.module).blocks)
    wanted = np.zeros((len(KINDS), layers, len(seen.labels["word"])))
    for order in pair.orders:
        first = [word.key for word, _ in pair.orders[0].words]
        both = {word.key: (word, other) for word, other in order.words}
        sides = []
        for place, opened in enumerate((order.group, order.reference)):
            tokens = [[t for t, _ in both[key][place].tokens] for key in first]
            assert all(share == 1 for key in first for _, share in both[key][place].tokens)
            sides.append(by_hand(model, opened, [*tokens, [opened.answer_place]]))
        for k, kind in enumerate(KINDS):
            for layer in range(layers):
                moved = sides[0][kind, layer] - sides[1][kind, layer]
                wanted[k, layer] += moved.norm(dim=1).numpy() / len(pair.orders)
    size = np.abs(wanted).max()
    assert np.abs(seen.arrays["norm"] - wanted).max() <= 1e-6 * max(1.0, size)
    assert size > 1e-2


@pytest.mark.parametrize("family", FAMILIES)
def test_the_last_column_projects_what_the_writers_contribute(tiny_models, make_pair, family):
    model = tiny_models[family]
    pair = make_pair(model)
    projection = PLUGIN.observe(model, pair, ()).arrays["projection"]
    contribution = WRITERS.observe(model, pair, ()).arrays["contribution"]
    scale = np.abs(contribution).max()
    assert projection[1, :, -1] == pytest.approx(contribution[:, 0], abs=float(1e-4 * scale))
    assert projection[2, :, -1] == pytest.approx(contribution[:, 1], abs=float(1e-4 * scale))


def test_words_before_the_first_changed_one_differ_nowhere(tiny_models, make_pair):
    model = tiny_models["llama"]
    seen = PLUGIN.observe(model, make_pair(model), ())
    changed = seen.labels["part"].index("changed")
    assert changed > 0
    assert np.abs(seen.arrays["norm"][..., :changed]).max() < 1e-5
    assert np.abs(seen.arrays["norm"][0, :, changed]).min() > 1e-3
    assert seen.labels["word"][changed] == "Meena who is Sikh"
    assert seen.labels["reference_word"][changed] == "Meena, a Hindu"


def test_a_side_against_itself_is_a_map_of_zeros(tiny_models, make_pair):
    model = tiny_models["gpt2"]
    seen = PLUGIN.observe(model, make_pair(model, one="Meena", two="Meena"), ())
    assert np.abs(seen.arrays["norm"]).max() < 1e-5
    assert np.abs(seen.arrays["projection"]).max() < 1e-5
