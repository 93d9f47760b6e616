"""`samata compare RUN RUN...`: several runs on what all of them were asked."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from audit.cli.contract import Command
from audit.errors import ExitCode


def compare(
    runs: Annotated[list[Path], Argument(help="two finished runs or more, the earliest first")],
    to: Annotated[Path | None, Option(help="where to write (default: runs/compare-ID)")] = None,
    policy: Annotated[
        str, Option(help="judges all runs (default: the policy of the first run)")
    ] = "",
    one_system: Annotated[
        bool | None,
        Option(
            "--one-system/--other-systems",
            help="whether two runs are of one system (default: by their statements or names)",
        ),
    ] = None,
    pdf: Annotated[bool, Option("--pdf/--no-pdf", help="write compare.pdf too")] = True,
) -> ExitCode:
    """Compare runs side by side; no model is asked."""
    from audit.pipeline.comparing import compare as beside
    from audit.pipeline.comparison_reports import write_comparison

    compared = beside(runs, policy, one_system=one_system)
    for line in write_comparison(compared, runs[0], to, pdf=pdf):
        print(line)
    return ExitCode.OK


PLUGIN = Command(name="compare", place=11, act=compare)
