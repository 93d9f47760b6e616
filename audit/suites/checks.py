"""The curator's checks: what a schema cannot say about suites, identities and names.

Each check is a small function from the library to faults; `check` runs them all. Floors are those
of a defensible comparison: 20 templates and 10 names (measured in docs/method.md).
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from audit.errors import SuiteError
from audit.records.identities import NameList
from audit.records.probes import SLOT, ProbeSuite, Template
from audit.suites.expansion import Selection, expand
from audit.suites.library import Library

FLOOR_TEMPLATES = 20
FLOOR_NAMES = 10
LARGEST_OVERLAP = 0.6
_GRAM = 5

_AGREEMENT_FORMS = {"en": 3, "hi": 2}
_SCRIPTS = {"en": "LATIN", "hi": "DEVANAGARI"}
_JOINERS = ("\u200c", "\u200d")  # ZWNJ and ZWJ have a meaning in Indic scripts
_AFTER_PERSON = re.compile(r"\{person\}(?! [a-z{])")


@dataclass(frozen=True)
class Fault:
    """One line of the curator's table."""

    where: str
    what: str


def check(library: Library) -> list[Fault]:
    """Return every fault of the library, in the order of its keys."""
    found: list[Fault] = []
    for one in _CHECKS:
        found += one(library)
    return sorted(found, key=lambda fault: (fault.where, fault.what))


def _text(library: Library) -> Iterator[Fault]:
    """Texts are in NFC, in the script of their language, without invisible surprises."""
    for key, suite in library.suites.items():
        for template in suite.templates:
            for written in _written(template):
                for what in _text_faults(written, suite.language):
                    yield Fault(f"{key}: {template.id}", what)


def _text_faults(written: str, language: str) -> Iterator[str]:
    if written != unicodedata.normalize("NFC", written):
        yield "text is not in Unicode NFC"
    for letter in sorted(set(written)):
        category = unicodedata.category(letter)
        if category == "Cn" or (category == "Cf" and letter not in _JOINERS):
            yield f"character U+{ord(letter):04X} is unassigned or invisible"
    script = _SCRIPTS.get(language)
    foreign = {c for c in written if script and _is_foreign(c, script)}
    if foreign:
        yield f"letters of another script: {' '.join(sorted(foreign))}"


def _is_foreign(letter: str, script: str) -> bool:
    marks = unicodedata.category(letter)[0] in "LM"
    return marks and letter not in _JOINERS and script not in unicodedata.name(letter, script)


def _written(template: Template) -> Iterator[str]:
    for turn in template.turns:
        yield SLOT.sub(lambda slot: slot[1].replace("|", " ") if "|" in slot[1] else "", turn)
    yield template.question
    yield template.role


def _slots(library: Library) -> Iterator[Fault]:
    """Agreement slots have the language's number of forms; the person comes once."""
    for key, suite in library.suites.items():
        forms = _AGREEMENT_FORMS.get(suite.language)
        for template in suite.templates:
            where = f"{key}: {template.id}"
            for slot in template.slots:
                if "|" in slot and forms and len(slot.split("|")) != forms:
                    yield Fault(where, f"slot {{{slot}}} needs {forms} forms in {suite.language}")
            if template.slots.count("person") != 1:
                yield Fault(where, "{person} must stand exactly once; use {name} after it")
            if suite.language == "en" and any(map(_AFTER_PERSON.search, template.turns)):
                yield Fault(where, "{person} needs a space and a lower-case word after it")


def _gloss(library: Library) -> Iterator[Fault]:
    """Every text that is not English says in English what it means."""
    for key, suite in library.suites.items():
        for template in suite.templates:
            if suite.language != "en" and not template.gloss.strip():
                yield Fault(f"{key}: {template.id}", "no English gloss")


def _floors(library: Library) -> Iterator[Fault]:
    """Suites and name lists are large enough for a defensible comparison."""
    for key, suite in library.suites.items():
        if len(suite.templates) < FLOOR_TEMPLATES:
            yield Fault(key, f"{len(suite.templates)} templates; the floor is {FLOOR_TEMPLATES}")
    for key, names in library.name_lists.items():
        units = {name.unit for name in names.names if not name.ambiguous}
        if len(units) < FLOOR_NAMES:
            yield Fault(f"names/{key}", f"{len(units)} distinct units; the floor is {FLOOR_NAMES}")


def _same_cases(library: Library) -> Iterator[Fault]:
    """A suite has the same cases in every language: one cluster, one id."""
    by_id: dict[str, list[ProbeSuite]] = {}
    for suite in library.suites.values():
        by_id.setdefault(suite.id, []).append(suite)
    for suites in by_id.values():
        every = {template.id for suite in suites for template in suite.templates}
        for suite in suites:
            for missing in sorted(every - {template.id for template in suite.templates}):
                yield Fault(suite.key, f"case {missing!r} exists in another language only")


def _likeness(library: Library) -> Iterator[Fault]:
    """No two templates of a suite share most of their five-word sequences."""
    for key, suite in library.suites.items():
        grams = {template.id: _grams(template) for template in suite.templates}
        for one, two in combinations(grams, 2):
            smaller = min(len(grams[one]), len(grams[two]))
            shared = len(grams[one] & grams[two])
            if smaller and shared / smaller > LARGEST_OVERLAP:
                yield Fault(f"{key}: {one}", f"shares {shared / smaller:.0%} with {two}")


def _grams(template: Template) -> set[tuple[str, ...]]:
    words = SLOT.sub("", " ".join(template.turns)).split()
    return {tuple(words[i : i + _GRAM]) for i in range(len(words) - _GRAM + 1)}


def _names(library: Library) -> Iterator[Fault]:
    """No name signals two groups of one axis, and every signalled group exists."""
    for names in library.name_lists.values():
        for axis, group in names.signals.items():
            known = library.axes.get(axis)
            if known is None or group not in {one.key for one in known.groups}:
                yield Fault(f"names/{names.key}", f"signals unknown group {axis}.{group}")
    for one, two in combinations(library.name_lists.values(), 2):
        for axis in one.signals.keys() & two.signals.keys():
            if one.signals[axis] != two.signals[axis]:
                yield from _shared(one, two)


def _shared(one: NameList, two: NameList) -> Iterator[Fault]:
    mine = {text for name in one.names for text in name.text.values() if not name.ambiguous}
    theirs = {text for name in two.names for text in name.text.values() if not name.ambiguous}
    for text in sorted(mine & theirs):
        yield Fault(f"names/{one.key}", f"{text!r} also stands in names/{two.key}: flag it")


def _expands(library: Library) -> Iterator[Fault]:
    """Every template can be written for every group, equal outside the changed spans."""
    for key in library.suites:
        selection = Selection(
            suites=(key,),
            axes=tuple(library.axes),
            cues=("label", "name"),
            templates=0,
            names=1,
            seed=0,
        )
        try:
            for _ in expand(library, selection):
                pass
        except (SuiteError, ValueError) as fault:
            yield Fault(key, " ".join(str(fault).split()))


_CHECKS: tuple[Callable[[Library], Iterator[Fault]], ...] = (
    _text,
    _slots,
    _gloss,
    _floors,
    _same_cases,
    _likeness,
    _names,
    _expands,
)
