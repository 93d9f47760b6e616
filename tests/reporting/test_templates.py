"""Where the templates are found, and that the listing is the table of contents."""

import shutil

import pytest
from jinja2 import DictLoader
from markupsafe import Markup

import audit
from audit.reporting import templates


def test_they_lie_beside_the_package_or_inside_it(monkeypatch, tmp_path):
    package = tmp_path / "audit"
    package.mkdir()
    monkeypatch.setattr(audit, "__file__", str(package / "__init__.py"))
    assert templates.folder() == tmp_path / "templates"
    (package / "_templates").mkdir()
    assert templates.folder() == package / "_templates"


def test_an_installed_copy_renders_the_same_page(monkeypatch, tmp_path, small):
    from audit.reporting.page import SCREEN, render

    before = render(small, SCREEN)
    shutil.copytree(templates.folder(), tmp_path / "audit" / "_templates")
    monkeypatch.setattr(audit, "__file__", str(tmp_path / "audit" / "__init__.py"))
    assert templates.folder().parent == tmp_path / "audit"
    assert render(small, SCREEN) == before


def test_a_new_section_is_a_new_file():
    made = templates.environment()
    made.loader = DictLoader(
        {
            "sections/20_second_part.html": "{% set title = 'Two' %}<p>{{ word }}</p>",
            "sections/10_first.html": "{% set title = 'One' %}<p>1</p>",
            "sections/30_silent.html": "{% set title = 'Three' %}",
        }
    )
    shown = templates.sections(made, {"word": "<b>"})
    assert [(s.anchor, s.title) for s in shown] == [("first", "One"), ("second-part", "Two")]
    assert shown[1].body == Markup("<p>&lt;b&gt;</p>")


@pytest.mark.parametrize("paper", [True, False])
def test_paper_gets_no_sheet_that_only_browsers_understand(paper):
    sheet = templates.styles(paper=paper)
    assert "@page" in sheet
    assert ("prefers-color-scheme" in sheet) != paper
