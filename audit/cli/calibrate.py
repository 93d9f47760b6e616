"""`samata calibrate`: audit the embedded standards, whose truth is published."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from audit.cli.contract import Command
from audit.cli.options import Json, Suites, Threads, today
from audit.errors import ExitCode

if TYPE_CHECKING:
    from audit.records.calibration import TrialShare
    from audit.records.operating import Operating, OperatingRow

_PLANTED = {
    "nothing": "nothing there",
    "answer": "added to the answers",
    "training": "trained into the weights",
}


def calibrate(
    suite: Suites = [],
    templates: Annotated[int, Option(min=6, help="templates a suite that are asked")] = 12,
    names: Annotated[int, Option(min=4, help="names a group that are asked")] = 8,
    draws: Annotated[int, Option(min=1, help="subsets audited of each size")] = 25,
    pairs: Annotated[int, Option(min=0, help="pairs whose words are ranked")] = 24,
    seed: Annotated[int, Option(help="draws templates, names, subsets and shifts")] = 0,
    threads: Threads = None,
    out: Annotated[Path | None, Option("--out", help="write the figures here as JSON too")] = None,
    as_json: Json = False,
) -> ExitCode:
    """Print how often this audit is right where the truth is known."""
    import os

    from audit.cli.progress import Shown
    from audit.pipeline.operating import Asked, characteristics

    with Shown() as shown:
        found = characteristics(
            Asked(
                templates=templates,
                names=names,
                draws=draws,
                pairs=pairs,
                seed=seed,
                threads=threads or os.cpu_count() or 1,
                date=today(),
                suites=tuple(suite),
            ),
            shown,
        )
    if out is not None:
        from audit.storage.disk import write_whole

        write_whole(out, f"{found.model_dump_json(indent=2)}\n".encode())
    if as_json:
        print(found.model_dump_json())
    else:
        _print(found)
    return ExitCode.OK


def _print(found: "Operating") -> None:
    known = ", ".join(found.standards)
    sizes = ", ".join(f"{m:.2f} ({kind})" for kind, m in sorted(found.margins.items()))
    print(
        f"Samata {found.samata} on its own standards ({known}): {found.prompts} prompts, "
        f"{found.templates} templates x {found.names} names a suite, policy {found.policy}, "
        f"margin {sizes} log-odds, {found.draws} subsets of each size."
    )
    print("95 % intervals in brackets; trials of one comparison are counted as hanging together.")
    for design in sorted({(row.templates, row.names) for row in found.rows}):
        print()
        print(f"{design[0]} templates x {design[1]} names")
        for row in found.rows:
            if (row.templates, row.names) == design:
                _print_row(row)
    print()
    if found.slope is not None:
        print(f"Slope of estimate on truth over the trained shifts: {found.slope:.3f}")
    for one in found.localisation:
        words = one.method.replace("_", " ")
        print(
            f"Localisation, {words}: the changed words come first in {_share(one.first)}; by "
            f"chance in {one.chance:.0%}"
        )


def _print_row(row: "OperatingRow") -> None:
    size = f"{row.least:.2f} to {row.most:.2f} margins"
    hit = "false positives" if row.planting == "nothing" else "power"
    print(f"  {_PLANTED[row.planting]}, {size}")
    print(f"    {hit} {_share(row.noticed)}; called clear {_share(row.cleared)}")
    print(
        f"    coverage {_share(row.covered)}; error {row.error:+.3f}, root mean square "
        f"{row.spread:.3f} log-odds"
    )


def _share(share: "TrialShare") -> str:
    if not share.trials:
        return "0 of 0"
    value = share.hits / share.trials
    return f"{value:.1%} of {share.trials} [{share.low:.1%} to {share.high:.1%}]"


PLUGIN = Command(name="calibrate", place=13, act=calibrate)
