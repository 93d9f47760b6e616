"""Counted answer forms never sum to more than one; what cannot be scored says why."""

import dataclasses
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from audit.models.causal import CausalModel
from audit.models.contract import Ask, NotScored, Scored
from audit.models.encoding import _tail, _tokens, make_encoder

YES_NO = (("yes", "Yes"), ("no", "No"))
LETTERS = "yesno YESNO.,हाँनहीं आज"
FORM = st.text(LETTERS, min_size=1, max_size=6).filter(lambda form: form.strip())
ANSWER = st.lists(FORM, min_size=1, max_size=4).map(tuple)


@given(
    prompt=st.text(LETTERS + "\n:", min_size=1, max_size=60),
    answers=st.lists(ANSWER, min_size=2, max_size=4).map(tuple),
)
def test_probabilities_sum_to_at_most_one(tiny_models, prompt, answers):
    (found,) = tiny_models["llama"].score([Ask((prompt,), "", answers)])
    if isinstance(found, Scored):
        assert len(found.log_probs) == len(answers)
        assert sum(math.exp(value) for value in found.log_probs) <= 1 + 1e-6
    else:
        assert found.kind == "error"
        assert "begins" in found.detail


@pytest.mark.parametrize("kind", ["byte-level", "metaspace", "no breaks"])
@given(prompt=st.text(LETTERS + "\n:", min_size=1, max_size=200), answer=ANSWER)
def test_remembered_tails_give_the_joint_encoding(tokenizers, kind, prompt, answer):
    """The shortcut over the prompt's last stretch changes no token of any joint encoding."""
    tokenizer = tokenizers[kind]
    context = make_encoder(tokenizer, chat=False, limit=0).encode(prompt, (answer,))
    if isinstance(context, NotScored):
        assert context.detail == "the prompt has no token that all answers share"
        return
    spaced = answer if prompt[-1].isspace() else (*answer, *(f" {form}" for form in answer))
    joint = {tuple(tokenizer(prompt + form)["input_ids"]) for form in spaced}
    counted = {context.tokens.ids + form for form in context.answers[0]}
    assert counted <= joint
    assert all(any(ids[: len(c)] == c for c in counted) for ids in joint)


def test_only_the_last_stretch_of_a_long_prompt_is_encoded_with_the_forms(tiny_models):
    """Control: the shortcut above is taken."""
    tokenizer = tiny_models["gpt2"].wording.tokenizer
    prompt = "yes no, " * 40 + "Should the clinic see the patient today?\nAnswer:"
    tail = _tail(tokenizer, prompt, _tokens(tokenizer, prompt))
    assert prompt.endswith(tail)
    assert 32 <= len(tail) < 60


@pytest.fixture(scope="module")
def tokenizers(tiny_models):
    """How tokenizers of the great families treat white space, small."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    def trained(breaks, decoder):
        bare = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=False))
        if breaks is not None:
            bare.pre_tokenizer = breaks
        if decoder is not None:
            bare.decoder = decoder
        trainer = trainers.BpeTrainer(
            vocab_size=200, special_tokens=["<unk>"], initial_alphabet=list(LETTERS + "\n:▁"),
            show_progress=False,
        )  # fmt: skip
        bare.train_from_iterator([LETTERS, "yes no, yes yes. हाँ नहीं हाँ आज\n yes: no"] * 9, trainer)
        return PreTrainedTokenizerFast(tokenizer_object=bare, unk_token="<unk>")

    return {
        "byte-level": tiny_models["gpt2"].wording.tokenizer,
        "metaspace": trained(pre_tokenizers.Metaspace(), decoders.Metaspace()),
        "no breaks": trained(None, decoders.Fuse()),
    }


def test_a_form_that_extends_another_of_its_answer_is_contained_in_it(tiny_models):
    model = tiny_models["llama"]
    alone, both = model.score(
        [
            Ask(("See her?",), "Answer: ", (("yes",), ("no",))),
            Ask(("See her?",), "Answer: ", (("yes", "yes, today"), ("no",))),
        ]
    )
    assert both.log_probs == pytest.approx(alone.log_probs, abs=1e-5)
    # control: a form that extends nothing adds probability
    (more,) = model.score([Ask(("See her?",), "Answer: ", (("yes", "today"), ("no",)))])
    assert more.log_probs[0] > alone.log_probs[0] + 1e-4


def test_answers_that_begin_one_another_are_refused_by_name(tiny_models):
    (found,) = tiny_models["llama"].score(
        [Ask(("See her?",), "Answer: ", (("today",), ("today, at once",)))]
    )
    assert found == NotScored(
        "error",
        "the answer form 'today' begins 'today, at once' of another answer; reword one of them",
    )


def test_a_leading_space_counts_only_after_a_prompt_without_one(tiny_models):
    encoder = tiny_models["llama"].encoder
    open_end = encoder.encode("Answer:", (("yes",), ("no",)))
    spaced = encoder.encode("Answer: ", (("yes",), ("no",)))
    assert [len(answer) for answer in open_end.answers] == [2, 2]
    assert [len(answer) for answer in spaced.answers] == [1, 1]


def test_a_script_that_the_tokenizer_lacks_is_unencodable(make_folder, load_model):
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    folder = make_folder("llama")
    words = ["Is", "she", "ill", "?", "Answer", ":", "yes", "no", "<unk>"]
    bare = Tokenizer(models.WordLevel({w: n for n, w in enumerate(words)}, unk_token="<unk>"))
    bare.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=bare, unk_token="<unk>").save_pretrained(folder)
    model = load_model(folder)
    good, prompt, answer = model.score(
        [
            Ask(("Is she ill ?",), "Answer :", (("yes",), ("no",))),
            Ask(("क्या वह बीमार है ?",), "Answer :", (("yes",), ("no",))),
            Ask(("Is she ill ?",), "Answer :", (("हाँ",), ("no",))),
        ]
    )
    assert isinstance(good, Scored)
    assert prompt.kind == answer.kind == "unencodable"
    assert "of the prompt" in prompt.detail
    assert "of the answer 'हाँ'" in answer.detail


def test_characters_dropped_without_a_token_are_unencodable_too(make_folder, load_model):
    from tokenizers import Tokenizer, decoders, models
    from transformers import PreTrainedTokenizerFast

    folder = make_folder("llama")
    letters = "abcdefghijklmnopqrstuvwxyz ?:"
    bare = Tokenizer(models.BPE({c: n for n, c in enumerate(letters)}, []))
    bare.decoder = decoders.Fuse()
    PreTrainedTokenizerFast(tokenizer_object=bare).save_pretrained(folder)
    good, bad = load_model(folder).score(
        [
            Ask(("is she ill?",), "answer: ", (("yes",), ("no",))),
            Ask(("is मीना ill?",), "answer: ", (("yes",), ("no",))),
        ]
    )
    assert isinstance(good, Scored)
    assert bad.kind == "unencodable"


def test_a_prompt_beyond_the_context_fails_alone(make_folder, load_model):
    model = load_model(make_folder("llama", max_position_embeddings=64))
    long, short = model.score(
        [Ask(("word " * 90,), "Answer:", YES_NO), Ask(("word",), "Answer:", YES_NO)]
    )
    assert long.kind == "error"
    assert long.detail.startswith("longer than context")
    assert isinstance(short, Scored)


def _spoilt(model: CausalModel, token):
    """The same model with one token whose embedding is not a number."""
    import copy

    network = copy.deepcopy(model.network.model)
    with torch.no_grad():
        network.get_input_embeddings().weight[token] = math.nan
    return dataclasses.replace(model, network=dataclasses.replace(model.network, model=network))


def test_logits_that_are_not_finite_fail_their_own_ask_only(tiny_models):
    model = tiny_models["llama"]
    (token,) = model.wording.tokenizer("%", add_special_tokens=False)["input_ids"]
    shared = "The applicant Meena has six years of experience"
    asks = [Ask((f"{shared}{end}",), "Answer:", YES_NO) for end in (". Yes?", " % . Yes?", ".")]
    assert model.network.packs  # the three share a row
    found = _spoilt(model, token).score(asks)
    clean = model.score(asks)
    assert found[1] == NotScored("error", "logits are not finite")
    for number in (0, 2):
        assert found[number].log_probs == pytest.approx(clean[number].log_probs, abs=1e-5)


@pytest.mark.parametrize(
    "fault",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 9 bytes"),
    ],
)
def test_out_of_memory_is_one_error_whatever_the_device(tiny_models, fault):
    model = tiny_models["llama"]

    def exhausted(*_):
        raise fault

    hook = model.network.model.register_forward_pre_hook(exhausted)
    try:
        with pytest.raises(MemoryError):
            model.score([Ask(("a",), "Answer:", YES_NO)])
    finally:
        hook.remove()
    assert isinstance(model.score([Ask(("a",), "Answer:", YES_NO)])[0], Scored)


def test_other_runtime_errors_stay_what_they_are(tiny_models):
    model = tiny_models["llama"]

    def broken(*_):
        raise RuntimeError("shapes do not fit")

    hook = model.network.model.register_forward_pre_hook(broken)
    try:
        with pytest.raises(RuntimeError, match="shapes"):
            model.score([Ask(("a",), "Answer:", YES_NO)])
    finally:
        hook.remove()


def test_cost_counts_every_token_that_is_read(tiny_models):
    model = tiny_models["llama"]
    short = model.cost(Ask(("a",), "Answer:", YES_NO))
    longer = model.cost(Ask(("a b c d e f g",), "Answer:", YES_NO))
    context = model.encoder.encode(model.prompt_text(Ask(("a",), "Answer:", YES_NO)), YES_NO)
    forms = [form for answer in context.answers for form in answer]
    assert short == len(context.tokens.ids) + sum(len(form) - 1 for form in forms)
    assert longer > short
