"""`samata doctor`: check this machine and say how to mend what is missing."""

from pathlib import Path

from audit.cli.contract import Command
from audit.errors import ExitCode


def doctor() -> ExitCode:
    """Check Pango, fonts, torch and its device, and free disk."""
    from audit.pipeline.doctor import checks

    found = list(checks(Path("runs")))
    for check in found:
        mark = "ok     " if check.well else "MISSING"
        print(f"{mark} {check.name}: {check.said}")
        if not check.well:
            print(f"        mend: {check.mend}")
    faulty = [check for check in found if not check.well]
    print("all well" if not faulty else f"{len(faulty)} missing")
    return ExitCode.FAULTS if faulty else ExitCode.OK


PLUGIN = Command(name="doctor", place=8, act=doctor)
