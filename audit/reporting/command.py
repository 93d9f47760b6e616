"""Command: the line that asks for the same run again."""

import shlex

from audit.records.runs import RunSpec


def command_line(spec: RunSpec, model: str) -> str:
    """Return the command that plans the same run; the audit file holds what no option says.

    Args:
        spec: What was asked.
        model: The model's name in records; a folder's own name, never a path of one machine.
    """
    words = ["samata", "run", model]
    for option, values in (
        ("--suite", spec.suites),
        ("--axis", spec.axes),
        ("--language", spec.languages),
        ("--cue", spec.cues),
    ):
        words += [word for value in values for word in (option, value)]
    words += ["--profile", spec.profile, "--seed", str(spec.seed), "--policy", spec.policy]
    if spec.model.revision:
        words += ["--revision", spec.model.revision]
    words += ["--dtype", spec.model.dtype] if spec.model.dtype != "auto" else []
    words += ["--limit", str(spec.limit)] if spec.limit else []
    words += {"on": ["--chat"], "off": ["--no-chat"]}.get(spec.model.chat, [])
    words += ["--trust-remote-code"] if spec.model.trust_remote_code else []
    words += ["--batch-tokens", str(spec.batch_tokens), "--date", spec.date]
    return shlex.join(words)
