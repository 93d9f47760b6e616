"""`samata policy show | check | diff`: who chose which numbers, and why."""

from typing import Annotated

from typer import Argument

from audit.cli.contract import Command
from audit.errors import ExitCode

Named = Annotated[str, Argument(metavar="POLICY", help="a shipped policy's name or a TOML file")]


def show(policy: Named = "default") -> ExitCode:
    """Print a policy in words."""
    from audit.findings.policy import load_policy
    from audit.findings.policy_words import in_words

    for line in in_words(load_policy(policy)):
        print(line)
    return ExitCode.OK


def check(policy: Named) -> ExitCode:
    """Check a policy file; one line a fault, with file, line and key."""
    from audit.findings.policy import find_policy, policy_faults

    faults = policy_faults(policy)
    path = find_policy(policy)
    for fault in faults:
        print(f"{path}:{fault}")
    print(f"{len(faults)} faults")
    return ExitCode.FAULTS if faults else ExitCode.OK


def diff(one: Named, two: Named) -> ExitCode:
    """List what differs between two policies; none has to differ for this to be well."""
    from audit.findings.policy import load_policy
    from audit.findings.policy_words import differences

    found = differences(load_policy(one), load_policy(two))
    for line in found:
        print(line)
    print(f"{len(found)} differences")
    return ExitCode.OK


PLUGIN = Command(
    name="policy",
    place=10,
    help="What turns numbers into verdicts: show, check, diff.",
    family={"show": show, "check": check, "diff": diff},
)
