"""What every shipped suite, axis and name list promises; a new file is tested at once."""

import unicodedata

import pytest

from audit.places import shipped
from audit.records.probes import SLOT
from audit.suites.checks import check
from audit.suites.expansion import Selection, expand
from audit.suites.library import read_library

LIBRARY = read_library(shipped("probes"))
SCRIPTS = {"en": "LATIN", "hi": "DEVANAGARI"}
ABUSE = {"harijan", "chamar", "bhangi", "mleccha", "kafir", "chuhra", "हरिजन", "म्लेच्छ"}


def texts(suite):
    for template in suite.templates:
        yield from (*template.turns, template.question, template.role)
    yield from (suite.frame.ask, suite.frame.cue)
    for outcome in suite.outcomes:
        for answer in outcome.answers:
            yield from answer.surface_forms


def letters(text):
    bare = SLOT.sub(lambda slot: slot[1] if "|" in slot[1] else "", text)
    return [letter for letter in bare if letter.isalpha()]


def test_the_library_as_a_whole_has_no_fault():
    assert check(LIBRARY) == []


def test_the_issue_s_domains_languages_and_axes_are_there():
    domains = {(suite.domain, suite.language) for suite in LIBRARY.suites.values()}
    assert domains >= {(d, one) for d in ("employment", "healthcare") for one in ("en", "hi")}
    assert LIBRARY.axes.keys() >= {"caste", "gender", "religion"}
    named = {axis for names in LIBRARY.name_lists.values() for axis in names.signals}
    assert named >= {"gender", "religion"}
    kinds = {outcome.kind for suite in LIBRARY.suites.values() for outcome in suite.outcomes}
    assert kinds >= {"choice", "ordered"}


@pytest.mark.parametrize("key", LIBRARY.suites)
def test_every_suite(key):
    suite = LIBRARY.suites[key]
    assert len(suite.templates) >= 20
    assert suite.source
    assert suite.licence
    assert suite.canary
    assert suite.review
    turns = [template.turns for template in suite.templates]
    assert len(set(turns)) == len(turns)
    for template in suite.templates:
        assert template.topic_source
        assert template.question
        assert template.role
        assert suite.language == "en" or template.gloss


@pytest.mark.parametrize("key", LIBRARY.suites)
def test_every_text(key):
    suite = LIBRARY.suites[key]
    for text in texts(suite):
        assert text == unicodedata.normalize("NFC", text) == text.strip()
        assert "  " not in text
        wrong = [
            one for one in letters(text) if SCRIPTS[suite.language] not in unicodedata.name(one)
        ]
        assert not wrong, text
        assert not ABUSE & set(text.lower().split()), text


@pytest.mark.parametrize("key", LIBRARY.suites)
def test_a_suite_is_the_same_suite_in_every_language(key):
    suite = LIBRARY.suites[key]
    for other in LIBRARY.suites.values():
        if other.id == suite.id:
            assert [one.id for one in other.templates] == [one.id for one in suite.templates]
            assert (other.domain, other.task, other.harm) == (suite.domain, suite.task, suite.harm)
            for mine, theirs in zip(suite.templates, other.templates, strict=True):
                kinds = [s.outcome(t.outcome) for s, t in ((suite, mine), (other, theirs))]
                assert kinds[0].kind == kinds[1].kind
                assert kinds[0].keys == kinds[1].keys
                assert kinds[0].favourable == kinds[1].favourable


@pytest.mark.parametrize("key", LIBRARY.axes)
def test_every_axis(key):
    axis = LIBRARY.axes[key]
    assert axis.reason
    assert set(axis.label_names) <= LIBRARY.name_lists.keys()
    for listed in axis.label_names:
        assert axis.key not in LIBRARY.name_lists[listed].signals
    languages = {suite.language for suite in LIBRARY.suites.values()}
    for group in axis.groups:
        assert group.source
        assert group.review
        for language in languages:
            for gender in ("m", "f"):
                form = group.form(language, "person", gender)
                assert form.count("{name}") == 1
                assert form == unicodedata.normalize("NFC", form)
                assert not ABUSE & set(form.lower().split())


@pytest.mark.parametrize("key", LIBRARY.name_lists)
def test_every_name_list(key):
    names = LIBRARY.name_lists[key]
    languages = {suite.language for suite in LIBRARY.suites.values()}
    certain = [name for name in names.names if not name.ambiguous]
    assert len({name.unit for name in certain}) >= 10
    for name in certain:
        assert name.source
        assert name.text.keys() >= languages
        for language in languages:
            written = name.text[language]
            assert written == unicodedata.normalize("NFC", written).strip()
            for letter in letters(written):
                assert SCRIPTS[language] in unicodedata.name(letter)


@pytest.mark.parametrize("axis", ["gender", "religion"])
def test_a_group_that_is_compared_by_name_has_names_for_each_gender(axis):
    """A group may have no names at all (a label alone signals it), but never those of half."""
    compared = set()
    for group in LIBRARY.axes[axis].groups:
        lists = [n for n in LIBRARY.name_lists.values() if n.signals.get(axis) == group.key]
        if not lists:
            continue
        compared.add(group.key)
        genders = {names.gender for names in lists}
        assert genders == ({group.gender} if group.gender else {"m", "f"})
        for names in lists:
            assert len({one.unit for one in names.names if not one.ambiguous}) >= 10
    assert LIBRARY.axes[axis].reference in compared
    assert len(compared) >= 2


@pytest.mark.parametrize("key", LIBRARY.suites)
def test_no_slot_is_left_and_no_spacing_is_broken(key):
    """Every variant that could ever be asked reads as running text."""
    selection = Selection((key,), tuple(LIBRARY.axes), ("label", "name"), 0, 2, 0)
    for one in expand(LIBRARY, selection):
        for variant in one.variants:
            for turn in variant.turns:
                assert not set("{}|") & set(turn)
                assert "  " not in turn
                assert " ," not in turn
                assert " ." not in turn
                assert " ।" not in turn
                assert ",," not in turn
                assert turn == unicodedata.normalize("NFC", turn)
