"""`samata report RUN`: write the report of a run again; ask the model nothing.

The report is a function of the run folder and of the templates: the same folder gives the same
page, byte for byte.
"""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from audit.cli.contract import Command
from audit.errors import ExitCode


def report(
    run: Annotated[Path, Argument(help="a folder that `samata run` laid")],
    to: Annotated[Path | None, Option(help="where to write (default: the run folder)")] = None,
    pdf: Annotated[bool, Option("--pdf/--no-pdf", help="write report.pdf too")] = True,
) -> ExitCode:
    """Write the report of a run."""
    from audit.pipeline.reports import write_reports

    for line in write_reports(run, to or run, pdf=pdf):
        print(line)
    return ExitCode.OK


PLUGIN = Command(name="report", place=3, act=report)
