"""`samata gate RUN`: may this run pass, under its own policy or another?"""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from audit.cli.contract import Command
from audit.errors import ExitCode

if TYPE_CHECKING:
    from audit.records.scores import GateResult

_CODES = {
    "failed": ExitCode.FAULTS,
    "undecided": ExitCode.UNDECIDED,
    "passed": ExitCode.OK,
}


def gate(
    run: Annotated[Path, Argument(help="a folder that `samata run` laid")],
    policy: Annotated[
        str, Option(help="a shipped policy's name or a TOML file (default: the run's own)")
    ] = "",
    junit: Annotated[Path | None, Option(help="write the result as JUnit XML here too")] = None,
) -> ExitCode:
    """Decide on a finished run: 0 passes, 1 fails, 4 cannot be decided."""
    from audit.pipeline.gating import gate as decide
    from audit.pipeline.gating import write_junit

    result = decide(run, policy)
    _print(result)
    if junit is not None:
        write_junit(result, junit)
        print(junit)
    return _CODES[result.state]


def _print(result: "GateResult") -> None:
    print(f"{result.model}, audit {result.audit}, under policy {result.policy}")
    if result.after_the_fact:
        print(
            f"Applied after the fact: policy {result.policy} is not the one that was fixed "
            f"before the run ({result.planned_policy})."
        )
    for case in result.cases:
        if case.state != "passed":
            print(f"{case.state}: {case.axis}: {case.name}: {case.reason}")
    for axis in dict.fromkeys(case.axis for case in result.cases):
        states = Counter(case.state for case in result.cases if case.axis == axis)
        print(f"{axis}: {', '.join(f'{n} {state}' for state, n in sorted(states.items()))}")
    words = {"failed": "failed", "undecided": "cannot be decided", "passed": "passed"}
    print(f"gate: {words[result.state]}")


PLUGIN = Command(name="gate", place=9, act=gate)
