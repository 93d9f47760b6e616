"""What a command must have."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from audit.errors import ExitCode

Act = Callable[..., ExitCode]


@dataclass(frozen=True)
class Command:
    """A command, or a family of commands where `family` holds some.

    Attributes:
        place: Its place in `--help`.
        act: Takes typer-annotated arguments and returns the exit code.
        family: Name -> act of each command under this one.
    """

    name: str
    place: int
    act: Act | None = None
    help: str = ""
    family: dict[str, Any] = field(default_factory=dict)
