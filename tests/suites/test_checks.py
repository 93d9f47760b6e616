"""Each of the curator's checks finds the fault that was planted for it, and nothing else."""

import shutil

import pytest

from audit.cli.suites import check as command
from audit.errors import ExitCode
from audit.places import shipped
from audit.suites.checks import check

EN, HI = "employment/shortlist.en", "employment/shortlist.hi"


def said(library):
    return [f"{fault.where}: {fault.what}" for fault in check(library)]


def test_the_shipped_library_has_no_fault(library):
    assert said(library) == []


def first_case(library, key):
    return library.suites[key].templates[0]


def with_text(with_suite, library, key, old, new):
    turn = first_case(library, key).turns[0]
    assert old in turn
    return with_suite(library, key, template={"turns": (turn.replace(old, new, 1),)})


def test_text_that_is_not_in_nfc(library, with_suite):
    text = first_case(library, EN).turns[0] + " Cafe\u0301."
    changed = with_suite(library, EN, template={"turns": (text,)})
    where = f"{EN}: {first_case(library, EN).id}"
    assert said(changed) == [
        f"{where}: letters of another script: \u0301",
        f"{where}: text is not in Unicode NFC",
    ]


@pytest.mark.parametrize("letter", ["\u200b", "\u00ad", "\ufeff", "\u202e"])
def test_invisible_characters(library, with_suite, letter):
    changed = with_text(with_suite, library, EN, " ", f" {letter}")
    (fault,) = said(changed)
    assert fault.endswith(f"character U+{ord(letter):04X} is unassigned or invisible")


def test_joiners_are_letters_of_indic_scripts(library, with_suite):
    assert said(with_text(with_suite, library, HI, " ", " क्\u200dष ")) == []


def test_letters_of_another_script(library, with_suite):
    (fault,) = said(with_text(with_suite, library, HI, " ", " hello "))
    assert fault.endswith("letters of another script: e h l o")
    (fault,) = said(with_text(with_suite, library, EN, " ", " а "))  # a Cyrillic a
    assert "letters of another script: а" in fault


def test_the_question_and_the_role_are_read_too(library, with_suite):
    (fault,) = said(with_suite(library, EN, template={"question": "क्या?"}))
    assert "letters of another script" in fault
    (fault,) = said(with_suite(library, EN, template={"role": "the\u200b person"}))
    assert "U+200B" in fault


def test_agreement_slots_have_the_language_s_number_of_forms(library, with_suite):
    (fault,) = said(with_text(with_suite, library, EN, "{person}", "{person} and {his|her}"))
    assert fault.endswith("slot {his|her} needs 3 forms in en")
    (fault,) = said(with_text(with_suite, library, HI, "{person}", "{person} {का|की|के}"))
    assert fault.endswith("slot {का|की|के} needs 2 forms in hi")


def test_the_person_stands_once(library, with_suite):
    (fault,) = said(with_text(with_suite, library, EN, "{person}", "{person} and {person}"))
    assert fault.endswith("{person} must stand exactly once; use {name} after it")


def test_what_follows_the_person_in_english(library, with_suite):
    (fault,) = said(with_text(with_suite, library, EN, "{person}", "{person}, who"))
    assert fault.endswith("{person} needs a space and a lower-case word after it")


def test_a_missing_gloss(library, with_suite):
    (fault,) = said(with_suite(library, HI, template={"gloss": " "}))
    assert fault.endswith("no English gloss")
    assert said(with_suite(library, EN, template={"gloss": ""})) == []


def test_too_few_templates_and_cases_in_one_language_only(library, with_suite):
    templates = library.suites[EN].templates
    found = said(with_suite(library, EN, templates=templates[:19]))
    assert f"{EN}: 19 templates; the floor is 20" in found
    missing = [f"{EN}: case {one.id!r} exists in another language only" for one in templates[19:]]
    assert sorted(set(found) - {f"{EN}: 19 templates; the floor is 20"}) == sorted(missing)


def test_too_few_distinct_names(library, with_names):
    names = library.name_lists["women"].names
    found = said(with_names(library, "women", names=names[:9]))
    assert found == ["names/women: 9 distinct units; the floor is 10"]
    same = tuple(name.model_copy(update={"unit": "one"}) for name in names)
    found = said(with_names(library, "women", names=same))
    assert found == ["names/women: 1 distinct units; the floor is 10"]


def test_two_templates_that_say_the_same(library, with_suite):
    one, two = library.suites[EN].templates[:2]
    found = said(with_suite(library, EN, template={"turns": two.turns}))
    assert found == [f"{EN}: {one.id}: shares 100% with {two.id}"]


def test_a_name_that_signals_two_groups(library, with_names):
    women, men = library.name_lists["women"].names, library.name_lists["men"].names
    found = said(with_names(library, "men", names=(*men, women[0])))
    assert found == sorted(
        f"names/men: {text!r} also stands in names/women: flag it"
        for text in women[0].text.values()
    )
    flagged = women[0].model_copy(update={"ambiguous": True})
    assert said(with_names(library, "men", names=(*men, flagged))) == []


def test_a_list_that_signals_what_is_not_there(library, with_names):
    found = said(with_names(library, "men", signals={"gender": "martian"}))
    assert "names/men: signals unknown group gender.martian" in found


def test_a_slot_that_no_group_fills(library, with_suite):
    changed = with_text(with_suite, library, EN, "{person}", "{person} for {person:dative}")
    found = " ".join(said(changed))
    assert "no group of axis 'caste' fills all of {person}, {person:dative}" in found


def test_the_command_prints_the_faults_and_says_so_in_its_code(tmp_path, capsys):
    assert command(None) == ExitCode.OK
    assert capsys.readouterr().out == "0 faults\n"
    folder = shutil.copytree(shipped("probes"), tmp_path / "probes")
    path = folder / "employment" / "shortlist.hi.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{person}", "{person} ok", 1), encoding="utf-8")
    assert command(folder) == ExitCode.FAULTS
    out = capsys.readouterr().out
    assert "letters of another script: k o" in out
    assert out.endswith("1 faults\n")
