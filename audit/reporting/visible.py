"""Visible: what a hostile text may not do to a page.

Every text that a template prints passes here before it is escaped. What would act without
being seen (control characters, direction overrides, invisible and unassigned characters)
is written out as its code point; the joiners that Indic scripts and emoji need (U+200C,
U+200D, variation selectors) stay. Towers of combining marks and endless texts are cut, and
the cut is said.

Source: Unicode Technical Report 36 (security considerations), Unicode Standard Annex 9.
"""

import re
import unicodedata

LONGEST = 6000  # characters of one text; the run folder holds the whole
_LONGEST_WORD = 240  # characters without a space; digests and addresses are shorter
_MARKS = 8  # combining marks on one letter; no living script needs more than four

_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff"
_ACTING = re.compile(f"[{_INVISIBLE}{_CONTROL}]")
_BEYOND_ASCII = re.compile(r"[^\x20-\x7e\n\t]")
_ENDLESS = re.compile(rf"(\S{{{_LONGEST_WORD}}})(\S+)")
_LINE_END = re.compile(r"\r\n?")


def visible(text: str) -> str:
    """Return the text with everything that acts unseen written out; still to be escaped."""
    cut = _ENDLESS.sub(_cut_word, _shortened(_LINE_END.sub("\n", text)))
    if not _BEYOND_ASCII.search(cut):
        return cut
    return _without_towers(_ACTING.sub(_code_point, cut))


def _shortened(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]} [… {len(text) - LONGEST:,} further characters in the run folder]"


def _cut_word(found: re.Match[str]) -> str:
    return f"{found[1]} [… {len(found[2]):,} further characters]"


def _code_point(found: re.Match[str]) -> str:
    return f"[U+{ord(found.group()):04X}]"


def _without_towers(text: str) -> str:
    """Return the text with at most eight combining marks in a row, the rest counted."""
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else _close(kept, run)
        if run <= _MARKS:
            kept.append(character)
    _close(kept, run)
    return "".join(kept)


def _close(kept: list[str], run: int) -> int:
    """Say how many marks were dropped; return an empty run."""
    if run > _MARKS:
        kept.append(f"[+{run - _MARKS} marks]")
    return 0
