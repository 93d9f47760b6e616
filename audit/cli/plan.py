"""`samata plan`: what a run would ask, and what it could find; nothing of the suites is asked."""

from typing import TYPE_CHECKING

from audit.cli.contract import Command
from audit.cli.options import (
    Axes,
    Chat,
    Cues,
    Device,
    DType,
    Languages,
    Limit,
    Offline,
    PolicyName,
    ProfileName,
    Remote,
    Revision,
    Seed,
    Suites,
    SystemPrompt,
    Target,
    Threads,
    asked,
    now,
    of_model,
)
from audit.errors import ExitCode

if TYPE_CHECKING:
    from audit.pipeline.forecast import Forecast, Prospect
    from audit.pipeline.vetting import Vetted


def plan(
    target: Target,
    suite: Suites = [],
    axis: Axes = [],
    language: Languages = [],
    cue: Cues = [],
    profile: ProfileName = "",
    seed: Seed = None,
    limit: Limit = None,
    policy: PolicyName = "",
    revision: Revision = "",
    dtype: DType = "",
    device: Device = "",
    chat: Chat = None,
    system_prompt: SystemPrompt = "",
    trust_remote_code: Remote = False,
    offline: Offline = False,
    threads: Threads = None,
) -> ExitCode:
    """Say what would be asked, how long it takes, and what it could find or clear."""
    from audit.pipeline.planning import previewed

    model = of_model(
        revision=revision,
        dtype=dtype,
        device=device,
        chat=chat,
        system_prompt=system_prompt,
        trust_remote_code=trust_remote_code,
        offline=offline,
    )
    sampling = {"profile": profile, "seed": seed, "limit": limit, "threads": threads}
    scope = {"suites": suite, "axes": axis, "languages": language, "cues": cue}
    output = {"policy": policy}
    wanted = asked(
        target, {"model": model, "scope": scope, "sampling": sampling, "output": output}
    )
    expected, hopes, inside = previewed(wanted.spec, wanted.threads, now)
    _print_requests(expected)
    _print_prospects(hopes)
    _print_inside(inside)
    return ExitCode.OK


def _print_requests(expected: "Forecast") -> None:
    for key, count in expected.requests.items():
        print(f"{count:>8} prompts  {key}")
    total = sum(expected.requests.values())
    print(f"{total:>8} prompts in all, each with its options in both orders")
    print(f"{expected.tokens:>8} tokens, about {_long(expected.seconds)} to measure")
    print("Sent to: this machine alone.")


def _print_prospects(hopes: "tuple[Prospect, ...]") -> None:
    """Print one line for all cells of an axis, cue and language that have the same design."""
    lines: dict[tuple[str, ...], dict[str, None]] = {}
    for one in hopes:
        cells = lines.setdefault(
            (
                f"{one.axis} by {one.cue}, {one.language}",
                f"{one.templates} templates x {one.names} names",
                "no interval" if one.mde is None else f"finds from {one.mde:.2f}",
                "no margin" if one.margin is None else f"margin {one.margin:.2f}",
                one.outlook,
                f"to clear: {one.missing}" if one.missing else "",
            ),
            {},
        )
        cells[f"{one.domain} ({one.outcome})"] = None
    for line, cells in lines.items():
        print("; ".join(part for part in line if part))
        print(f"    {', '.join(cells)}")
    print(
        "Finds from: the smallest log-odds difference found with 80 % power, if templates, names "
        "and answers vary with standard deviations of 0.3, 0.2 and 1; the model's own are "
        "unknown until it is asked."
    )


def _print_inside(inside: "tuple[Vetted, ...]") -> None:
    """Print which questions about the network can be asked, and why the others cannot."""
    reasons: dict[str, list[str]] = {}
    for one in inside:
        name = one.question.name.replace("_", " ")
        reasons.setdefault(one.refused or "can be asked", []).append(name)
    for reason, names in reasons.items():
        print(f"Inside the network, {', '.join(names)}: {reason}.")


def _long(seconds: float) -> str:
    minutes = 60
    return f"{seconds:.0f} s" if seconds < 2 * minutes else f"{seconds / minutes:.0f} min"


PLUGIN = Command(name="plan", place=0, act=plan)
