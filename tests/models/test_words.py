"""Tokens become words through characters: nothing is lost, no letter is cut from its sign."""

import pytest
import regex
import torch
from hypothesis import given
from hypothesis import strategies as st

from audit.attribution.gradients import by_word
from audit.attribution.orders import prepare
from audit.models.asking import listings
from audit.models.cases import Case
from audit.models.words import words_of
from audit.records.counterfactuals import Span
from audit.records.probes import Answer, Frame, Outcome

FRAME = Frame(ask="उत्तर: {options}।", separator=" या ", cue="उत्तर:")
OUTCOME = Outcome(
    key="c",
    kind="choice",
    answers=(Answer(key="yes", text="हाँ"), Answer(key="no", text="नहीं")),
    favourable="yes",
    unfavourable="no",
)
TEXTS = {
    "hindi": ("डॉक्टर ने दलित महिला को देखा। वह बीमार है॥", "दलित महिला"),
    "tamil": ("அவர் ஒரு நர்ஸ், இன்று வந்தார்.", "நர்ஸ்"),
    "urdu": ("وہ مسلمان مریض ہے۔ اسے بخار ہے۔", "مسلمان"),
    "english": ("The doctor saw a Dalit woman, today.", "Dalit woman"),
}


def case(text, changed):
    start = text.index(changed)
    spans = (Span(turn=0, start=start, end=start + len(changed)),)
    return Case("v", (text,), spans, "क्या उन्हें बुलाएँ?", FRAME, OUTCOME)


def found(model, one, order=0):
    listing = listings(one, one.spans)[order]
    encoded = model.encode(listing.ask)
    return encoded, words_of(encoded, listing)


@pytest.mark.parametrize("name", TEXTS)
def test_words_are_what_stands_between_white_space(tiny_models, name):
    text, changed = TEXTS[name]
    encoded, words = found(tiny_models["llama"], case(text, changed))
    facts = [word.text for word in words if word.part in ("fact", "changed")]
    before, after = text.split(changed)
    assert facts == [*before.split(), changed, *after.split()]
    assert all(encoded.text[word.start : word.end] == word.text for word in words)
    assert [word.text for word in words if word.part == "cue"] == ["उत्तर:"]
    assert [word.unit for word in words if word.part == "changed"] == [0]
    frame = [word.text for word in words if word.part == "frame"]
    assert frame == ["क्या", "उन्हें", "बुलाएँ?", "उत्तर:", "हाँ", "या", "नहीं", "।"]


@pytest.mark.parametrize("name", TEXTS)
def test_every_letters_tokens_are_shared_out_whole(tiny_models, name):
    encoded, words = found(tiny_models["llama"], case(*TEXTS[name]))
    shares = [0.0] * len(encoded.ids)
    for word in words:
        assert word.tokens
        for token, share in word.tokens:
            shares[token] += share
    for token, (start, end) in enumerate(encoded.offsets):
        expected = 1.0 if encoded.text[start:end].strip() else 0.0
        assert shares[token] == pytest.approx(expected)


def test_indic_letters_take_many_tokens_here(tiny_models):
    """Control: the cases above do test letters of several tokens, all with one place."""
    encoded, words = found(tiny_models["llama"], case(*TEXTS["tamil"]))
    assert len(set(encoded.offsets)) < len(encoded.offsets)
    assert max(len(word.tokens) for word in words) > max(len(word.text) for word in words)


CUTS = {  # text, what the span holds, the cluster it must take, the words left
    "hindi": ("वह बीमार रहा है", "हा", "हा", ["वह", "बीमार", "र", "है"]),
    "tamil": ("அவள் நர்ஸ் ஆவாள்", "ர்", "ர்", ["அவள்", "ந", "ஸ்", "ஆவாள்"]),
    "urdu": ("وہ ایک مُسلم ہے", "مُ", "مُ", ["وہ", "ایک", "سلم", "ہے"]),
}


@pytest.mark.parametrize("name", CUTS)
def test_a_span_that_cuts_a_letter_takes_its_whole_cluster(tiny_models, name):
    """The span holds a sign alone: a vowel, a pulli, a damma."""
    text, letter, cluster, rest = CUTS[name]
    sign = text.index(letter) + 1
    one = Case("v", (text,), (Span(turn=0, start=sign, end=sign + 1),), "क्या?", FRAME, OUTCOME)
    _, words = found(tiny_models["llama"], one)
    assert [w.text for w in words if w.part == "changed"] == [cluster]
    assert [w.text for w in words if w.part == "fact"] == rest


@pytest.mark.parametrize("name", ["hindi", "tamil", "urdu"])
def test_a_words_value_is_the_signed_sum_over_its_letters(tiny_models, name):
    """Once more, slowly: each token's value in equal parts to its letters, white space out."""
    one = case(*TEXTS[name])
    explained = prepare(tiny_models["llama"], one, listings(one, one.spans)[0])
    text, offsets = explained.encoded.text, explained.encoded.offsets
    values = torch.tensor([(-1.0) ** n * (n + 1) for n in range(len(offsets))])
    letters = [0.0] * len(text)
    for value, (start, end) in zip(values.tolist(), offsets, strict=True):
        seen = [place for place in range(start, end) if not text[place].isspace()]
        for place in seen:
            letters[place] += value / len(seen)
    expected = [sum(letters[word.start : word.end]) for word in explained.words]
    assert list(by_word(explained, values)) == pytest.approx(expected)
    sizes = list(by_word(explained, values.abs()))
    apart = [abs(a) < b / 2 for a, b in zip(expected, sizes, strict=True)]
    assert any(apart)  # control: signs do cancel inside a word of many tokens


def test_an_empty_span_is_a_word_without_tokens(tiny_models):
    one = Case("v", ("She came.",), (Span(turn=0, start=4, end=4),), "क्या?", FRAME, OUTCOME)
    _, words = found(tiny_models["llama"], one)
    (changed,) = [word for word in words if word.part == "changed"]
    assert (changed.text, changed.tokens) == ("", ())
    assert [w.text for w in words if w.part == "fact"] == ["She", "came."]


def test_words_have_the_same_keys_and_texts_in_both_orders(tiny_models):
    one = case(*TEXTS["hindi"])
    (_, first), (_, second) = (found(tiny_models["llama"], one, order) for order in (0, 1))
    assert {w.key: w.text for w in first} == {w.key: w.text for w in second}
    assert [w.text for w in first] != [w.text for w in second]  # the options moved
    assert len({w.key for w in first}) == len(first)


@given(
    text=st.text("aक्ि்ரஸ்ا، ।.\u200d ", min_size=1, max_size=30),
    cut=st.tuples(st.integers(0, 30), st.integers(0, 30)),
)
def test_any_cut_keeps_clusters_whole(tiny_models, text, cut):
    start, end = sorted(min(c, len(text)) for c in cut)
    one = Case("v", (text,), (Span(turn=0, start=start, end=end),), "क्या?", FRAME, OUTCOME)
    _, words = found(tiny_models["llama"], one)
    prompt = [word for word in words if word.part in ("fact", "changed")]
    borders = {0, *(match.end() for match in regex.finditer(r"\X", text))}
    taken = []
    for word in prompt:
        if word.part == "changed" or not word.text[:1].isspace():
            taken += range(word.start, word.end)
        if word.part == "changed":
            assert {word.start, word.end} <= borders
    assert len(taken) == len(set(taken))  # no letter stands in two words
    assert {n for n, letter in enumerate(text) if not letter.isspace()} <= set(taken)
