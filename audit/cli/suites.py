"""`samata suites list | show | check`: what can be asked, and whether it is sound."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from audit.cli.contract import Command
from audit.errors import ExitCode

if TYPE_CHECKING:
    from audit.suites.library import Library

Probes = Annotated[Path | None, Option("--probes", help="a probes folder (default: the shipped)")]


def list_suites(probes: Probes = None) -> ExitCode:
    """List all suites with their languages, templates and outcomes."""
    from rich.console import Console
    from rich.table import Table

    library = _library(probes)
    table = Table("suite", "language", "version", "templates", "outcomes", "review", box=None)
    for suite in library.suites.values():
        kinds = ", ".join(f"{outcome.key} ({outcome.kind})" for outcome in suite.outcomes)
        count = str(len(suite.templates))
        table.add_row(suite.id, suite.language, suite.version, count, kinds, suite.review)
    Console().print(table)
    return ExitCode.OK


def show(
    suite: Annotated[
        str, Argument(help="a suite's name, e.g. healthcare/triage or .../triage.hi")
    ],
    axis: Annotated[str, Option(help="fill the slots for this axis")] = "caste",
    probes: Probes = None,
) -> ExitCode:
    """Show a suite's templates, each filled for every group of one axis by one name."""
    from audit.suites.expansion import Selection, expand
    from audit.suites.library import choose, choose_suites

    library = _library(probes)
    chosen = choose_suites(library, [suite])
    axes = choose("axis", [axis], library.axes)
    selection = Selection(tuple(chosen), axes, ("label",), templates=0, names=1, seed=0)
    for one in list(expand(library, selection)):  # all of it, or nothing and a fault
        print(f"\n{one.suite_key}  {one.template}  [{one.outcome}]")
        for variant in one.variants:
            print(f"  {variant.group:>10}: {' | '.join(variant.turns)}")
        print(f"  {'asked':>10}: {library.suites[one.suite_key].template(one.template).question}")
    return ExitCode.OK


def check(probes: Probes = None) -> ExitCode:
    """Check all suites, identities and names; one line a fault."""
    from audit.suites.checks import check as faults_of

    faults = faults_of(_library(probes))
    for fault in faults:
        print(f"{fault.where}: {fault.what}")
    print(f"{len(faults)} faults")
    return ExitCode.FAULTS if faults else ExitCode.OK


def _library(probes: Path | None) -> "Library":
    from audit.places import shipped
    from audit.suites.library import read_library

    return read_library(probes or shipped("probes"))


PLUGIN = Command(
    name="suites",
    place=6,
    help="What can be asked: list, show, check.",
    family={"list": list_suites, "show": show, "check": check},
)
