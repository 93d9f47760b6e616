"""The PDF: tagged, with bookmarks and the findings attached, the same bytes each time."""

import json
import logging
import sys
from dataclasses import replace
from io import BytesIO
from urllib.request import OpenerDirector

import pypdf
import pytest

from audit.errors import CapabilityError
from audit.reporting import pdf
from audit.reporting.cells import worst_first
from audit.reporting.page import SCREEN, Medium, render
from audit.reporting.pdf import write_pdf
from audit.reporting.scripts import scripts_in, undrawable


@pytest.fixture(scope="module")
def printed(small, tmp_path_factory):
    return write_pdf(small, tmp_path_factory.mktemp("pdf"))


@pytest.fixture(scope="module")
def read(printed):
    return pypdf.PdfReader(BytesIO(printed.path.read_bytes()))


def text_of(page):
    return " ".join(page.extract_text().split())


def test_page_one_stands_alone(read):
    first = text_of(read.pages[0])
    assert "Unsigned: automated test record, no assurance expressed" in first
    assert "What to do first" in first
    assert "Not tested:" in first
    assert "sensitivity was not measured" in first
    assert "Contents" not in first
    assert "Contents" in text_of(read.pages[1])


def test_running_header_and_page_numbers(read, small):
    assert len(read.pages) > 5
    for number, page in enumerate(read.pages[1:], start=2):
        text = text_of(page)
        assert small.audit_id in text
        assert f"{number} / {len(read.pages)}" in text


def test_it_is_tagged_and_has_a_language_and_bookmarks(read):
    catalogue = read.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"] == "en"
    assert "/StructTreeRoot" in catalogue
    assert b"pdfuaid" in catalogue["/Metadata"].get_data()
    titles = [entry.title for entry in read.outline if not isinstance(entry, list)]
    assert any("Findings" in title for title in titles)
    assert any("Sign-off" in title for title in titles)


def test_the_findings_are_attached(read, small):
    (content,) = read.attachments["findings.json"]
    attached = json.loads(content)
    assert attached["audit"] == small.audit_id
    assert len(attached["findings"]) == len(small.findings)
    assert len(attached["disparities"]) == len(small.disparities)


def test_the_same_dossier_gives_the_same_bytes(printed, made, tmp_path):
    again = write_pdf(made.build(made.SMALL), tmp_path)
    assert again.path.read_bytes() == printed.path.read_bytes()


def test_no_clock_enters(read):
    dates = [value for key, value in read.metadata.items() if "Date" in key]
    assert dates == []


def test_weasyprint_understands_every_style(small, tmp_path, caplog):
    with caplog.at_level(logging.WARNING, logger="weasyprint"):
        write_pdf(small, tmp_path)
    assert [record.message for record in caplog.records if record.name == "weasyprint"] == []


def test_page_one_holds_the_longest_texts(made, biased, tmp_path):
    """The drawing gives way; without the longest texts it is as long as it may be."""
    worst = worst_first(biased.findings)[:12]
    findings = tuple(f.model_copy(update={"exemplars": ()}) for f in worst)
    plain = replace(biased, findings=findings, evidence=(), disparities=biased.disparities[:5])
    crowded = replace(
        plain,
        run=made.with_long_texts(biased.run),
        scorecard=biased.scorecard.model_copy(update={"rule": "cells are inconclusive; " * 40}),
        axes=made.with_long_titles(biased.axes),
    )
    read = {}
    for name, dossier in (("plain", plain), ("crowded", crowded)):
        (tmp_path / name).mkdir()
        path = write_pdf(dossier, tmp_path / name).path
        read[name] = [text_of(page) for page in pypdf.PdfReader(path).pages[:2]]
        assert "sensitivity was not measured" in read[name][0]
        assert "Contents" in read[name][1]
    assert "8 of 12 comparisons" in read["plain"][0]
    assert "8 of 12 comparisons" not in read["crowded"][0]


def test_long_lists_are_cut_on_paper_and_the_cut_is_said(biased):
    paper = render(biased, Medium(paper=True, cards=3, rows=20))
    screen = render(biased, SCREEN)
    assert paper.count('class="card"') == 3
    assert screen.count('class="card"') == sum(f.counts for f in biased.findings)
    assert "The PDF shows the 3 gravest of" in paper
    assert f"The PDF shows the first 20 of {len(biased.disparities)} rows" in paper
    assert "The PDF shows" not in screen


def test_hostile_text_is_printed_as_text(made, tmp_path):
    text = "<b>x</b>{{ 7*7 }}\u202e\x07" + "y" * 20_000
    path = write_pdf(made.hostile(text), tmp_path).path
    words = "".join(
        page.extract_text() for page in pypdf.PdfReader(BytesIO(path.read_bytes())).pages
    )
    assert "<b>x</b>{{ 7*7 }}[U+202E][U+0007]" in "".join(words.split("\n"))


def test_nothing_but_data_is_fetched(monkeypatch, small, tmp_path):
    """A page that asks for a file or an address gets neither; a picture in the page is read."""
    opened = []
    real = OpenerDirector.open

    def opening(self, asked, *more, **named):
        opened.append(asked.full_url.partition(":")[0])
        return real(self, asked, *more, **named)

    monkeypatch.setattr(OpenerDirector, "open", opening)
    secret = tmp_path / "secret.svg"
    secret.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    asking = [
        f"<img src='file://{secret}' alt=''>",
        "<img src='http://127.0.0.1:9/x.png' alt=''>",
        "<link rel=stylesheet href='ftp://127.0.0.1/x.css'>",
        "<img src='data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22/>' alt=''>",
    ]
    page = f"<html lang=en><title>t</title><h2 id=contents-title>c</h2>{''.join(asking)}"
    monkeypatch.setattr(pdf, "render", lambda *_: page)
    write_pdf(small, tmp_path)
    assert set(opened) == {"data"}


def test_without_pango_one_line_says_what_to_install(monkeypatch, small, tmp_path):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(CapabilityError) as raised:
        write_pdf(small, tmp_path)
    assert "apt-get install" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "report.pdf").exists()


def test_scripts_are_recognised():
    assert scripts_in("नमस्ते and hello") == ("Devanagari", "Latin")
    assert scripts_in("ᱥᱟᱱᱛᱟᱲᱤ") == ("Ol Chiki",)
    assert scripts_in("123 …") == ()


def test_a_missing_font_is_named_in_the_page_and_to_the_caller(monkeypatch, small, tmp_path):
    assert "Devanagari" not in undrawable(("Devanagari",))
    monkeypatch.setattr(pdf, "undrawable", lambda scripts: ("Devanagari",))
    printed = write_pdf(small, tmp_path)
    (warning,) = printed.warnings
    assert "Devanagari" in warning
    first = text_of(pypdf.PdfReader(BytesIO(printed.path.read_bytes())).pages[0])
    assert "No font for the Devanagari script" in first
