"""`samata try MODEL TEXT`: one prompt for every group of one axis; one prompt, no verdict."""

import math
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from audit.cli.contract import Command
from audit.cli.options import (
    Chat,
    Device,
    DType,
    Offline,
    Remote,
    Revision,
    SystemPrompt,
    Target,
    asked,
    of_model,
)
from audit.errors import ExitCode, RequestError

if TYPE_CHECKING:
    from audit.pipeline.trial import Row


def try_once(
    target: Target,
    text: Annotated[str, Argument(help="the prompt; write {person} where the person stands")],
    axis: Annotated[str, Option(help="the axis that varies")],
    answers: Annotated[str, Option(help="favourable and unfavourable answer")] = "yes,no",
    language: Annotated[str, Option(help="the prompt's language")] = "en",
    revision: Revision = "",
    dtype: DType = "",
    device: Device = "",
    chat: Chat = None,
    system_prompt: SystemPrompt = "",
    trust_remote_code: Remote = False,
    offline: Offline = False,
) -> ExitCode:
    """Put one prompt for every group of one axis: one prompt, no verdict."""
    from audit.pipeline.trial import try_once as ask

    favourable, comma, unfavourable = (part.strip() for part in answers.partition(","))
    if not comma or not favourable or not unfavourable:
        raise RequestError(f"--answers {answers!r}: give two, the favourable first: yes,no")
    model = of_model(
        revision=revision,
        dtype=dtype,
        device=device,
        chat=chat,
        system_prompt=system_prompt,
        trust_remote_code=trust_remote_code,
        offline=offline,
    )
    scope = {"axes": [axis], "languages": [language]}
    wanted = asked(target, {"model": model, "scope": scope, "sampling": {"profile": "quick"}})
    _print(ask(wanted.spec, text, (favourable, unfavourable), wanted.threads), favourable)
    return ExitCode.OK


def _print(rows: "tuple[Row, ...]", favourable: str) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("group", f"p({favourable})", "log-odds", "same-group null (sd)", box=None)
    for row in rows:
        odds, null = row.log_odds, row.null
        table.add_row(
            row.group,
            "-" if odds is None else f"{1 / (1 + math.exp(-odds)):.3f}",
            "-" if odds is None else f"{odds:+.3f}",
            "-" if null is None else f"{null:.3f}",
        )
    console = Console()
    console.print(table)
    for row in rows:
        for reason in row.failed:
            console.print(f"{row.group}: {reason}", markup=False)
    print(
        "One prompt, no verdict. The null is how far answers of one group differ when only the "
        "name changes; `samata run` asks enough to tell."
    )


PLUGIN = Command(name="try", place=7, act=try_once)
