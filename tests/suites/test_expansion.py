"""Counterfactual sets differ in the named group's words and in nothing else, on every machine."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import SuiteError
from audit.records.counterfactuals import CounterfactualSet
from audit.records.identities import Axis, Identity, Name, NameList
from audit.records.probes import NO_MENTION, Answer, Frame, Outcome, ProbeSuite, Template
from audit.suites.expansion import Selection, chosen_templates, expand
from audit.suites.library import Library

EN, HI = "employment/shortlist.en", "employment/shortlist.hi"
AXES = ("caste", "gender", "religion")


def sets_of(library, suites=(EN,), axes=AXES, cues=("label", "name"), **depth):
    depth = {"templates": 2, "names": 3, "seed": 0} | depth
    return list(expand(library, Selection(tuple(suites), axes, cues, **depth)))


def cut(variant):
    """What is left of each turn when the spans are cut out: written a second time, letter-wise."""
    kept = []
    for number, turn in enumerate(variant.turns):
        inside = {
            place
            for span in variant.spans
            if span.turn == number
            for place in range(span.start, span.end)
        }
        kept.append("".join(letter for place, letter in enumerate(turn) if place not in inside))
    return kept


@pytest.fixture(scope="module")
def shipped_sets(library):
    return sets_of(library, suites=tuple(library.suites))


def test_variants_are_byte_identical_outside_their_spans(shipped_sets):
    assert len(shipped_sets) > 50
    for one in shipped_sets:
        assert len({tuple(cut(variant)) for variant in one.variants}) == 1
    a, b = shipped_sets[0].variants[:2]
    assert cut(a.model_copy(update={"spans": ()})) != cut(b.model_copy(update={"spans": ()}))


def test_a_set_that_differs_elsewhere_cannot_be_made(shipped_sets):
    one = shipped_sets[0]
    first = one.variants[0]
    spoilt = first.model_copy(update={"turns": (first.turns[0] + " ", *first.turns[1:])})
    with pytest.raises(ValueError, match="differ outside the group's words"):
        CounterfactualSet.model_validate(
            one.model_dump() | {"variants": (spoilt, *one.variants[1:])}
        )


def test_every_set_has_a_variant_that_mentions_nobody_s_group(shipped_sets):
    for one in shipped_sets:
        none = [variant for variant in one.variants if variant.group == NO_MENTION]
        assert len(none) == 1
        assert (none[0].name == "") == (one.cue == "name")


def test_labels_share_their_names_and_name_cues_nest_them(shipped_sets, library):
    for one in shipped_sets:
        by_group = {}
        for variant in one.variants:
            by_group.setdefault(variant.group, []).append(variant.name)
        if one.cue == "label":
            assert len({tuple(names) for names in by_group.values()}) == 1
            continue
        by_group.pop(NO_MENTION)
        everyone = [name for names in by_group.values() for name in names]
        assert len(set(everyone)) == len(everyone) == 3 * len(by_group)
        for group, names in by_group.items():
            allowed = {
                name.key
                for listed in library.name_lists.values()
                if listed.signals.get(one.axis) == group
                for name in listed.names
            }
            assert set(names) <= allowed


def test_genders_are_drawn_evenly_within_a_group(library):
    (one,) = sets_of(library, axes=("religion",), cues=("name",), templates=1, names=6)
    women = {n.key for k, names in library.name_lists.items() if "women" in k for n in names.names}
    for group in ("hindu", "muslim", "christian", "sikh"):
        names = [variant.name for variant in one.variants if variant.group == group]
        assert sum(name in women for name in names) == 3


GOLDEN_LABEL = ("0b2e25935b8b3f58", "30421b1ecf08a06c", "bae4429e56d72a00")
GOLDEN_NAME = ("428c99699d4bb7da", "4b8d74895cba301b", "a2c7882b1b1507e2")


def golden(library, axis, cue, suite):
    (one, *_) = sets_of(library, suites=(suite,), axes=(axis,), cues=(cue,), templates=1, names=2)
    return one.id, one.variants[0].id, one.variants[-1].id


def test_ids_are_those_of_the_content_on_every_machine(library):
    assert golden(library, "caste", "label", EN) == GOLDEN_LABEL
    assert golden(library, "religion", "name", HI) == GOLDEN_NAME


def shuffled(library, seed):
    """The same library with every list in another order."""
    rng = random.Random(seed)

    def mix(items):
        return tuple(rng.sample(list(items), len(items)))

    axes = {
        key: axis.model_copy(
            update={"groups": mix(axis.groups), "label_names": mix(axis.label_names)}
        )
        for key, axis in mix(library.axes.items())
    }
    lists = {
        key: names.model_copy(update={"names": mix(names.names)})
        for key, names in mix(library.name_lists.items())
    }
    suites = {
        key: suite.model_copy(update={"templates": mix(suite.templates)})
        for key, suite in mix(library.suites.items())
    }
    return Library(suites, axes, lists, library.files)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_a_file_s_lists_changes_no_id(library, seed):
    """The groups' order within a set is the axis file's; which variants there are is not."""

    def facts(one):
        return one.id, frozenset(variant.id for variant in one.variants)

    straight = [facts(one) for one in sets_of(library, suites=(EN, HI))]
    mixed = [facts(one) for one in sets_of(shuffled(library, seed), suites=(EN, HI))]
    assert mixed == straight
    assert straight != [facts(one) for one in sets_of(library, suites=(EN, HI), seed=1)]


def test_a_changed_text_changes_the_variant_s_id(library, with_suite):
    (first,) = sets_of(library, axes=("caste",), cues=("label",), templates=0, names=1)[:1]
    suite = library.suites[EN]
    turns = suite.template(first.template).turns
    place = next(n for n, one in enumerate(suite.templates) if one.id == first.template)
    templates = list(suite.templates)
    templates[place] = templates[place].model_copy(update={"turns": (turns[0] + " Yes.",)})
    changed = with_suite(library, EN, templates=tuple(templates))
    (again,) = sets_of(changed, axes=("caste",), cues=("label",), templates=0, names=1)[:1]
    assert again.id == first.id
    assert {v.id for v in again.variants}.isdisjoint({v.id for v in first.variants})


def test_a_name_that_two_groups_share_stands_for_neither(library, with_names):
    """The men's list gets one of the women's names; it is used between them in no language."""
    women, men = library.name_lists["women"], library.name_lists["men"]
    shared = women.names[0]
    mixed = with_names(library, "men", names=(*men.names, shared))

    def used(one_library):
        return {
            variant.name
            for one in sets_of(one_library, axes=("gender",), cues=("name",), names=0)
            for variant in one.variants
        }

    assert shared.key in used(library)
    assert shared.key not in used(mixed)
    assert {name.key for name in men.names} <= used(mixed)


def test_an_ambiguous_name_is_never_drawn(library, with_names):
    names = library.name_lists["women"].names
    flagged = (names[0].model_copy(update={"ambiguous": True}), *names[1:])
    changed = with_names(library, "women", names=flagged)
    (one,) = sets_of(changed, axes=("gender",), cues=("name",), templates=1, names=0)
    drawn = {variant.name for variant in one.variants}
    assert names[0].key not in drawn
    assert {name.key for name in names[1:]} <= drawn


def test_the_same_cases_are_drawn_in_every_language(library):
    for seed in range(5):
        english, hindi = (
            [one.id for one in chosen_templates(library.suites[key], 7, seed)] for key in (EN, HI)
        )
        assert english == hindi
    other = [one.id for one in chosen_templates(library.suites[EN], 7, 99)]
    assert other != english


def test_limit_and_depth_bound_what_is_made(library):
    assert len(sets_of(library, axes=("caste",), cues=("label",), limit=5)) == 5
    assert len(sets_of(library, axes=("caste",), cues=("label",))) == 2 * 3
    assert len(sets_of(library, axes=("caste",), cues=("label",), templates=0, names=0)) == 24 * 24


# A small library of its own: random texts, and Hindi with an agreeing word.


def small(turns, language="en", forms=None, genders=("m", "f")):
    names = tuple(
        Name(key=f"n{i}", text={"en": f"Name{i}", "hi": f"नाम{i}"}, unit=f"n{i}", source="a test")
        for i in range(2)
    )
    lists = {
        f"neutral_{gender}": NameList(
            key=f"neutral_{gender}",
            gender=gender,
            region="-",
            source="-",
            names=tuple(n.model_copy(update={"key": f"{n.key}{gender}"}) for n in names),
        )
        for gender in genders
    }
    groups = tuple(
        Identity(key=key, title=key, source="-", forms=forms or {"en": {"person": pattern}})
        for key, pattern in (("a", "{name}, an A,"), ("b", "{name}, a B,"), ("c", "C {name}"))
    )
    axis = Axis(
        key="ax", title="-", version="1", reference="a", reason="-",
        label_names=tuple(lists), groups=groups,
    )  # fmt: skip
    outcome = Outcome(
        key="o",
        kind="choice",
        answers=(Answer(key="yes", text="Yes"), Answer(key="no", text="No")),
        favourable="yes",
        unfavourable="no",
    )
    suite = ProbeSuite(
        id="d/s", version="1", language=language, domain="d", task="t", harm="h",
        frame=Frame(ask="{options}", separator=", ", cue="A:"), outcomes=(outcome,),
        templates=(Template(id="t", turns=turns, question="Q?", role="the one", outcome="o"),),
        source="-", licence="-", canary="-",
    )  # fmt: skip
    return Library({suite.key: suite}, {"ax": axis}, lists, {})


plain = st.text(
    st.characters(exclude_characters="{}", exclude_categories=("Cs",)), min_size=0, max_size=30
)
slots = st.sampled_from(["{person}", "{name}", "{he|she|they}", "{was|was|were}"])


@st.composite
def turns_with_person(draw):
    """One or three turns with any text between any slots; the person stands somewhere."""
    count = draw(st.sampled_from([1, 3]))
    turns = ["".join(draw(st.lists(st.one_of(plain, slots), max_size=6))) for _ in range(count)]
    turns[-1] += "{person}" + draw(plain)
    return tuple(turns)


@given(turns_with_person())
def test_any_template_gives_minimal_pairs(turns):
    made = sets_of(small(turns), ("d/s.en",), ("ax",), ("label",), names=0)
    assert len(made) == 4
    for one in made:
        assert [variant.group for variant in one.variants] == [NO_MENTION, "a", "b", "c"]
        assert len({tuple(cut(variant)) for variant in one.variants}) == 1
        for variant in one.variants:
            filled = {variant.turns[span.turn][span.start : span.end] for span in variant.spans}
            assert len(variant.spans) >= 1
            assert not any("{" in words for words in filled)


def test_braces_in_the_text_are_words_and_no_format():
    library = small(("100% of {person} said 'a{b'.",))
    with pytest.raises(ValueError, match="neither a name"):
        small(("{0} and {person}",))
    (one, *_) = sets_of(library, ("d/s.en",), ("ax",), ("label",))
    assert one.variants[1].turns[0].startswith("100% of Name")


def test_a_person_is_upper_case_at_the_start_of_a_sentence_only():
    forms = {"en": {"person": "the A called {name}"}}
    library = small(("{person} came. We saw {person}. {person} left.",), forms=forms)
    (one, *_) = sets_of(library, ("d/s.en",), ("ax",), ("label",), names=1)
    words = one.variants[1].turns[0]
    assert words.startswith("The A called")
    assert "saw the A called" in words
    assert ". The A called" in words


def test_a_slot_that_no_group_fills_is_named_with_its_mend():
    library = small(("{person:dative} is given work, says {person}.",))
    with pytest.raises(SuiteError) as caught:
        sets_of(library, ("d/s.en",), ("ax",), ("label",))
    assert str(caught.value) == (
        "suite d/s.en, template t: no group of axis 'ax' fills all of {person:dative}, {person} "
        "in 'en'; add the forms to identities/ax.toml"
    )


def test_a_group_without_the_form_is_left_out_and_the_others_stay():
    library = small(("{person} asks.",))
    axis = library.axes["ax"]
    mute = axis.groups[2].model_copy(update={"forms": {"hi": {"person": "{name}"}}})
    axis = axis.model_copy(update={"groups": (*axis.groups[:2], mute)})
    (one, *_) = sets_of(replace(library, axes={"ax": axis}), ("d/s.en",), ("ax",), ("label",))
    assert {variant.group for variant in one.variants} == {NO_MENTION, "a", "b"}


def test_hindi_agreement_is_a_changed_span(library, with_suite):
    """Where the group decides the gender, every agreeing word belongs to what is changed."""
    turns = ("{person} दफ़्तर {गया|गई} और काम {करता|करती} है।",)
    changed = with_suite(library, HI, template={"turns": turns})
    chosen = changed.suites[HI].templates[0].id
    made = [
        one
        for one in sets_of(changed, (HI,), ("gender",), ("label",), templates=0, names=1)
        if one.template == chosen
    ]
    (one,) = made
    by_group = {variant.group: variant for variant in one.variants}
    words = {
        group: [variant.turns[0][span.start : span.end] for span in variant.spans]
        for group, variant in by_group.items()
    }
    assert words["man"][1:] == ["गया", "करता"]
    assert words["woman"][1:] == ["गई", "करती"]
    same = next(
        one
        for one in sets_of(changed, (HI,), ("caste",), ("label",), templates=0, names=1)
        if one.template == chosen
    )
    assert all(len(variant.spans) == 1 for variant in same.variants)
