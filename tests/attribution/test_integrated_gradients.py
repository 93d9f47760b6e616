"""Integrated gradients: complete, equal to an independent library's, and without traces."""

import dataclasses

import pytest
import torch
from captum.attr import LayerIntegratedGradients

from audit.attribution import integrated_gradients
from audit.attribution.contract import WordShares
from audit.attribution.gradients import by_word
from audit.attribution.orders import Explained, prepare
from audit.models.asking import listings
from audit.models.cases import Case
from audit.records.counterfactuals import Span
from audit.records.probes import Answer, Frame, Outcome

FAMILIES = ("llama", "gpt2", "qwen2", "gpt_neox", "gemma")
FRAME = Frame(ask="Answer {options}.", separator=" or ", cue="Answer:")
CHOICE = Outcome(
    key="c",
    kind="choice",
    answers=(Answer(key="yes", text="yes", forms=("Yes",)), Answer(key="no", text="not at all")),
    favourable="yes",
    unfavourable="no",
)
ORDERED = Outcome(
    key="o",
    kind="ordered",
    answers=tuple(Answer(key=k, text=k) for k in ("self-care", "today", "emergency")),
    favourable="self-care",
)
TEXT = "Meena, a Dalit woman, has fever. मरीज़ को बुखार है।"


def case(outcome=CHOICE, text=TEXT):
    start = text.index("a Dalit woman")
    spans = (Span(turn=0, start=start, end=start + len("a Dalit woman")),)
    return Case("v", (text,), spans, "See her?", FRAME, outcome)


def ready(model, outcome=CHOICE, order=0):
    one = case(outcome)
    return prepare(model, one, listings(one, one.spans)[order])


@pytest.mark.parametrize("outcome", [CHOICE, ORDERED], ids=["choice", "ordered"])
@pytest.mark.parametrize("family", FAMILIES)
def test_completeness(tiny_models, family, outcome):
    explained = ready(tiny_models[family], outcome)
    ends = explained.log_odds(torch.stack((explained.embeddings, explained.baseline)))
    change = (ends[0] - ends[1]).item()
    many = integrated_gradients.integrate(explained, 256).sum().item()
    one = integrated_gradients.integrate(explained, 1).sum().item()
    assert many == pytest.approx(change, abs=2e-2)
    assert abs(one - change) > abs(many - change)  # control: steps are needed


def test_the_score_is_the_measured_log_odds(tiny_models):
    from audit.measurement import choice_probability
    from audit.measurement.contract import Request

    for model in tiny_models.values():
        for outcome in (CHOICE, ORDERED):
            one = case(outcome)
            (found,) = integrated_gradients.explain(model, [one])
            request = Request("v", one.turns, one.question, FRAME, outcome)
            (measured,) = choice_probability.ask(model, [request])
            by_order = measured.response.log_odds_by_order()
            assert found.score == pytest.approx(sum(by_order) / len(by_order), abs=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_panels_agree_with_a_fine_rule(tiny_models, family):
    """Each word, not only their sum; three panels' worth of plain nodes are further off."""
    explained = ready(tiny_models[family])
    fine = by_word(explained, integrated_gradients.integrate(explained, 96))
    coarse = by_word(explained, integrated_gradients.integrate(explained, 3))
    found = integrated_gradients.share(explained)
    size = sum(abs(value) for value in fine)
    off, coarse_off = (
        sum(abs(a - b) for a, b in zip(values, fine, strict=True)) / size
        for values in (found.values, coarse)
    )
    change = found.score - found.baseline_score
    assert abs(change - sum(found.values)) <= max(0.02, 0.01 * abs(change))
    assert off < 0.05
    assert coarse_off > 2 * off


def test_points_go_where_the_way_bends_and_none_is_computed_twice(
    tiny_models, linear, monkeypatch
):
    places = []
    plain = integrated_gradients._points
    monkeypatch.setattr(
        integrated_gradients,
        "_points",
        lambda explained, new: places.append(new) or plain(explained, new),
    )
    integrated_gradients.share(ready(linear))
    assert [len(new) for new in places] == [9]  # a straight way needs no more
    places.clear()
    integrated_gradients.share(ready(tiny_models["llama"]))
    every = [place for new in places for place in new]
    assert 9 < len(every) == len(set(every)) < 129


@pytest.mark.parametrize("family", FAMILIES)
def test_equals_captum(tiny_models, family):
    """The same integral by an independent library: same ends, nodes and rule."""
    model = tiny_models[family]
    explained = ready(model, CHOICE)
    network = model.network.model

    class LogOdds(torch.nn.Module):
        """The definition, slowly: all forms of all answers, one plain pass a form."""

        def __init__(self):
            super().__init__()
            self.hook = torch.nn.Identity()

        def forward(self, embeddings):
            embeddings = self.hook(embeddings)
            sums = []
            for answer in explained.encoded.answers:
                forms = []
                for form in answer:
                    rest = model.embed(form[:-1])[None].expand(len(embeddings), -1, -1)
                    whole = torch.cat((embeddings, rest), dim=1)
                    log_probs = network(inputs_embeds=whole).logits.log_softmax(-1)
                    places = range(embeddings.shape[1] - 1, whole.shape[1])
                    forms.append(
                        sum(log_probs[:, p, t] for p, t in zip(places, form, strict=True))
                    )
                sums.append(torch.logsumexp(torch.stack(forms), dim=0))
            return sums[0] - sums[1]

    slow = LogOdds()
    theirs = LayerIntegratedGradients(slow, slow.hook).attribute(
        explained.embeddings[None],
        baselines=explained.baseline[None],
        n_steps=24,
        method="gausslegendre",
        attribute_to_layer_input=True,
    )
    ours = integrated_gradients.integrate(explained, 24)
    assert torch.allclose(ours.float(), theirs[0].sum(-1), atol=1e-4, rtol=1e-3)
    assert ours.abs().max() > 1e-2  # control: there is something to compare


@dataclasses.dataclass(frozen=True)
class Linear:
    """A model whose log-odds are a sum over the prompt's embeddings: one weight a token."""

    inner: object
    weights: torch.Tensor

    def encode(self, ask):
        return self.inner.encode(ask)

    def embed(self, ids):
        return self.inner.embed(ids)

    def mean_embedding(self):
        return self.inner.mean_embedding()

    def answer_log_probs(self, encoded, embeddings):
        weights = self.weights[torch.tensor(encoded.ids)]  # (tokens,)
        first = torch.einsum("btw,t->b", embeddings, weights)
        return torch.stack((first, torch.zeros_like(first)), dim=1)


@pytest.fixture(scope="module")
def linear(tiny_models):
    inner = tiny_models["llama"]
    count = inner.network.model.get_input_embeddings().weight.shape[0]
    weights = torch.linspace(-1, 1, count)
    (dummy,) = inner.wording.tokenizer(",", add_special_tokens=False)["input_ids"]
    weights[dummy] = 0.0
    return Linear(inner, weights)


def test_a_linear_model_is_shared_out_exactly(linear):
    explained = ready(linear)
    weights = linear.weights[torch.tensor(explained.encoded.ids)]
    exact = (explained.embeddings - explained.baseline).sum(-1) * weights
    assert torch.allclose(integrated_gradients.integrate(explained, 4).float(), exact, atol=1e-4)


def test_dummy_token(linear):
    """A token that the score does not depend on gets nothing; its neighbours do."""
    explained = ready(linear)
    tokens = integrated_gradients.integrate(explained, 4)
    weights = linear.weights[torch.tensor(explained.encoded.ids)]
    assert (weights == 0).any()
    assert tokens[weights == 0].abs().max() < 1e-6
    assert tokens[weights != 0].abs().max() > 1e-2


def test_nothing_is_left_behind(tiny_models):
    model = tiny_models["llama"]
    network = model.network.model
    before = model.score([listings(case())[0].ask])
    integrated_gradients.explain(model, [case()])
    assert model.score([listings(case())[0].ask]) == before
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert all(parameter.grad is None for parameter in network.parameters())
    for module in network.modules():
        assert not module._forward_hooks
        assert not module._backward_hooks


def test_nothing_is_left_behind_after_an_error(tiny_models):
    model = tiny_models["llama"]

    def broken(*_):
        raise RuntimeError("in the middle")

    hook = model.network.model.lm_head.register_forward_pre_hook(broken)
    with pytest.raises(RuntimeError, match="in the middle"):
        integrated_gradients.explain(model, [case()])
    hook.remove()
    assert torch.is_grad_enabled()
    assert all(p.grad is None for p in model.network.model.parameters())
    assert isinstance(integrated_gradients.explain(model, [case()])[0], WordShares)


def test_begin_of_text_is_kept(tiny_models):
    explained = ready(tiny_models["llama"])
    assert isinstance(explained, Explained)
    kept = (explained.embeddings == explained.baseline).all(dim=-1)
    assert kept[0]
    assert not kept[1:].all()
