"""Counting, differing and exporting: what the library holds, in tables and for other tools."""

import json

import pytest
from datasets import load_dataset

from audit.places import shipped
from audit.records.probes import UNREVIEWED
from audit.suites.counting import counts
from audit.suites.differing import differences
from audit.suites.expansion import Selection, expand
from audit.suites.exporting import DATA, lines, task
from audit.suites.library import Library, read_library


@pytest.fixture(scope="module")
def library():
    return read_library(shipped("probes"))


def changed(library, suite):
    return Library(
        library.suites | {suite.key: suite}, library.axes, library.name_lists, library.files
    )


def test_every_template_is_counted_once_an_axis(library):
    rows = counts(library)
    for axis in library.axes:
        for language in ("en", "hi"):
            suites = [s for s in library.suites.values() if s.language == language]
            counted = sum(r.templates for r in rows if (r.axis, r.language) == (axis, language))
            assert counted == sum(len(suite.templates) for suite in suites)


def test_reviewed_counts_what_was_read_and_nothing_else(library):
    assert {row.reviewed for row in counts(library)} == {0}
    suite = library.suites["healthcare/triage.hi"]
    assert suite.review == UNREVIEWED
    read = suite.model_copy(update={"review": "native speaker, 2026-08-01"})
    rows = counts(changed(library, read))
    hindi = [r for r in rows if (r.language, r.domain) == ("hi", "healthcare")]
    assert {row.reviewed for row in hindi} == {len(suite.templates)}
    assert {row.reviewed for row in rows if row.language == "en"} == {0}


def test_a_language_without_words_for_two_groups_has_no_row(library):
    suite = library.suites["healthcare/triage.hi"].model_copy(update={"language": "ta"})
    rows = counts(changed(library, suite))
    assert "ta" not in {row.language for row in rows}


def test_an_axis_without_names_says_so(library):
    rows = {row.axis: row for row in counts(library) if row.language == "en"}
    assert rows["caste"].fewest_names is None
    assert rows["religion"].fewest_names >= 10


def test_the_same_library_differs_in_nothing(library):
    assert differences(library, library) == []


def test_a_changed_word_is_named_and_an_unchanged_version_held_against_it(library):
    suite = library.suites["employment/shortlist.en"]
    first, *rest = suite.templates
    worded = first.model_copy(update={"question": "Invite this applicant?"})
    edited = suite.model_copy(update={"templates": (worded, *rest[1:])})
    found = differences(library, changed(library, edited))
    assert found == [
        f"suite {suite.key}: changed, but both call themselves version {suite.version}",
        *sorted(
            [
                f"suite {suite.key}: template {first.id} changed (question)",
                f"suite {suite.key}: template {rest[0].id} removed",
            ],
            key=lambda line: line.split("template ")[1],
        ),
    ]
    newer = edited.model_copy(update={"version": "1.1.0"})
    assert f"suite {suite.key}: {suite.version} -> 1.1.0" in differences(
        library, changed(library, newer)
    )


def test_other_tools_read_what_is_exported(library, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    selection = Selection(("employment/shortlist.hi",), ("religion",), ("name",), 2, 3, seed=0)
    sets = list(expand(library, selection))
    file = tmp_path / DATA
    written = list(lines(sets, library.suites))
    file.write_text("\n".join(written), encoding="utf-8")
    read = load_dataset(
        "json", data_files=str(file), split="train", cache_dir=str(tmp_path / "datasets")
    )
    variants = {variant.id: variant for one in sets for variant in one.variants}
    assert len(read) == len(variants)
    for row in read:
        variant = variants[row["variant"]]
        assert tuple(row["turns"]) == variant.turns
        assert row["prompt"].startswith("\n\n".join(variant.turns))
        assert [tuple(span) for span in row["spans"]] == [
            (s.turn, s.start, s.end) for s in variant.spans
        ]
        assert row["choices"][row["favourable"]].strip() in row["prompt"]
    assert json.loads(written[0])["canary"].startswith("SAMATA-CANARY")


def test_the_task_file_points_at_the_data_and_its_fields(library):
    selection = Selection(("employment/shortlist.en",), ("caste",), ("label",), 1, 1, seed=0)
    row = json.loads(next(lines(expand(library, selection), library.suites)))
    text = task("some.jsonl")
    assert "test: some.jsonl" in text
    for field in ("prompt", "choices", "favourable"):
        assert f"{{{{{field}}}}}" in text
        assert field in row
