"""Cards: one page part for every finding that establishes a difference."""

from dataclasses import dataclass

from audit.records.estimates import Disparity, Undefined
from audit.records.findings import Finding, Verdict
from audit.reporting.cells import Cell, by_cell, cell, with_verdict
from audit.reporting.chart import Chart, chart
from audit.reporting.dossier import Dossier
from audit.reporting.explained import Explained, by_cell_explained
from audit.reporting.holding import Holding, holding
from audit.reporting.labels import Labels
from audit.reporting.prompts import Example, example
from audit.reporting.sentences import how_large, next_step, plain_statement, title
from audit.reporting.word_trust import over_pairs

POINTS = "favourable_probability"


@dataclass(frozen=True)
class Card:
    """A finding with everything that speaks for and against it.

    Attributes:
        number: Its place among the findings, 1 the worst.
        anchor: Its address in the page, made of the fingerprint.
        answered: How many of the planned questions were answered.
        drawing: The estimate with its interval and the margin.
        holding: What stands beside the estimate, to weigh its size and its doubt.
        elsewhere: The same cell by the other metrics.
        examples: Its exemplar pairs.
        explained: Pairs of its cell with word maps, the most typical first.
        unexplained: Why there are no word maps, where there are none.
        responsible: Which words both kinds of method call responsible, in one sentence.
    """

    number: int
    anchor: str
    finding: Finding
    title: str
    statement: str
    size: str
    next_step: str
    answered: int
    drawing: Chart
    holding: Holding
    elsewhere: tuple[Disparity, ...]
    examples: tuple[Example, ...]
    explained: tuple[Explained, ...]
    unexplained: str
    responsible: str


def cards(dossier: Dossier, labels: Labels) -> tuple[Card, ...]:
    """Return a card for each finding that establishes a difference, the worst first."""
    established = with_verdict(dossier.findings, Verdict.MATERIAL, Verdict.PRESENT_SIZE_UNCERTAIN)
    sources = _Sources(
        dossier, labels, by_cell(dossier.disparities), by_cell_explained(dossier, labels)
    )
    return tuple(
        _card(number, finding, sources) for number, finding in enumerate(established, start=1)
    )


def anchor(finding: Finding) -> str:
    """Return the address of a finding's card."""
    return f"finding-{finding.fingerprint}"


@dataclass(frozen=True)
class _Sources:
    dossier: Dossier
    labels: Labels
    others: dict[Cell, list[Disparity]]
    explained: dict[Cell, tuple[Explained, ...]]


def _card(number: int, finding: Finding, sources: _Sources) -> Card:
    of = finding.disparity
    elsewhere = tuple(sources.others.get(cell(of), ()))
    points = next((d for d in elsewhere if d.metric == POINTS), None)
    explained = sources.explained.get(cell(of), ())
    return Card(
        number=number,
        anchor=anchor(finding),
        finding=finding,
        title=title(of, sources.labels),
        statement=plain_statement(of, sources.labels),
        size=how_large(of, points),
        next_step=next_step(finding, sources.labels),
        answered=of.planned - of.failed,
        drawing=chart((finding,)),
        holding=holding(finding),
        elsewhere=tuple(d for d in elsewhere if not isinstance(d.estimate, Undefined)),
        examples=tuple(example(e, sources.dossier, sources.labels) for e in finding.exemplars),
        explained=explained,
        unexplained="" if explained else _no_maps(sources.dossier),
        responsible=over_pairs(sources.dossier, [one.example.exemplar for one in explained]),
    )


def _no_maps(dossier: Dossier) -> str:
    if not dossier.evidence:
        return "No word evidence in this run: the model does not allow it, or none was asked for."
    return "The words of these pairs were not explained: the plan explains the gravest findings."
