"""Scripts: which writing systems a text uses, and which of them this machine can draw.

Asked of fontconfig, because WeasyPrint draws with what fontconfig finds and puts an empty
box where it finds nothing.
"""

import re
import shutil
import subprocess

_SCRIPTS = (
    ("Devanagari", "\u0900-\u097f", "\u0915"),
    ("Bengali", "\u0980-\u09ff", "\u0995"),
    ("Gurmukhi", "\u0a00-\u0a7f", "\u0a15"),
    ("Gujarati", "\u0a80-\u0aff", "\u0a95"),
    ("Odia", "\u0b00-\u0b7f", "\u0b15"),
    ("Tamil", "\u0b80-\u0bff", "\u0b95"),
    ("Telugu", "\u0c00-\u0c7f", "\u0c15"),
    ("Kannada", "\u0c80-\u0cff", "\u0c95"),
    ("Malayalam", "\u0d00-\u0d7f", "\u0d15"),
    ("Arabic", "\u0600-\u06ff\u0750-\u077f", "\u0627"),
    ("Ol Chiki", "\u1c50-\u1c7f", "\u1c5a"),
    ("Meetei Mayek", "\uabc0-\uabff", "\uabc0"),
    ("Latin", "A-Za-z", "A"),
)


def scripts_in(text: str) -> tuple[str, ...]:
    """Return the names of the writing systems that occur in the text, in a fixed order."""
    return tuple(name for name, span, _ in _SCRIPTS if re.search(f"[{span}]", text))


def all_scripts() -> tuple[str, ...]:
    """Return the names of all writing systems that reports may need."""
    return tuple(name for name, _, _ in _SCRIPTS)


def undrawable(scripts: tuple[str, ...]) -> tuple[str, ...]:
    """Return those scripts for which no font is installed; none where nobody can be asked."""
    asked = shutil.which("fc-list")
    if asked is None:
        return ()
    letters = {name: letter for name, _, letter in _SCRIPTS}
    return tuple(name for name in scripts if not _has_font(asked, letters[name]))


def _has_font(asked: str, letter: str) -> bool:
    found = subprocess.run(  # noqa: S603
        [asked, f":charset={ord(letter):x}", "file"], capture_output=True, check=False, text=True
    )
    return found.returncode != 0 or bool(found.stdout.strip())
