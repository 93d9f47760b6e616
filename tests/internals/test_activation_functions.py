"""Activation functions: built units are counted exactly, and the stretches obey closed forms."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.optimize import brentq
from scipy.stats import kurtosis, norm

from audit.internals.activation_functions import PLUGIN, counted_places, massive
from audit.internals.contract import Refused
from audit.internals.pairs import open_pair
from audit.internals.slopes import STRETCHES, outputs_and_slopes, shape_of, stretches
from audit.models.architectures import architecture
from audit.models.cases import Case
from audit.models.sites import Site, captured
from audit.records.counterfactuals import Span
from audit.records.probes import Answer, Frame, Outcome

FRAME = Frame(ask="Answer {options}.", separator=" or ", cue="Answer:")
OUTCOME = Outcome(
    key="c",
    kind="choice",
    answers=(Answer(key="yes", text="yes"), Answer(key="no", text="no")),
    favourable="yes",
    unfavourable="no",
)
DEAD, ON, SATURATED = (3, 8, 13), (5, 21), (30, 31)
FUNCTIONS = {"relu": "relu", "gelu": "gelu", "gelu_tanh": "gelu_pytorch_tanh", "silu": "silu"}


def case(words, before="The applicant ", after=" has fever since Monday."):
    span = Span(turn=0, start=len(before), end=len(before) + len(words))
    return Case(words, (before + words + after,), (span,), "See her?", FRAME, OUTCOME)


def pair_of(model, words="who is Sikh"):
    return open_pair(model, case(words), case("who is Hindu"), set_id="s", template="t")


@pytest.fixture(scope="module")
def built(make_folder, load_model):
    """A model of each activation function with units of known kind in both layers.

    A unit's input is its bias alone where its weights are zero: far below zero it is off,
    far above it is on. Every other unit is set to be above zero at half of the places.
    """
    made = {}
    for name, function in FUNCTIONS.items():
        model = load_model(make_folder("gpt2", seed=4, activation_function=function))
        for layer, block in enumerate(model.module.transformer.h):
            middle = inputs_of(model, layer).median(dim=0).values
            with torch.no_grad():
                block.mlp.c_fc.bias -= middle.float()
                for units, bias in ((DEAD, -40.0), (ON, 9.0), (SATURATED, 12.0)):
                    block.mlp.c_fc.weight[:, list(units)] = 0.0
                    block.mlp.c_fc.bias[list(units)] = bias
        made[name] = model
    return made


def inputs_of(model, layer):
    """What goes into a layer's activation function at the counted places, (places, neurons)."""
    parts, site = architecture(model.module), Site(layer, "pre_activation")
    found = []
    for opened, places in counted_places(pair_of(model)):
        with torch.no_grad(), captured(parts, [site]) as kept:
            opened.log_odds(opened.embeddings[None])
        found.append(kept[site][0][0, places].double())
    return torch.cat(found)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_built_units_are_counted_exactly(built, name):
    model = built[name]
    seen = PLUGIN.observe(model, pair_of(model), ())
    fired, positions = seen.arrays["fired"], seen.arrays["positions"][0]
    assert positions == sum(len(places) for _, places in counted_places(pair_of(model)))
    for layer in fired:
        assert set(np.flatnonzero(layer == 0)) == set(DEAD)
        assert set(ON + SATURATED) <= set(np.flatnonzero(layer == positions))
        assert ((layer > 0) & (layer < positions)).sum() > 40
    assert seen.arrays["stretches"].sum() == 2 * positions * fired.shape[1]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_stretches_of_built_units(built, name):
    """Against thresholds that closed forms give; the built units are among them."""
    seen = PLUGIN.observe(built[name], pair_of(built[name]), ()).arrays
    found, positions = seen["stretches"][0], seen["positions"][0]
    expected = _slow_stretches(name, inputs_of(built[name], 0).numpy())
    assert found.tolist() == expected.tolist()
    assert found[0] >= len(DEAD) * positions
    assert found[3] >= len(ON + SATURATED) * positions


def _slow_stretches(name, h):
    """Counts of h in each stretch, by thresholds that closed forms give."""
    ends = _thresholds(name)
    off, on = h < ends["off"], h > ends["on"]
    valley = ~off & ~on & (h < ends["floor"])
    return np.array([off.sum(), valley.sum(), (~off & ~on & ~valley).sum(), on.sum()], dtype=float)


def _thresholds(name):
    slope = _SLOPES[name]
    if name == "relu":
        return {"off": 1e-300, "floor": 1e-300, "on": 0.0}
    return {
        "off": brentq(lambda h: slope(h) + 0.02, -12, -2.4),
        "floor": brentq(slope, -2, -0.3),
        "on": brentq(lambda h: slope(h) - 1.02, 2.4, 12),
    }


def _silu(h):
    s = 1 / (1 + math.exp(-h))
    return s * (1 + h * (1 - s))


def _gelu_tanh(h):
    u = math.sqrt(2 / math.pi) * (h + 0.044715 * h**3)
    du = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * h**2)
    return 0.5 * (1 + math.tanh(u)) + 0.5 * h * (1 - math.tanh(u) ** 2) * du


_SLOPES = {
    "silu": _silu,
    "gelu": lambda h: norm.cdf(h) + h * norm.pdf(h),
    "gelu_tanh": _gelu_tanh,
    "relu": None,
}


def test_the_published_thresholds_follow():
    assert _thresholds("silu")["off"] == pytest.approx(-5.38, abs=5e-3)
    assert _thresholds("silu")["on"] == pytest.approx(5.38, abs=5e-3)
    assert _thresholds("gelu")["off"] == pytest.approx(-2.79, abs=5e-3)
    assert _thresholds("gelu")["on"] == pytest.approx(2.79, abs=5e-3)


@pytest.mark.parametrize("name", ["silu", "gelu", "gelu_tanh"])
def test_slopes_agree_with_closed_forms_everywhere(name):
    function = {
        "silu": torch.nn.SiLU(),
        "gelu": torch.nn.GELU(),
        "gelu_tanh": torch.nn.GELU(approximate="tanh"),
    }[name]
    h = torch.linspace(-9, 9, 3601, dtype=torch.float64)
    _, slopes = outputs_and_slopes(function, h)
    assert np.allclose(slopes, [_SLOPES[name](x) for x in h.tolist()], atol=1e-12)
    found = stretches(shape_of(function), h, slopes)
    assert found.tolist() == _slow_stretches(name, h.numpy()).tolist()
    assert min(found.tolist()) > 100


def test_moments_and_sparsity_agree_with_scipy_and_the_formula(tiny_models):
    model = tiny_models["llama"]
    pair, parts = pair_of(model), architecture(model.module)
    streams, neurons = [], []
    for opened, places in counted_places(pair):
        sites = [Site(1, "residual"), Site(1, "neurons")]
        with torch.no_grad(), captured(parts, sites) as kept:
            opened.log_odds(opened.embeddings[None])
        streams.append(kept[sites[0]][0][0, places].double().numpy())
        neurons.append(kept[sites[1]][0][0, places].double().numpy())
    arrays = PLUGIN.observe(model, pair, ()).arrays
    from audit.analyses.activation_health import excess_kurtosis

    wanted = kurtosis(np.concatenate(streams).ravel())
    assert excess_kurtosis(arrays["moments"][1]) == pytest.approx(wanted, rel=1e-9)
    hoyer = treves = 0.0
    for a in np.concatenate(neurons):
        d = len(a)
        hoyer += (d**0.5 - np.abs(a).sum() / np.sqrt((a**2).sum())) / (d**0.5 - 1)
        treves += np.abs(a).mean() ** 2 / (a**2).mean()
    assert arrays["sparsity"][1][1:] == pytest.approx([hoyer, treves])


def test_planted_outliers_are_found_in_their_dimension():
    x = torch.randn(50, 64, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert massive(x).sum() == 0
    x[::5, 7] = 5000.0
    assert massive(x).sum(dim=0).nonzero().flatten().tolist() == [7]
    assert massive(x)[:, 7].sum() == 10
    x[::5, 9] = 90.0  # above 100 medians, below 100
    assert massive(x).sum(dim=0).nonzero().flatten().tolist() == [7]
    assert massive(x, fixed=False).sum(dim=0).nonzero().flatten().tolist() == [7, 9]


def test_a_place_is_counted_once_and_special_tokens_never(tiny_models):
    model = tiny_models["llama"]
    counted = list(counted_places(pair_of(model)))
    prefixes = [opened.encoded.ids[: place + 1] for opened, places in counted for place in places]
    assert len(set(prefixes)) == len(prefixes)
    for opened, places in counted:
        assert 0 not in places  # <s>
        assert all(start < end for start, end in (opened.encoded.offsets[p] for p in places))
    same = open_pair(model, case("who is Sikh"), case("who is Sikh"), set_id="s", template="t")
    (_, first), (_, again), *_ = counted_places(same)
    assert first
    assert again == []


def test_a_family_without_a_known_function_is_refused(tiny_models):
    block = SimpleNamespace(mlp=SimpleNamespace(down_proj=object()), self_attn=object())
    module = SimpleNamespace(
        config=SimpleNamespace(
            model_type="odd",
            get_text_config=lambda: SimpleNamespace(
                num_attention_heads=2, hidden_size=8, head_dim=4
            ),
        ),
        model=SimpleNamespace(layers=[block], norm=object()),
        get_output_embeddings=object,
    )
    found = PLUGIN.observe(SimpleNamespace(module=module), None, ())
    assert isinstance(found, Refused)
    assert "odd" in found.detail


def test_dimensions_are_named_for_every_array(tiny_models):
    for model in tiny_models.values():
        seen = PLUGIN.observe(model, pair_of(model), ())
        assert set(seen.arrays) == set(PLUGIN.dimensions)
        for name, array in seen.arrays.items():
            assert array.ndim == len(PLUGIN.dimensions[name]), name
        assert seen.labels["stretch"] == STRETCHES
