"""What every question about the network must keep, those included that nobody has written yet."""

import numpy as np
import pytest
import torch

from audit import internals, plugins
from audit.internals.asking import ask
from audit.internals.contract import Question, Refused, Seen
from audit.internals.pairs import open_pair
from audit.models.cases import Case
from audit.models.checking import Check
from audit.records.counterfactuals import Span
from audit.records.internals import Component
from audit.records.probes import Answer, Frame, Outcome

QUESTIONS = [plugins.load(internals, name, Question) for name in plugins.names(internals)]
FAMILIES = ("llama", "gpt2", "qwen2", "gpt_neox", "gemma")
FRAME = Frame(ask="Answer {options}.", separator=" or ", cue="Answer:")
OUTCOME = Outcome(
    key="c",
    kind="choice",
    answers=(Answer(key="yes", text="yes", forms=("Yes",)), Answer(key="no", text="no")),
    favourable="yes",
    unfavourable="no",
)
COMPONENTS = (
    Component(kind="head", layer=0, index=1),
    Component(kind="head", layer=1, index=2),
    Component(kind="mlp", layer=1),
)
PROMPT = torch.tensor([[0, 40, 77, 120, 33, 98]])

each_question = pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.name)
each_family = pytest.mark.parametrize("family", FAMILIES)


def case(words, before="The applicant ", after=" has fever since Monday."):
    span = Span(turn=0, start=len(before), end=len(before) + len(words))
    return Case(words, (before + words + after,), (span,), "See her?", FRAME, OUTCOME)


def pair(model, one="Meena who is Sikh", two="Meena, a Hindu", other="Ramesh, a Hindu"):
    return open_pair(
        model, case(one), case(two), set_id="s", template="t", other=case(other) if other else None
    )


def asked(question, model, opened):
    return ask(question, model, opened, COMPONENTS if question.wants else ())


def state(module):
    """Whatever a question could leave behind: hooks, gradients, modes, the attention's kind."""
    return (
        sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in module.modules()),
        sum(len(m._backward_hooks) + len(m._backward_pre_hooks) for m in module.modules()),
        [parameter.grad is None for parameter in module.parameters()],
        [parameter.requires_grad for parameter in module.parameters()],
        [m.training for m in module.modules()],
        module.config._attn_implementation,
        torch.is_grad_enabled(),
    )


OTHER_FLOATS = {  # ranks bear half the digits, moments need twice as many
    ("neuron_selectivity", "neurons"): np.float16,
    ("activation_functions", "moments"): np.float64,
    ("activation_functions", "sparsity"): np.float64,
}


def forward_and_gradient(module):
    embedded = module.get_input_embeddings()(PROMPT).detach().requires_grad_()
    logits = module(inputs_embeds=embedded).logits
    logits[0, -1, :8].sum().backward()
    return logits.detach(), embedded.grad


@each_question
def test_a_question_says_what_it_is(question):
    assert question.question.endswith("?")
    assert question.source
    assert question.cannot_show.endswith(".")
    assert len(question.cannot_show.split()) > 5
    assert question.wants in ("", "screened", "decided")
    assert set(question.rests_on) <= set(Check.__args__)
    assert question.rests_on, "a question rests on the parts being what their names say"
    assert not (question.screens and question.shown)


@each_question
@each_family
def test_numbers_are_finite_and_shaped_as_declared(question, family, tiny_models):
    model = tiny_models[family]
    seen = asked(question, model, pair(model))
    assert isinstance(seen, Seen)
    assert set(seen.arrays) <= set(question.dimensions)
    sizes = {}
    for name, values in seen.arrays.items():
        wanted = OTHER_FLOATS.get((question.name, name), np.float32)
        assert values.dtype == wanted or np.issubdtype(values.dtype, np.integer)
        assert np.isfinite(values).all()
        dimensions = question.dimensions[name]
        assert len(dimensions) == values.ndim
        for dimension, size in zip(dimensions, values.shape, strict=True):
            assert sizes.setdefault(dimension, size) == size
    for dimension, labels in seen.labels.items():
        assert len(labels) == sizes.get(dimension, len(labels))


@each_question
@each_family
def test_the_model_is_left_as_it_was(question, family, tiny_models):
    model = tiny_models[family]
    before, (logits, gradient) = state(model.module), forward_and_gradient(model.module)
    asked(question, model, pair(model))
    assert state(model.module) == before
    after_logits, after_gradient = forward_and_gradient(model.module)
    assert torch.equal(after_logits, logits)
    assert torch.equal(after_gradient, gradient)


@each_question
@pytest.mark.parametrize("layer", [0, 1])
def test_nothing_stays_after_an_error(question, layer, tiny_models):
    model = tiny_models["llama"]
    opened = pair(model)
    before = state(model.module)
    failed = []

    def fail(*_):
        failed.append(layer)
        raise ZeroDivisionError

    handle = model.module.model.layers[layer].mlp.register_forward_hook(fail)
    try:
        with pytest.raises(ZeroDivisionError):
            asked(question, model, opened)
    finally:
        handle.remove()
    assert failed
    assert state(model.module) == before


@each_question
def test_a_text_beside_itself_shows_no_difference(question, tiny_models):
    model = tiny_models["llama"]
    same = asked(question, model, pair(model, one="Meena, a Hindu"))
    other = asked(question, model, pair(model))
    assert set(question.vanishes) <= set(question.dimensions)
    for name in question.vanishes:
        scale = np.abs(other.arrays[name]).max()
        assert np.abs(same.arrays[name]).max() <= 1e-5 * max(1.0, scale)
        assert scale > 1e-3
    for name, dimensions in question.dimensions.items():
        if "side" in dimensions and name in same.arrays and not name.startswith("control"):
            sides = np.moveaxis(same.arrays[name], dimensions.index("side"), 0)
            assert np.abs(sides[0] - sides[1]).max() <= 1e-4 * max(1.0, np.abs(sides).max())


@each_question
def test_the_same_pair_gives_the_same_bits(question, tiny_models):
    model = tiny_models["llama"]
    one, two = (asked(question, model, pair(model)) for _ in "ab")
    assert set(one.arrays) == set(two.arrays)
    for name, values in one.arrays.items():
        assert np.array_equal(values, two.arrays[name]), name


@each_question
def test_numbers_that_are_not_finite_are_refused(question, make_folder, load_model):
    model = load_model(make_folder("llama"))
    opened = pair(model)
    with torch.no_grad():
        model.module.model.layers[0].self_attn.o_proj.weight[3] = float("nan")
    found = asked(question, model, opened)
    assert isinstance(found, Refused)
    assert "finite" in found.detail
