"""The command line's front door: one error boundary, one table of exit codes."""

import os
import sys
import traceback

import typer
from typer.exceptions import Abort, TyperException

from audit import cli, plugins
from audit.cli.contract import Command
from audit.errors import ExitCode, SamataError

_ABOUT = """Samata: does a language model treat people in India unequally?

Exit codes: 0 done; 1 done, and a check or verification found faults; 2 the request was wrong;
3 the run is incomplete (full disk, lost server): resume it; 4 a gate cannot decide;
70 internal fault; 130 interrupted.
"""


def main() -> None:
    """Run the command line and leave with its exit code.

    Threads that wait for each other are told to sleep: torch's own way, to spin, is ten times
    slower on cores that another program keeps busy. It must be said before torch is loaded.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; every error becomes one line."""
    try:
        code = ExitCode(
            _app()(arguments, prog_name="samata", standalone_mode=False) or ExitCode.OK
        )
    except SamataError as fault:
        return _say(str(fault), fault.exit_code)
    except TyperException as fault:
        return _say(fault.format_message(), ExitCode.BAD_REQUEST)
    except (KeyboardInterrupt, Abort):
        code = ExitCode.INTERRUPTED
    except Exception as fault:  # noqa: BLE001
        traceback.print_exc()
        return _say(f"internal fault: {type(fault).__name__}: {fault}", ExitCode.INTERNAL)
    if code is ExitCode.INTERRUPTED:  # the parser may have caught it and returned the code
        _say("interrupted; what was measured stays: go on with `samata resume`", code)
    return int(code)


def _app() -> typer.Typer:
    app = typer.Typer(
        name="samata",
        help=_ABOUT,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for command in sorted(plugins.load_all(cli, Command), key=lambda one: one.place):
        if command.act is not None:
            app.command(command.name)(command.act)
        else:
            family = typer.Typer(help=command.help, no_args_is_help=True)
            for name, act in command.family.items():
                family.command(name)(act)
            app.add_typer(family, name=command.name)
    return app


def _say(message: str, code: ExitCode) -> int:
    first = " ".join(message.split())
    print(f"samata: {first}", file=sys.stderr)  # noqa: T201
    return int(code)


if __name__ == "__main__":
    main()
