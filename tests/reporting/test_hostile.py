"""Model output and suite texts are hostile: they are shown, and do nothing."""

import pytest

from audit.reporting.page import SCREEN, render

HOSTILE = [
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "--><svg onload=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7777 * 1313 }}{% include 'page.html' %}{# x #}",
    "<a href='javascript:alert(1)'>x</a>",
    "data:text/html,<b>x</b> url(http://example.invalid/x)",
    "&lt;b&gt; &amp; &#x202e;",
    "a\u202eb\u2066c\x00d\x1b[31m",
    "]]></title><base href=//x>",
    "x" * 100_000,
    "क" + "्" * 300,
    "اُردو متن \u200f شبد",
]


@pytest.fixture(scope="module")
def outline():
    from html.parser import HTMLParser

    class Tags(HTMLParser):
        def __init__(self):
            super().__init__()
            self.tags, self.attributes, self.text = [], [], []

        def handle_starttag(self, tag, attrs):
            self.tags.append(tag)
            self.attributes += [name for name, _ in attrs]

        def handle_data(self, data):
            self.text.append(data)

    def read(page):
        tags = Tags()
        tags.feed(page)
        return tags

    return read


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_adds_no_tag(made, outline, text):
    """The page of a hostile dossier has the same tags as that of a harmless one."""
    harmless = outline(render(made.hostile("plain"), SCREEN))
    hostile = outline(render(made.hostile(text), SCREEN))
    assert hostile.tags == harmless.tags
    assert set(hostile.attributes) == set(harmless.attributes)
    assert str(7777 * 1313) not in "".join(hostile.text)


def test_the_comparison_can_fail(outline):
    assert outline("<p><script></script>").tags != outline("<p>").tags


def test_what_was_said_can_still_be_read(made, outline):
    text = "<script>alert('é')</script> {{ x }}"
    assert text in "".join(outline(render(made.hostile(text), SCREEN)).text)


def test_directions_are_written_out(made):
    page = render(made.hostile("a\u202eb"), SCREEN)
    assert "\u202e" not in page
    assert "a[U+202E]b" in page


def test_an_endless_word_does_not_fill_the_page(made):
    page = render(made.hostile("x" * 100_000), SCREEN)
    assert len(page) < 400_000
    assert "further characters in the run folder" in page
