"""`samata rerun RUN MODEL`: put exactly the sets of an earlier run to another model."""

import os
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from audit.cli.contract import Command
from audit.cli.options import (
    Chat,
    Date,
    Device,
    DType,
    Json,
    Offline,
    Remote,
    Revision,
    Threads,
    chat_mode,
    now,
    today,
)
from audit.cli.telling import tell
from audit.errors import ExitCode


def rerun(
    run: Annotated[Path, Argument(help="a folder that `samata run` laid")],
    model: Annotated[str, Argument(help="a model folder, a hub id or embedded:NAME")],
    out: Annotated[Path, Option("--out", help="the new run's folder")],
    system: Annotated[str, Option(help="what the system under audit is called")] = "",
    revision: Revision = "",
    dtype: DType = "",
    device: Device = "",
    chat: Chat = None,
    trust_remote_code: Remote = False,
    offline: Offline = False,
    threads: Threads = None,
    date: Date = "",
    as_json: Json = False,
) -> ExitCode:
    """Ask another model exactly what an earlier run asked, and write its report."""
    from audit.cli.progress import Shown
    from audit.pipeline.rerunning import rerun as lay_again
    from audit.pipeline.rerunning import respecified
    from audit.pipeline.stages import carry_out
    from audit.storage.folder import read_run

    earlier = read_run(run)
    old = earlier.spec
    request = {
        "reference": model,
        "revision": revision,
        "dtype": dtype or old.model.dtype,
        "device": device or old.model.device,
        "chat": chat_mode(chat=chat) or old.model.chat,
        "system_prompt": old.model.system_prompt,
        "trust_remote_code": trust_remote_code,
        "offline": offline or old.model.offline,
    }
    spec = respecified(earlier, _request(request), date=date or today(), system=system)
    with Shown() as shown:
        work = lay_again(spec, run, out, threads=threads or os.cpu_count() or 1, watcher=shown)
        carry_out(work, now)
    return tell(out, as_json=as_json)


def _request(values: dict[str, Any]) -> Any:
    """Return the model request.

    Raises:
        RequestError: If a value is out of its range; one line that names it.
    """
    from pydantic import ValidationError

    from audit.errors import RequestError
    from audit.records.runs import ModelRequest

    try:
        return ModelRequest.model_validate(values)
    except ValidationError as fault:
        first = fault.errors()[0]
        raise RequestError(f"--{first['loc'][0]}: {first['msg']}") from None


PLUGIN = Command(name="rerun", place=12, act=rerun)
