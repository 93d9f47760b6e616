"""Coverage: what was tested where, as a table of language and domain by axis."""

from dataclasses import dataclass

from audit.records.findings import Verdict
from audit.records.scores import CellState, CoverageCell
from audit.reporting.cells import gravest
from audit.reporting.dossier import Dossier
from audit.reporting.labels import Labels


@dataclass(frozen=True)
class Place:
    """One language and domain; one cell an axis, None where nothing was planned."""

    title: str
    language: str
    domain: str
    cells: tuple[CoverageCell | None, ...]


@dataclass(frozen=True)
class Coverage:
    """The matrix: axes across, languages and domains down."""

    axes: tuple[str, ...]
    places: tuple[Place, ...]
    states: tuple[CellState, ...]


def coverage(dossier: Dossier, labels: Labels) -> Coverage:
    """Return the coverage matrix of a run."""
    cells = {(c.axis, c.language, c.domain): c for c in dossier.scorecard.coverage}
    axes = tuple(dict.fromkeys(axis for axis, _, _ in cells))
    places = tuple(dict.fromkeys((language, domain) for _, language, domain in cells))
    return Coverage(
        axes=tuple(labels.axis(axis) for axis in axes),
        places=tuple(
            Place(
                title=f"{labels.language(language)}, {labels.domain(domain).lower()}",
                language=language,
                domain=domain,
                cells=tuple(cells.get((axis, language, domain)) for axis in axes),
            )
            for language, domain in places
        ),
        states=tuple(dict.fromkeys(cell.state for cell in cells.values())),
    )


def verdict_counts(cell: CoverageCell) -> tuple[tuple[Verdict, int], ...]:
    """Return a cell's verdicts with their counts, the gravest first, none of zero."""
    return tuple((v, cell.verdicts[v]) for v in gravest(cell.verdicts) if cell.verdicts[v])
