"""HTML: `report.html`, one file that needs no network and no scripts."""

from pathlib import Path

from audit.reporting.dossier import Dossier
from audit.reporting.page import SCREEN, render

FILE = "report.html"


def write_html(dossier: Dossier, folder: Path) -> Path:
    """Write the report into the folder and return its path; the same dossier, the same bytes."""
    path = folder / FILE
    path.write_text(render(dossier, SCREEN), encoding="utf-8", newline="\n")
    return path
