"""Prompts say what they should: one begin-of-text token, the plan's date, every turn."""

import pytest
import torch

from audit.errors import ModelError
from audit.models.contract import Ask

CHAT = (
    "{{ bos_token }}{% for m in messages %}<|{{ m['role'] }}|>\n{{ m['content'] | trim }}\n"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
DATED = "{{ bos_token }}Today is {{ strftime_now('%d %B %Y') }}, {{ date_string }}.\n" + CHAT
NO_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system turn here') }}"
    "{% endif %}" + CHAT
)
TURNS = Ask(("First question?", "Noted.", "See her?"), "Answer:", (("yes",), ("no",)))


@pytest.fixture(scope="module")
def chatty(make_folder, load_model):
    return load_model(make_folder("llama", chat_template=CHAT))


def test_a_chat_prompt_is_the_template_without_the_cue(chatty):
    assert chatty.prompt_text(TURNS) == (
        "<s><|user|>\nFirst question?\n<|assistant|>\nNoted.\n<|user|>\nSee her?\n<|assistant|>\n"
    )
    assert chatty.identity.chat_template_digest


def test_begin_of_text_comes_once(chatty, tiny_models):
    for model in (chatty, tiny_models["llama"]):
        start = model.wording.tokenizer.bos_token_id
        ids = model.encode(TURNS).ids
        assert ids[0] == start
        assert ids.count(start) == 1


def test_chat_scores_equal_a_plain_pass(chatty):
    tokenizer, network = chatty.wording.tokenizer, chatty.network.model
    text = chatty.prompt_text(TURNS)
    (found,) = chatty.score([TURNS])
    with torch.no_grad():
        for form, value in zip(("yes", "no"), found.log_probs, strict=True):
            prompt = tokenizer(text, add_special_tokens=False)["input_ids"]
            ids = tokenizer(text + form, add_special_tokens=False)["input_ids"]
            assert ids[: len(prompt)] == prompt
            log_probs = torch.log_softmax(network(torch.tensor([ids])).logits[0], dim=-1)
            plain = sum(log_probs[n - 1, ids[n]].item() for n in range(len(prompt), len(ids)))
            assert value == pytest.approx(plain, abs=1e-4)


def test_a_template_sees_the_plans_date_only(make_folder, load_model):
    model = load_model(make_folder("llama", chat_template=DATED))
    assert "Today is 01 July 2026, 01 Jul 2026." in model.prompt_text(TURNS)


def test_no_chat_puts_turns_as_paragraphs(make_folder, load_model):
    model = load_model(make_folder("llama", chat_template=CHAT), chat="off")
    assert model.prompt_text(TURNS) == "First question?\n\nNoted.\n\nSee her?\nAnswer:"
    assert model.identity.chat_template_digest == ""


def test_a_system_prompt_stands_first(make_folder, load_model):
    folder = make_folder("llama", chat_template=CHAT)
    turn = load_model(folder, system_prompt="Be brief.").prompt_text(TURNS)
    text = load_model(folder, system_prompt="Be brief.", chat="off").prompt_text(TURNS)
    assert turn.startswith("<s><|system|>\nBe brief.\n<|user|>\nFirst")
    assert text.startswith("Be brief.\n\nFirst question?")


def test_a_template_that_refuses_a_system_turn_is_named(make_folder, load_model):
    folder = make_folder("llama", chat_template=NO_SYSTEM)
    assert load_model(folder).prompt_text(TURNS)  # control: without one it is fine
    with pytest.raises(ModelError, match=r"no system turn here.*leave the system prompt out"):
        load_model(folder, system_prompt="Be brief.")


@pytest.mark.parametrize("chat", ["auto", "off"])
@pytest.mark.parametrize("system", ["", "See her? Be brief."])
def test_places_are_where_the_turns_stand(make_folder, load_model, chat, system):
    model = load_model(make_folder("llama", chat_template=CHAT), chat=chat, system_prompt=system)
    found = model.encode(TURNS)
    for start, turn in zip(found.turns, TURNS.turns, strict=True):
        assert found.text[start : start + len(turn)] == turn
    assert found.turns[2] > found.turns[1] > found.turns[0]
    assert (found.cue is None) == (chat == "auto")
    assert found.cue is None or found.text[found.cue :] == "Answer:"


def test_a_template_that_changes_a_turn_cannot_be_attributed(make_folder, load_model):
    shouting = CHAT.replace("| trim", "| upper")
    model = load_model(make_folder("llama", chat_template=shouting))
    found = model.encode(TURNS)
    assert found.kind == "error"
    assert "changes the words" in found.detail
    assert model.score([TURNS])[0].log_probs  # but it can be measured
