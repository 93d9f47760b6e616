"""Comparison: several runs side by side, as `compare.html` and `compare.pdf`.

The same comparison gives the same bytes: dates come from the runs' plans, and nothing is
computed here but places in a drawing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.records.comparisons import ChangeState, ComparedCell, Paired, Place, RunsCompared
from audit.records.digests import content_id
from audit.records.findings import Finding, Verdict
from audit.records.identities import Axis, NameList
from audit.reporting import wording
from audit.reporting.chart import Bar, Chart, chart
from audit.reporting.labels import Labels
from audit.reporting.page import SCREEN, Medium
from audit.reporting.pdf import engine, font_warnings
from audit.reporting.templates import environment, styles

HTML = "compare.html"
PDF = "compare.pdf"
PAPER = Medium(paper=True, rows=60)

CHANGES: dict[ChangeState, tuple[str, str]] = {
    "regressed": ("Regressed", "shown clear before, established now"),
    "new": ("New", "open before, established now"),
    "persisting": ("Persisting", "established before and now"),
    "unsettled": ("No longer established", "established before, open now; that is no mending"),
    "mended": ("Mended", "established before, now shown to lie within the margin"),
}


@dataclass(frozen=True)
class SideBySide:
    """A comparison, with the titles of the first run's groups."""

    compared: RunsCompared
    axes: Mapping[str, Axis]
    name_lists: Mapping[str, NameList]


@dataclass(frozen=True)
class Row:
    """One run in one comparison; `first` opens a comparison."""

    letter: str
    finding: Finding
    bar: Bar | None
    rank: int | None
    best: int
    worst: int
    first: bool


@dataclass(frozen=True)
class PairRow:
    """Two runs in one comparison."""

    finding: Finding
    first: str
    second: str
    paired: Paired


@dataclass(frozen=True)
class Block:
    """One language and domain of an axis."""

    place: Place
    drawing: Chart
    rows: tuple[Row, ...]
    pairs: tuple[PairRow, ...]


@dataclass(frozen=True)
class Part:
    """One axis: the verdicts of each run, and its languages and domains."""

    axis: str
    anchor: str
    verdicts: tuple[tuple[str, dict[Verdict, int]], ...]
    blocks: tuple[Block, ...]


def write_html(shown: SideBySide, folder: Path) -> Path:
    """Write `compare.html` into the folder and return its path."""
    path = folder / HTML
    path.write_text(render(shown, SCREEN), encoding="utf-8", newline="\n")
    return path


def write_pdf(shown: SideBySide, folder: Path) -> Path:
    """Write `compare.pdf` into the folder and return its path.

    Raises:
        CapabilityError: If WeasyPrint or the libraries that it needs are not installed.
    """
    weasyprint: Any = engine()
    first = render(shown, PAPER)
    warnings = font_warnings(first)
    page = render(shown, Medium(paper=True, rows=PAPER.rows, warnings=warnings))
    document = weasyprint.HTML(
        string=page, url_fetcher=weasyprint.urls.URLFetcher(allowed_protocols=["data"])
    ).render(pdf_variant="pdf/ua-1", pdf_tags=True)
    path = folder / PDF
    document.write_pdf(
        path,
        pdf_variant="pdf/ua-1",
        pdf_tags=True,
        pdf_identifier=comparison_id(shown.compared).encode(),
    )
    return path


def comparison_id(compared: RunsCompared) -> str:
    """Return the short name of a comparison: made of its runs and of the policy applied."""
    return content_id("comparison", *(run.audit for run in compared.runs), compared.policy.key)


def render(shown: SideBySide, medium: Medium) -> str:
    """Return the comparison as one HTML text."""
    compared = shown.compared
    context = {
        "compared": compared,
        "name": comparison_id(compared),
        "labels": Labels(shown),
        "medium": medium,
        "wording": wording,
        "parts_of_it": _parts(compared),
        "changes": _changes(compared),
        "change_words": CHANGES,
        "styles": styles(paper=medium.paper),
    }
    return environment().get_template("compare.html").render(context)


def _parts(compared: RunsCompared) -> tuple[Part, ...]:
    axes = dict.fromkeys(place.axis for place in compared.places)
    return tuple(_part(axis, compared) for axis in axes)


def _part(axis: str, compared: RunsCompared) -> Part:
    cells = [cell for cell in compared.cells if cell.axis == axis]
    places = [place for place in compared.places if place.axis == axis]
    letters = [run.letter for run in compared.runs]
    return Part(
        axis=axis,
        anchor=f"axis-{axis.replace('_', '-')}",
        verdicts=tuple((letter, _counts(cells, run)) for run, letter in enumerate(letters)),
        blocks=tuple(_block(place, cells, letters) for place in places),
    )


def _counts(cells: Sequence[ComparedCell], run: int) -> dict[Verdict, int]:
    verdicts = [cell.standings[run].finding.verdict for cell in cells]
    return {verdict: verdicts.count(verdict) for verdict in Verdict}


def _block(place: Place, cells: Sequence[ComparedCell], letters: Sequence[str]) -> Block:
    own = [c for c in cells if (c.language, c.domain) == (place.language, place.domain)]
    drawing = chart(tuple(s.finding for cell in own for s in cell.standings))
    bars = {id(bar.finding): bar for bar in drawing.bars}
    return Block(
        place=place,
        drawing=drawing,
        rows=tuple(
            Row(
                letter=letters[one.run],
                finding=one.finding,
                bar=bars.get(id(one.finding)),
                rank=one.rank,
                best=one.best,
                worst=one.worst,
                first=one.run == 0,
            )
            for cell in own
            for one in cell.standings
        ),
        pairs=tuple(
            PairRow(cell.standings[0].finding, letters[pair.first], letters[pair.second], pair)
            for cell in own
            for pair in cell.pairs
        ),
    )


def _changes(compared: RunsCompared) -> dict[ChangeState, list[tuple[Finding, Finding]]] | None:
    """Return the changes by state, the gravest state first; None where none can be told."""
    if compared.changes is None:
        return None
    return {
        state: [(one.earlier, one.later) for one in compared.changes if one.state == state]
        for state in CHANGES
    }
