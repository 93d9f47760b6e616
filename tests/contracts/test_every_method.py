"""What every attribution method must keep."""

import pytest

from audit import attribution, plugins
from audit.attribution.contract import Method, Refused, WordShares
from audit.models.cases import Case
from audit.records.counterfactuals import Span
from audit.records.observations import Attribution
from audit.records.probes import Answer, Frame, Outcome

METHODS = [plugins.load(attribution, name, Method) for name in plugins.names(attribution)]
FRAME = Frame(ask="Answer {options}.", separator=" or ", cue="Answer:")
OUTCOME = Outcome(
    key="c",
    kind="choice",
    answers=(Answer(key="yes", text="yes"), Answer(key="no", text="no")),
    favourable="yes",
    unfavourable="no",
)
TEXTS = ("Meena, a Dalit woman, has fever.", "मीना, एक दलित महिला, को बुखार है।")
OTHER_SCRIPTS = (
    "மீனா, ஒரு தலித் பெண், காய்ச்சலில் இருக்கிறார்.",
    "مینا, ایک مُسلمان مریضہ, بخار میں ہے۔",
)


def case(text=TEXTS[0], **changes):
    start = text.index(",") + 2
    span = Span(turn=0, start=start, end=text.rindex(","))
    given = {"variant": "v", "turns": (text,), "spans": (span,), "question": "See her?"}
    return Case(**given | {"frame": FRAME, "outcome": OUTCOME} | changes)


def values(shares):
    return [word.value for word in shares.words]


each_method = pytest.mark.parametrize("method", METHODS, ids=lambda one: one.name)


def test_both_kinds_of_method_are_there():
    assert {method.interventional for method in METHODS} == {True, False}


@each_method
def test_a_method_says_what_it_is(method):
    assert method.question.endswith("?")
    assert method.source
    assert method.cannot_show.endswith(".")


@each_method
@pytest.mark.parametrize("text", [*TEXTS, *OTHER_SCRIPTS])
def test_shares_make_a_lawful_record(method, tiny_models, text):
    (found,) = method.explain(tiny_models["llama"], [case(text)])
    record = Attribution(
        batch=0,
        set_id="s",
        variant="v",
        method=method.name,
        target="log_odds",
        baseline=found.baseline,
        score=found.score,
        baseline_score=found.baseline_score,
        residual=found.residual,
        words=found.words,
    )
    assert {word.part for word in record.words} == {"changed", "fact", "frame", "cue"}
    with pytest.raises(ValueError, match="the score moved"):
        Attribution(**record.model_dump() | {"residual": found.residual + 1})


@each_method
def test_together_equals_alone(method, tiny_models):
    model = tiny_models["llama"]
    together = method.explain(model, [case(text) for text in TEXTS])
    for text, found in zip(TEXTS, together, strict=True):
        (alone,) = method.explain(model, [case(text)])
        assert found == alone


@each_method
def test_the_smallest_passes_give_the_same(method, tiny_models, monkeypatch):
    model = tiny_models["llama"]
    (whole,) = method.explain(model, [case()])
    monkeypatch.setattr("audit.attribution.orders._PASS", 1)
    (small,) = method.explain(model, [case()])
    assert values(small) == pytest.approx(values(whole), abs=1e-4)


@each_method
def test_equal_prompts_have_equal_maps_and_others_do_not(method, tiny_models):
    model = tiny_models["llama"]
    one, two, other = method.explain(
        model, [case(), case(), case(TEXTS[0].replace("Dalit", "Brahmin"))]
    )
    assert one == two
    assert values(one) != pytest.approx(values(other), abs=1e-3)


@each_method
def test_the_order_of_options_is_averaged_out(method, tiny_models):
    model = tiny_models["llama"]
    mirrored = OUTCOME.model_copy(update={"answers": OUTCOME.answers[::-1]})
    one, two = method.explain(model, [case(), case(outcome=mirrored)])
    share = {(w.part, w.text): w.value for w in two.words if w.part in ("fact", "changed")}
    for word in one.words:
        if word.part in ("fact", "changed"):
            assert word.value == pytest.approx(share[word.part, word.text], abs=1e-4)


@each_method
def test_what_cannot_be_encoded_is_refused_with_its_reason(method, tiny_models):
    clash = Outcome(
        key="c",
        kind="choice",
        answers=(Answer(key="yes", text="yes"), Answer(key="no", text="yes, but later")),
        favourable="yes",
        unfavourable="no",
    )
    bad, good = method.explain(tiny_models["llama"], [case(outcome=clash), case()])
    assert isinstance(bad, Refused)
    assert "begins" in bad.detail
    assert isinstance(good, WordShares)


@each_method
def test_numbers_that_are_not_finite_are_refused(method, make_folder, load_model):
    import torch

    model = load_model(make_folder("llama"))
    with torch.no_grad():
        model.network.model.lm_head.weight[5] = float("nan")
    (found,) = method.explain(model, [case()])
    assert isinstance(found, Refused)
    assert "logits are not finite" in found.detail


class Crowded:
    """A model that has memory for so many prompts at a time."""

    def __init__(self, inner, room):
        self.inner, self.room = inner, room
        self.encode, self.embed = inner.encode, inner.embed
        self.mean_embedding, self.module = inner.mean_embedding, inner.module

    def answer_log_probs(self, encoded, embeddings):
        if len(embeddings) > self.room:
            raise MemoryError
        return self.inner.answer_log_probs(encoded, embeddings)


@each_method
def test_short_memory_means_smaller_passes(method, tiny_models):
    model = tiny_models["llama"]
    (whole,) = method.explain(model, [case()])
    (small,) = method.explain(Crowded(model, 3), [case()])
    assert values(small) == pytest.approx(values(whole), abs=1e-4)
    (none,) = method.explain(Crowded(model, 0), [case()])
    assert none == Refused("out of memory with one prompt at a time")
