"""Log-odds equal a plain forward pass over one text at a time, whatever the batch."""

import itertools
import math

import pytest
import torch

from audit.models.contract import Ask, Scored

FAMILIES = ("llama", "gpt2", "qwen2", "gpt_neox", "gemma")
YES_NO = (("yes", "Yes"), ("no", "No"))
TRIAGE = (("emergency",), ("today",), ("this week",), ("self-care", "Self-care"))
HINDI = (("हाँ", "जी हाँ"), ("नहीं",))
CASE = "The applicant Meena has six years of experience."
ASKS = [
    Ask((f"{CASE}\n\nShould she be seen?\nAnswer yes or no",), "Answer:", YES_NO),
    Ask((f"{CASE}\n\nShould she be seen?\nAnswer no or yes",), "Answer:", YES_NO[::-1]),
    Ask(("Short.",), "Answer:", TRIAGE),
    Ask(("First turn.", "Noted.", "Which one? " * 30), "Answer:", TRIAGE),
    Ask(("रमेश ने आवेदन किया है। क्या उन्हें बुलाना चाहिए?",), "उत्तर:", HINDI),
    Ask(("The prompt ends in a space.",), "Answer: ", YES_NO),
    Ask(("No cue at all, but a question?",), "", YES_NO),
]  # fmt: skip


def plain_log_probs(model, ask):
    """The definition, slowly: encode each whole text, one forward pass a form, float32."""
    tokenizer, network = model.wording.tokenizer, model.network.model
    text = "\n\n".join(ask.turns) + (f"\n{ask.cue}" if ask.cue else "")
    assert text == model.prompt_text(ask)
    spaced = [""] if text[-1:].isspace() else ["", " "]
    joint = [
        [tokenizer(text + space + form)["input_ids"] for form in forms for space in spaced]
        for forms in ask.answers
    ]
    everything = [tokenizer(text)["input_ids"], *itertools.chain(*joint)]
    shared = 0
    while all(len(t) > shared and t[shared] == everything[0][shared] for t in everything):
        shared += 1
    sums = []
    for ids in joint:
        counted = {
            tuple(i) for i in ids
            if not any(i != j and i[: len(j)] == j for j in ids)
        }  # fmt: skip
        total = 0.0
        for tokens in counted:
            with torch.no_grad():
                logits = network(input_ids=torch.tensor([tokens])).logits[0].float()
            log_probs = torch.log_softmax(logits, dim=-1)
            rest = range(shared, len(tokens))
            total += math.exp(sum(float(log_probs[place - 1, tokens[place]]) for place in rest))
        sums.append(math.log(total))
    return sums


@pytest.mark.parametrize("family", FAMILIES)
def test_any_batch_equals_one_text_at_a_time(tiny_models, family):
    model = tiny_models[family]
    expected = [plain_log_probs(model, ask) for ask in ASKS]
    whole = model.score(ASKS)
    backwards = model.score(ASKS[::-1])[::-1]
    single = [model.score([ask])[0] for ask in ASKS]
    for scored in (whole, backwards, single):
        assert all(isinstance(found, Scored) for found in scored), scored
        for found, known in zip(scored, expected, strict=True):
            assert found.log_probs == pytest.approx(known, abs=1e-4)
    # control: the numbers differ between asks by far more than the tolerance
    assert abs(expected[0][0] - expected[2][0]) > 1e-2


@pytest.mark.parametrize("family", FAMILIES)
def test_every_known_family_takes_the_quick_routes(tiny_models, family):
    network = tiny_models[family].network
    assert (network.route, network.packs) == ("logits_to_keep", True)
