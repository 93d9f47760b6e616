"""Page: a dossier and a medium in, one HTML text out."""

from dataclasses import dataclass

from audit.reporting import wording
from audit.reporting.cards import cards
from audit.reporting.cells import in_order, with_verdict, worst_first
from audit.reporting.command import command_line
from audit.reporting.contrasts import contrasts
from audit.reporting.controls import controls
from audit.reporting.coverage import coverage
from audit.reporting.dossier import Dossier
from audit.reporting.front import front, used_margins
from audit.reporting.labels import Labels
from audit.reporting.mediators import mediators
from audit.reporting.network import network
from audit.reporting.templates import environment, sections, styles
from audit.reporting.units import units
from audit.reporting.what_ifs import what_ifs
from audit.reporting.word_trust import CHANGES, method_title, word_trust


@dataclass(frozen=True)
class Medium:
    """What the page is for.

    Attributes:
        paper: Whether it will be printed: nothing can be folded away or scrolled.
        cards: Most findings shown as cards, 0 for all.
        rows: Most rows of a long table, 0 for all.
        pictured: Most pairs shown inside the network, 0 for all.
        explained: Most explained pairs of a finding, 0 for all.
        slices: Most exploratory slices, 0 for all.
        words: Most words in the table beside a word map, 0 for all that it has.
        charted: Most comparisons in the drawing on page one.
        lines: Most lines of a list that nobody reads on paper, 0 for all.
        warnings: What the reader must know about this rendering, e.g. a missing font.
    """

    paper: bool
    cards: int = 0
    rows: int = 0
    slices: int = 0
    words: int = 0
    pictured: int = 0
    explained: int = 0
    charted: int = 8
    lines: int = 0
    warnings: tuple[str, ...] = ()


SCREEN = Medium(paper=False)


def render(dossier: Dossier, medium: Medium) -> str:
    """Return the report as one HTML text."""
    made = environment()
    labels = Labels(dossier)
    every = cards(dossier, labels)
    context = {
        "dossier": dossier,
        "labels": labels,
        "medium": medium,
        "wording": wording,
        "front": front(dossier, labels, medium.charted),
        "margins": used_margins(dossier),
        "cards": every[: medium.cards or None],
        "all_cards": len(every),
        "further": every[medium.cards :] if medium.cards else [],
        "findings": worst_first(dossier.findings),
        "with_verdict": with_verdict,
        "coverage": coverage(dossier, labels),
        "controls": controls(dossier),
        "contrasts": contrasts(dossier, labels),
        "words": word_trust(dossier),
        "units": units(dossier, labels),
        "tried": what_ifs(dossier, labels),
        "changes": CHANGES,
        "method_title": method_title,
        "mediators": mediators(dossier),
        "network": network(dossier, labels),
        "command": command_line(dossier.run.spec, dossier.run.stamp.model.name),
        "rows": in_order(dossier.disparities),
        "judged": {f.disparity.id: f for f in dossier.findings},
        "carded": {card.finding.fingerprint for card in every[: medium.cards or None]},
    }
    return made.get_template("page.html").render(
        context | {"styles": styles(paper=medium.paper), "sections": sections(made, context)}
    )
