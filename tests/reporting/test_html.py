"""The page: one file, no network, no scripts, nothing undefined, the same bytes each time."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from audit.reporting.html import write_html
from audit.reporting.page import SCREEN, render
from audit.reporting.templates import environment, folder

GOLDEN = Path(__file__).parents[1] / "golden" / "report_small.html"
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Outline(HTMLParser):
    """Reads tags: what is open, which ids exist, where links lead, how headings follow."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.headings, self.faults = [], [], [], [], []
        self.tags, self.attributes, self.text = set(), set(), []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.add(tag)
        self.attributes |= set(attributes)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "a":
            self.links.append(attributes["href"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


def outline(page):
    read = Outline()
    read.feed(page)
    return read


@pytest.fixture(scope="module")
def outlines(pages):
    return {name: outline(page) for name, page in pages.items()}


def test_every_page_is_whole(outlines):
    for read in outlines.values():
        assert (read.open, read.faults) == ([], [])
        assert len(read.ids) == len(set(read.ids))
        assert {link.removeprefix("#") for link in read.links} <= set(read.ids)
        assert read.headings.count(1) == 1
        steps = zip(read.headings, read.headings[1:], strict=False)
        assert all(after - before <= 1 for before, after in steps)


def test_the_outline_sees_faults():
    read = outline("<p id=a><b></p><a href='#b'>x</a><h1>a</h1><h3>b</h3>")
    assert read.faults
    assert read.links == ["#b"]
    assert read.headings == [1, 3]


def test_nothing_is_fetched_and_nothing_runs(pages, outlines):
    for name, page in pages.items():
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert not re.search(r"url\(|@import|https?://|file://", page)
        assert not outlines[name].tags & {"script", "img", "iframe", "object", "link", "form"}
        assert not [a for a in outlines[name].attributes if a.startswith("on")]


def test_every_section_is_in_the_contents_and_every_file_is_a_section(outlines):
    listed = [
        path.stem.partition("_")[2].replace("_", "-")
        for path in sorted((folder() / "sections").glob("*.html"))
    ]
    for read in outlines.values():
        assert [link[1:] for link in read.links if link[1:] in listed][-len(listed) :] == listed


def test_no_page_takes_silence_for_an_all_clear(outlines):
    for read in outlines.values():
        text = " ".join(" ".join(read.text).split()).lower()
        assert "not significant" not in text
        assert "no bias was found" not in text
        assert "unbiased" not in text
        assert "no assurance expressed" in text
        assert "sensitivity was not measured" in text
        assert "nan" not in text.split()
        assert "undefined" not in text.split()


def test_a_run_without_conclusion_says_so(outlines):
    text = " ".join(" ".join(outlines["limited"].text).split())
    assert "carries no conclusion" in text
    assert "No rating" in text
    assert "That is no all-clear" in text


def test_a_difference_within_the_margin_is_not_called_none(made):
    dossier = made.build(made.FAIR)
    trivial = dossier.scorecard.model_copy(
        update={"verdicts": {**dossier.scorecard.verdicts, "trivial": 2}}
    )
    said = outline(render(replace(dossier, scorecard=trivial), SCREEN)).text
    text = " ".join(" ".join(said).split())
    assert "2 differences between groups were established, within the margin" in text
    assert "No difference between groups was established in this run" not in text


def test_the_models_own_notice_is_on_page_one(pages, made):
    first = pages["biased"].partition('<nav class="contents"')[0]
    assert made.NOTICE in first
    assert "About this model" not in pages["black box"]


def test_what_is_not_stated_is_said(outlines):
    assert "not stated" in outlines["biased"].text


def test_an_undefined_name_is_a_mistake():
    with pytest.raises(UndefinedError):
        environment().from_string("{{ dossier.no_such_number }}").render(dossier=object())


def test_the_same_dossier_gives_the_same_bytes(made, tmp_path):
    pages = []
    for name in "ab":
        (tmp_path / name).mkdir()
        pages.append(write_html(made.build(made.SMALL), tmp_path / name).read_bytes())
    assert pages[0] == pages[1]
    assert b"\r" not in pages[0]


def test_the_small_page_is_the_golden_one(small, tmp_path, rewrite):
    """Rewrite with `pytest tests/reporting --rewrite-golden`, then read the difference."""
    page = write_html(small, tmp_path).read_text(encoding="utf-8")
    if rewrite:
        GOLDEN.write_text(page, encoding="utf-8", newline="\n")
    assert page == GOLDEN.read_text(encoding="utf-8")
