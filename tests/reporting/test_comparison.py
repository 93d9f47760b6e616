"""The page that sets runs side by side: whole, silent of ranks it cannot carry, safe."""

import re
from dataclasses import replace

import pytest

from audit.records.comparisons import (
    Answered,
    Change,
    ComparedCell,
    ComparedRun,
    Paired,
    Place,
    RunsCompared,
    Standing,
    Unshared,
)
from audit.records.quantities import Undefined
from audit.reporting.comparison import SideBySide, comparison_id, render, write_html, write_pdf
from audit.reporting.page import SCREEN

VOID = {"meta", "br"}


@pytest.fixture(scope="session")
def shown(made):
    """Two runs of one small system, the second half as biased; one comparison."""
    one = made.build(made.SMALL)
    two = made.build(replace(made.SMALL, shift=0.35))
    runs = tuple(
        ComparedRun(
            letter=letter, audit=f"{letter}-audit", run=d.run, scorecard=d.scorecard,
            policy="default",
        )
        for letter, d in (("A", one), ("B", two))
    )  # fmt: skip
    cells = []
    for first, second in zip(one.findings, two.findings, strict=True):
        of = first.disparity
        cells.append(
            ComparedCell(
                **{k: getattr(of, k) for k in
                   ("axis", "cue", "group", "reference", "language", "domain", "outcome")},
                standings=(
                    Standing(run=0, finding=first, best=2, worst=2),
                    Standing(run=1, finding=second, best=1, worst=2),
                ),
                pairs=(
                    Paired(
                        first=0, second=1, difference=of.estimate, p_adjusted=0.04,
                        size=Undefined(reason="too few"), size_p_adjusted=None,
                    ),
                ),
            )
        )  # fmt: skip
    places = tuple(
        Place(
            axis=axis, language=language, domain=domain, everyone=88,
            answered=(
                Answered(run=0, planned=100, answered=100),
                Answered(run=1, planned=100, answered=88, failures={"refused": 12}),
            ),
        )
        for axis, language, domain in sorted({(c.axis, c.language, c.domain) for c in cells})
    )  # fmt: skip
    f, g = one.findings[0], two.findings[0]
    compared = RunsCompared(
        runs=runs, policy=one.policy, after_the_fact=("B",),
        conditions=("Chat template: none used in A; its own (abc) in B.",),
        unshared=(Unshared(run=0, suite="pay/raise.en", version="2.0.0", sets=9, shared=4),),
        sets=50, prompts=100, everyone=88, places=places, cells=tuple(cells),
        changes=(Change(fingerprint=f.fingerprint, state="persisting", earlier=f, later=g),),
    )  # fmt: skip
    return SideBySide(compared, one.axes, one.name_lists)


@pytest.fixture(scope="session")
def text(shown):
    page = render(shown, SCREEN)
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("</style>")[2]).split())


def test_what_must_stand_beside_the_estimates_does(shown, text):
    assert "B: 88 of 100 common prompts answered; 12: the model refused to answer" in text
    assert "Chat template: none used in A; its own (abc) in B." in text
    assert "For B that policy is applied after the fact" in text
    assert "pay/raise.en 2.0.0 9 4" in text
    assert "no assurance expressed" in text
    estimate = shown.compared.cells[0].standings[0].finding.disparity.estimate
    assert f"{estimate.value:+.2f}".replace("-", "−") in text


def test_a_rank_is_printed_only_where_the_intervals_leave_one(text):
    assert "2 of 2" in text
    assert "none: 1 to 2 possible" in text
    assert "1 of 2" not in text


def test_changes_are_told_for_one_system_only(shown, text):
    assert "Persisting: 1" in text
    assert "Mended: 0" in text
    other = replace(shown, compared=shown.compared.model_copy(update={"changes": None}))
    assert "Persisting" not in render(other, SCREEN)


def test_runs_cut_short_carry_no_conclusion(shown, text):
    assert "No conclusion." not in text
    first = shown.compared.runs[0]
    spec = first.run.spec.model_copy(update={"limit": 5})
    cut = first.model_copy(update={"run": first.run.model_copy(update={"spec": spec})})
    compared = shown.compared.model_copy(update={"runs": (cut, shown.compared.runs[1])})
    assert "A was cut short" in render(replace(shown, compared=compared), SCREEN)


def test_equal_conditions_are_said(shown):
    alike = shown.compared.model_copy(update={"conditions": (), "unshared": ()})
    page = render(replace(shown, compared=alike), SCREEN)
    assert "are alike in all runs" in page
    assert "all runs were asked the same sets" in page


def test_the_page_is_whole(shown):
    page = render(shown, SCREEN)
    opened = []
    for closing, tag in re.findall(
        r"<(/?)([a-z][a-z0-9]*)\b",
        page.partition("</head>")[2].removesuffix("</html>\n").removesuffix("</html>"),
    ):
        if closing:
            assert opened.pop() == tag
        elif tag not in VOID:
            opened.append(tag)
    assert opened == []
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert "<script" not in page
    assert not re.search(r"url\(|https?://", page)


def test_hostile_names_are_escaped(shown):
    first = shown.compared.runs[0]
    model = first.run.stamp.model.model_copy(update={"name": "<img src=x>\u202e"})
    stamp = first.run.stamp.model_copy(update={"model": model})
    evil = first.model_copy(update={"run": first.run.model_copy(update={"stamp": stamp})})
    compared = shown.compared.model_copy(update={"runs": (evil, shown.compared.runs[1])})
    page = render(replace(shown, compared=compared), SCREEN)
    assert "<img" not in page
    assert "\u202e" not in page


def test_the_same_comparison_gives_the_same_bytes(shown, tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
    first, second = (write_html(shown, tmp_path / name).read_bytes() for name in "ab")
    assert first == second
    first, second = (write_pdf(shown, tmp_path / name).read_bytes() for name in "ab")
    assert first == second
    assert first.startswith(b"%PDF")
    assert comparison_id(shown.compared).encode() in first
