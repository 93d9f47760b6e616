"""`samata suites list | show | check | coverage | diff | export`: what can be asked.

`coverage` counts it, `check` says whether it is sound, `diff` what changed since another
folder, and `export` writes it out for other tools.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from audit.cli.contract import Command
from audit.cli.options import Axes, Languages, Suites
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


def coverage(
    probes: Probes = None,
    as_json: Annotated[bool, Option("--json", help="print JSON on stdout")] = False,
) -> ExitCode:
    """Count templates and names by axis, language, domain and task; show what is reviewed."""
    from rich.console import Console
    from rich.table import Table

    from audit.suites.counting import Count, counts

    rows = counts(_library(probes))
    if as_json:
        print(json.dumps([row._asdict() for row in rows], ensure_ascii=False, indent=1))
        return ExitCode.OK
    table = Table(*(field.replace("_", " ") for field in Count._fields), box=None)
    for row in rows:
        table.add_row(*("none" if cell is None else str(cell) for cell in row))
    Console().print(table)
    return ExitCode.OK


def diff(
    old: Annotated[Path, Argument(help="a probes folder")],
    new: Annotated[Path | None, Argument(help="another one (default: the shipped)")] = None,
) -> ExitCode:
    """Say what changed from one probes folder to another; exit code 1 if anything did."""
    from audit.suites.differing import differences

    found = differences(_library(old), _library(new))
    for line in found:
        print(line)
    return ExitCode.FAULTS if found else ExitCode.OK


def export(
    to: Annotated[Path, Argument(help="a new or empty folder")],
    suite: Suites = [],
    axis: Axes = [],
    language: Languages = [],
    form: Annotated[str, Option("--format", help="jsonl or lm-eval")] = "jsonl",
    names: Annotated[int, Option(help="names per group, 0 for all")] = 10,
    probes: Probes = None,
) -> ExitCode:
    """Write expanded sets for other tools, one variant a line."""
    from audit.errors import RequestError
    from audit.storage.disk import write_whole
    from audit.suites import exporting
    from audit.suites.expansion import Selection, expand
    from audit.suites.library import choose, choose_suites

    if form not in ("jsonl", "lm-eval"):
        raise RequestError(f"--format: no {form!r}; known are jsonl, lm-eval")
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise RequestError(f"{to} is there already; name a new or empty folder")
    library = _library(probes)
    suites = choose_suites(library, suite)
    spoken = choose("language", language, {one.language for one in suites.values()})
    selection = Selection(
        suites=tuple(key for key, one in suites.items() if one.language in spoken),
        axes=choose("axis", axis, library.axes),
        cues=("label", "name"),
        templates=0,
        names=names,
        seed=0,
    )
    written = exporting.lines(
        expand(library, selection), library.suites, choices_only=form == "lm-eval"
    )
    text = "".join(f"{line}\n" for line in written)
    write_whole(to / exporting.DATA, text.encode())
    print(to / exporting.DATA)
    if form == "lm-eval":
        write_whole(to / exporting.TASK, exporting.task(exporting.DATA).encode())
        print(to / exporting.TASK)
    return ExitCode.OK


def _library(probes: Path | None) -> "Library":
    from audit.places import shipped
    from audit.suites.library import read_library

    return read_library(probes or shipped("probes"))


PLUGIN = Command(
    name="suites",
    place=6,
    help="What can be asked: list, show, check, coverage, diff, export.",
    family={
        "list": list_suites,
        "show": show,
        "check": check,
        "coverage": coverage,
        "diff": diff,
        "export": export,
    },
)
