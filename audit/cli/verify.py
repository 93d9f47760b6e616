"""`samata verify RUN`: name every file that changed since the run was closed."""

from pathlib import Path
from typing import Annotated

from typer import Argument

from audit.cli.contract import Command
from audit.errors import ExitCode


def verify(
    run: Annotated[Path, Argument(help="a folder that `samata run` laid")],
) -> ExitCode:
    """Check a finished run against its manifest, and list deviations from its plan."""
    from audit.records.runs import Deviation
    from audit.storage import folder as run_folder
    from audit.storage.manifest import faults

    found = faults(run)
    for line in found:
        print(line)
    for deviation in run_folder.read_records(run, run_folder.DEVIATIONS, Deviation):
        print(f"deviation in {deviation.stage}: {deviation.what} ({deviation.detail})")
    print(f"{len(found)} faults" if found else "unchanged since the run was closed")
    return ExitCode.FAULTS if found else ExitCode.OK


PLUGIN = Command(name="verify", place=4, act=verify)
