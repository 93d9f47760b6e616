"""Hostile text: what acts unseen is written out, what a script needs stays."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.reporting.visible import LONGEST, visible


@pytest.mark.parametrize(
    ("character", "said"),
    [
        ("\x00", "[U+0000]"), ("\x1b", "[U+001B]"), ("\x7f", "[U+007F]"), ("\x85", "[U+0085]"),
        ("\u202e", "[U+202E]"), ("\u2066", "[U+2066]"), ("\u200f", "[U+200F]"),
        ("\u200b", "[U+200B]"), ("\u2028", "[U+2028]"), ("\ufeff", "[U+FEFF]"),
        ("\u00ad", "[U+00AD]"), ("\ue000", "[U+E000]"), ("\U000e0041", "[U+E0041]"),
        ("\ud800", "[U+D800]"),
    ],
)  # fmt: skip
def test_what_acts_unseen_is_written_out(character, said):
    assert visible(f"a{character}b") == f"a{said}b"


@pytest.mark.parametrize(
    "text",
    [
        "क्‍ष न‌ही ज़मीन", "বাংলা", "اُردو", "ᱥᱟᱱᱛᱟᱲᱤ", "ꯃꯩꯇꯩ", "👩‍⚕️", "line\nline\ttab",
        "शाम के क्लिनिक में", "a < b & c > d {{ x }}",
    ],
)  # fmt: skip
def test_what_scripts_need_stays(text):
    assert visible(text) == text


def test_line_ends_become_one():
    assert visible("a\r\nb\rc") == "a\nb\nc"


def test_towers_of_marks_are_cut_and_counted_and_ordinary_stacks_are_not():
    assert visible("e" + "\u0301" * 100 + "x") == "e" + "\u0301" * 8 + "[+92 marks]x"
    assert visible("e" + "\u0301" * 8) == "e" + "\u0301" * 8


def test_endless_words_are_cut_and_the_cut_is_said():
    shown = visible("x" * 100_000)
    assert shown.startswith("x" * 240 + " [… 5,760 further characters]")
    assert visible("x" * 240) == "x" * 240


def test_endless_texts_are_cut_and_the_cut_is_said():
    shown = visible("word " * 20_000)
    assert len(shown) < LONGEST + 100
    assert "94,000 further characters in the run folder" in shown
    assert visible("word " * 1200) == "word " * 1200


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=200))
def test_nothing_that_acts_is_left_and_showing_twice_changes_nothing(text):
    shown = visible(text)
    controls = {c for c in shown if unicodedata.category(c) in ("Cc", "Co")} - {"\n", "\t"}
    directions = {c for c in shown if unicodedata.bidirectional(c) in
                  ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")}  # fmt: skip
    assert (controls, directions) == (set(), set())
    assert visible(shown) == shown
