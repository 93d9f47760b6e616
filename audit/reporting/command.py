"""Command: the line that asks for the same run again."""

import shlex

from audit.records.runs import RunSpec


def command_line(spec: RunSpec, model: str) -> str:
    """Return the command that plans the same run; the audit file holds what no option says.

    Args:
        spec: What was asked.
        model: The model's name in records; a folder's own name, never a path of one machine.
    """
    if spec.rerun_of:
        again = ["samata", "rerun", f"FOLDER-OF-{spec.rerun_of}", model, "--out", "NEW-FOLDER"]
        return shlex.join([*again, *_of_model(spec), "--date", spec.date])
    words = ["samata", "run", model]
    for option, values in (
        ("--suite", spec.suites),
        ("--axis", spec.axes),
        ("--language", spec.languages),
        ("--cue", spec.cues),
    ):
        words += [word for value in values for word in (option, value)]
    words += ["--profile", spec.profile, "--seed", str(spec.seed), "--policy", spec.policy]
    words += ["--limit", str(spec.limit)] if spec.limit else []
    words += _of_model(spec)
    words += ["--batch-tokens", str(spec.batch_tokens), "--date", spec.date]
    return shlex.join(words)


def _of_model(spec: RunSpec) -> list[str]:
    """Return the options that say how the model was loaded and addressed."""
    asked = spec.model
    words = ["--revision", asked.revision] if asked.revision else []
    words += ["--dtype", asked.dtype] if asked.dtype != "auto" else []
    words += {"on": ["--chat"], "off": ["--no-chat"]}.get(asked.chat, [])
    return words + (["--trust-remote-code"] if asked.trust_remote_code else [])
