"""`samata resume RUN`: go on with a run that stopped; what is on file is not asked again."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from audit.cli.contract import Command
from audit.cli.options import Json, now
from audit.cli.telling import tell
from audit.errors import ExitCode


def resume(
    run: Annotated[Path, Argument(help="a folder that `samata run` laid")],
    model: Annotated[str, Option(help="where the model lies now, if it was moved")] = "",
    as_json: Json = False,
) -> ExitCode:
    """Go on with a run that stopped."""
    from audit.cli.progress import Shown
    from audit.pipeline.planning import reopen
    from audit.pipeline.stages import carry_out

    with Shown() as shown:
        carry_out(reopen(run, shown, reference=model), now)
    return tell(run, as_json=as_json)


PLUGIN = Command(name="resume", place=2, act=resume)
