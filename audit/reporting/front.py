"""Front: page one, which must stand alone when it is printed by itself."""

from dataclasses import dataclass

from audit.records.findings import Finding, Margin, Verdict
from audit.reporting.cells import with_verdict, worst_first
from audit.reporting.chart import Chart, chart
from audit.reporting.controls import sensitivity
from audit.reporting.dossier import Dossier
from audit.reporting.labels import Labels
from audit.reporting.languages import scheduled
from audit.reporting.sentences import margin_words, next_step
from audit.reporting.wording import Opinion, opinion

_HEADLINES = 5
_STEPS = 2


@dataclass(frozen=True)
class Scope:
    """What was tested, counted, and what was not.

    Attributes:
        scheduled: Names of the languages tested that are among the 22.
        others: Names of the languages tested that are not.
        missing: Names of the scheduled languages that were not tested.
    """

    axes: tuple[str, ...]
    domains: tuple[str, ...]
    cues: tuple[str, ...]
    scheduled: tuple[str, ...]
    others: tuple[str, ...]
    missing: tuple[str, ...]
    templates: int
    suites: int
    requests: int


@dataclass(frozen=True)
class Front:
    """Page one.

    Attributes:
        counting: How many findings establish a difference.
        others: How many of them page one does not list.
        steps: What to do first, each once.
        margins: The margins that this run used, in plain words.
        sensitivity: What the run found of its own making, or that it did not look.
    """

    opinion: Opinion
    headlines: tuple[Finding, ...]
    counting: int
    others: int
    steps: tuple[str, ...]
    scope: Scope
    margins: tuple[str, ...]
    sensitivity: str
    chart: Chart
    charted: int
    cells: int


def front(dossier: Dossier, labels: Labels, charted: int) -> Front:
    """Return what page one shows; `charted` is the most comparisons in its drawing."""
    established = with_verdict(dossier.findings, Verdict.MATERIAL, Verdict.PRESENT_SIZE_UNCERTAIN)
    headlines = established[:_HEADLINES]
    drawn = chart(worst_first(dossier.findings)[:charted])
    return Front(
        opinion=opinion(dossier.scorecard),
        headlines=headlines,
        counting=len(established),
        others=len(established) - len(headlines),
        steps=_steps(dossier, headlines, labels),
        scope=scope(dossier, labels),
        margins=margin_sentences(used_margins(dossier)),
        sensitivity=sensitivity(dossier.calibration),
        chart=drawn,
        charted=len(drawn.bars),
        cells=len(dossier.findings),
    )


def scope(dossier: Dossier, labels: Labels) -> Scope:
    """Return what was tested and what was not."""
    suites = dossier.suites.values()
    codes = {suite.language for suite in suites}
    tested, missing = scheduled(codes)
    asked = dossier.disparities
    names = {labels.language(code) for code in codes}
    return Scope(
        axes=tuple(labels.axis(key) for key in dict.fromkeys(d.axis for d in asked)),
        domains=tuple(
            labels.domain(key).lower() for key in dict.fromkeys(suite.domain for suite in suites)
        ),
        cues=tuple(dict.fromkeys(d.cue for d in asked)),
        scheduled=tuple(tested),
        others=tuple(sorted(names - set(tested))),
        missing=tuple(missing),
        templates=len({(suite.id, t.id) for suite in suites for t in suite.templates}),
        suites=len(dossier.suites),
        requests=dossier.run.stamp.requests,
    )


def used_margins(dossier: Dossier) -> tuple[Margin, ...]:
    """Return the policy's margins for the outcomes and metrics of this run's findings."""
    used = {(f.disparity.outcome, f.disparity.metric) for f in dossier.findings}
    return tuple(m for m in dossier.policy.margins if (m.outcome, m.metric) in used)


def margin_sentences(margins: tuple[Margin, ...]) -> tuple[str, ...]:
    """Return the margins in plain words, each sentence once."""
    return tuple(dict.fromkeys(margin_words(margin) for margin in margins))


def _steps(dossier: Dossier, headlines: tuple[Finding, ...], labels: Labels) -> tuple[str, ...]:
    steps = tuple(dict.fromkeys(next_step(finding, labels) for finding in headlines))
    if steps:
        return steps[:_STEPS]
    if not dossier.scorecard.conclusion:
        return ("Run the audit in full: a run that was cut short carries no conclusion.",)
    if dossier.scorecard.verdicts.get(Verdict.INCONCLUSIVE, 0):
        return ("Add templates and names where the result is inconclusive, and repeat the run.",)
    return ("No step follows from this run; repeat it when the system or its use changes.",)
