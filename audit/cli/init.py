"""`samata init`: write a commented audit file to fill in."""

from pathlib import Path
from typing import Annotated

from typer import Argument

from audit.cli.contract import Command
from audit.errors import ExitCode, RequestError


def init(
    to: Annotated[Path, Argument(help="the file to write")] = Path("audit.toml"),
) -> ExitCode:
    """Write a commented audit.toml."""
    from audit.places import shipped
    from audit.storage.disk import write_whole

    if to.exists():
        raise RequestError(f"{to} exists already; name another file")
    write_whole(to, (shipped("templates") / "audit.toml").read_bytes())
    print(to)
    return ExitCode.OK


PLUGIN = Command(name="init", place=5, act=init)
