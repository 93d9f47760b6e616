"""Fill a template's slots for one person, by plain replacement.

A slot is filled in one of three ways: an agreement slot `{he|she|they}` by the person's
grammatical gender, `{name}` by the bare name, any other by the identity's form of that name.
Where a language gives two forms only, a person whose gender is not stated takes the first,
the language's own generic form (in Hindi the masculine honorific plural).
"""

import re
from dataclasses import dataclass

from audit.records.identities import Identity
from audit.records.probes import SLOT, Gender, Template

_SENTENCE_START = re.compile(r"(?:^|[.!?][\"')\]]?\s+|\n\s*)$")
_PLACE = {"m": 0, "f": 1, "n": 2}


@dataclass(frozen=True)
class Person:
    """Who stands in a template: what they are called, and as what.

    Attributes:
        identity: The group named beside the name; None where the name alone speaks, or nobody is
            named.
    """

    called: str
    gender: Gender
    identity: Identity | None = None


def pieces(template: Template) -> tuple[tuple[str, ...], ...]:
    """Return each turn as literal, slot, literal, ..., literal."""
    return tuple(tuple(SLOT.split(turn)) for turn in template.turns)


def fill(slot: str, before: str, person: Person, language: str) -> str | None:
    """Return the words for a slot, or None if the identity has no such form.

    Args:
        slot: The slot's content, e.g. "person" or "he|she|they".
        before: The text before it, for the upper case at the start of a sentence.
        person: Who stands there.
        language: The language of the template.
    """
    if "|" in slot:
        forms = slot.split("|")
        place = _PLACE[person.gender]
        return forms[place] if place < len(forms) else forms[0]
    words = _named(slot, person, language)
    if words and _SENTENCE_START.search(before):
        return words[0].upper() + words[1:]
    return words


def _named(slot: str, person: Person, language: str) -> str | None:
    if slot == "name" or person.identity is None:
        return person.called
    form = person.identity.form(language, slot, person.gender)
    if form is None and person.gender == "n":
        form = person.identity.form(language, slot, "m")
    return None if form is None else form.replace("{name}", person.called)
