"""PDF: `report.pdf`, tagged for screen readers, with the findings attached.

The same dossier and the same fonts give the same bytes: dates come from the plan, the
identifier from the audit id, and nothing outside the page is ever fetched.
Source: PDF/UA-1 (ISO 14289-1) through WeasyPrint, https://doc.courtbouillon.org/weasyprint.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audit.errors import CapabilityError
from audit.reporting.dossier import Dossier
from audit.reporting.findings_file import findings_json
from audit.reporting.page import Medium, render
from audit.reporting.scripts import scripts_in, undrawable

FILE = "report.pdf"
ATTACHED = "findings.json"
_CHARTED = (8, 4, 1)
_CONTENTS = "contents-title"  # stands at the head of page two
PAPER = Medium(
    paper=True, cards=12, rows=200, slices=50, words=5, explained=1, pictured=2, lines=24
)


@dataclass(frozen=True)
class Printed:
    """Where the PDF is, and what its reader must be warned of."""

    path: Path
    warnings: tuple[str, ...]


def write_pdf(dossier: Dossier, folder: Path) -> Printed:
    """Write the report into the folder.

    Raises:
        CapabilityError: If WeasyPrint or the libraries that it needs are not installed.
    """
    weasyprint = engine()
    warnings = font_warnings(render(dossier, PAPER))
    document = _laid_out(weasyprint, dossier, replace(PAPER, warnings=warnings))
    document.metadata.attachments = [_attachment(weasyprint, dossier)]
    path = folder / FILE
    document.write_pdf(
        path, pdf_variant="pdf/ua-1", pdf_tags=True, pdf_identifier=dossier.audit_id.encode()
    )
    return Printed(path, warnings)


def engine() -> Any:
    """Return WeasyPrint.

    Raises:
        CapabilityError: If it or the libraries that it needs are not installed.
    """
    try:
        import weasyprint  # noqa: PLC0415
        import weasyprint.urls  # noqa: PLC0415
    except (ImportError, OSError) as fault:
        raise CapabilityError(
            "report.pdf cannot be written: WeasyPrint finds no Pango; "
            "install it with: apt-get install libpango-1.0-0 libpangoft2-1.0-0 "
            "libharfbuzz-subset0 fonts-noto-core"
        ) from fault
    return weasyprint


def _laid_out(weasyprint: Any, dossier: Dossier, medium: Medium) -> Any:
    """Return the pages; the drawing gives way until page one is one page."""
    document = None
    for charted in _CHARTED:
        page = render(dossier, replace(medium, charted=charted))
        document = weasyprint.HTML(
            string=page, url_fetcher=weasyprint.urls.URLFetcher(allowed_protocols=["data"])
        ).render(pdf_variant="pdf/ua-1", pdf_tags=True)
        if len(document.pages) == 1 or _CONTENTS in document.pages[1].anchors:
            break
    return document


def font_warnings(page: str) -> tuple[str, ...]:
    return tuple(
        f"No font for the {script} script was installed where this PDF was made: its letters "
        "appear as empty boxes. The HTML report and the run folder hold the text."
        for script in undrawable(scripts_in(page))
    )


def _attachment(weasyprint: Any, dossier: Dossier) -> Any:
    planned = _planned(dossier.run.spec.date)
    return weasyprint.Attachment(
        string=findings_json(dossier),
        name=ATTACHED,
        description="Scorecard, findings and all disparities of this audit",
        created=planned,
        modified=planned,
        relationship="Data",
    )


def _planned(date: str) -> datetime:
    """Return the plan's date as a time, so that no clock enters the file."""
    read = datetime.fromisoformat(date)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
