"""Comparison reports: write what a comparison found, as HTML, PDF and JSON."""

from pathlib import Path

from audit.errors import CapabilityError, RequestError
from audit.records.comparisons import RunsCompared
from audit.reporting.comparison import SideBySide, comparison_id, write_html, write_pdf
from audit.storage import folder as run_folder
from audit.storage.disk import disk_faults
from audit.suites.library import read_library

FILE = "compare.json"


def write_comparison(
    compared: RunsCompared, first: Path, to: Path | None, *, pdf: bool = True
) -> list[str]:
    """Write `compare.html`, `compare.json` and, if wanted and possible, `compare.pdf`.

    Args:
        first: The first run's folder; its titles name axes and groups.
        to: Where to write; None for a folder named after the comparison, below `runs/`.

    Returns:
        One line for each file written or missing, with the reason.

    Raises:
        RequestError: If the folder holds a run, whose manifest binds all that lies in it.
    """
    folder = to or Path("runs") / f"compare-{comparison_id(compared)}"
    if (folder / run_folder.RUN).exists():
        raise RequestError(f"{folder} holds a run; name another folder with --to")
    library = read_library(first / run_folder.PROBES)
    shown = SideBySide(compared, library.axes, library.name_lists)
    with disk_faults(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f"wrote {write_html(shown, folder)}"]
    run_folder.write_record(folder, FILE, compared)
    lines.append(f"wrote {folder / FILE}")
    if pdf:
        try:
            with disk_faults(folder):
                lines.append(f"wrote {write_pdf(shown, folder)}")
        except CapabilityError as fault:
            lines.append(f"no PDF: {fault}")
    return lines
