"""The options that several commands share, and what they ask for together.

Every option is a key of the audit file; one that is given takes precedence over the file.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

Target = Annotated[
    str,
    Argument(
        metavar="MODEL|AUDIT.toml",
        help="a model folder, a hub id (hf:org/name@revision), embedded:NAME, or an audit file",
    ),
]
Out = Annotated[str, Option("--out", help="the run folder (default: runs/MODEL)")]
Suites = Annotated[list[str], Option("--suite", help="a suite's name or glob; may be repeated")]
Axes = Annotated[list[str], Option("--axis", help="an axis; may be repeated")]
Languages = Annotated[list[str], Option("--language", help="a language; may be repeated")]
Cues = Annotated[list[str], Option("--cue", help="label or name; may be repeated")]
ProfileName = Annotated[str, Option("--profile", help="quick, standard or deep")]
Seed = Annotated[int | None, Option("--seed", help="draws templates and names")]
Limit = Annotated[int | None, Option("--limit", help="most sets per suite, axis, cue; no verdict")]
PolicyName = Annotated[str, Option("--policy", help="a shipped policy's name or a TOML file")]
Revision = Annotated[str, Option("--revision", help="a hub revision")]
DType = Annotated[str, Option("--dtype", help="auto, float32, bfloat16 or float16")]
Device = Annotated[str, Option("--device", help="auto, cpu, cuda, ...")]
Chat = Annotated[
    bool | None,
    Option("--chat/--no-chat", help="use the chat template (default: if there is one)"),
]
SystemPrompt = Annotated[str, Option("--system-prompt", help="a file with the system prompt")]
Remote = Annotated[
    bool, Option("--trust-remote-code", help="run code that comes with the model: think first")
]
Offline = Annotated[bool, Option("--offline", help="forbid every network call")]
Threads = Annotated[int | None, Option("--threads", help="CPU threads (default: all cores)")]
BatchTokens = Annotated[int | None, Option("--batch-tokens", help="tokens per batch")]
Date = Annotated[str, Option("--date", help="the plan's date, YYYY-MM-DD (default: today)")]
Pdf = Annotated[bool | None, Option("--pdf/--no-pdf", help="write report.pdf too")]
Json = Annotated[bool, Option("--json", help="print JSON on stdout")]


@dataclass(frozen=True)
class Asked:
    """What a command line and its audit file ask for."""

    spec: Any
    folder: Path
    threads: int
    audit_file: bytes


def asked(target: str, options: dict[str, dict[str, Any]]) -> Asked:
    """Merge an audit file (if the target is one) with the options that were given.

    Args:
        target: MODEL or AUDIT.toml.
        options: Section -> key -> value; None and empty values were not given.

    Raises:
        RequestError: If a value is out of its range; one line that names it.
    """
    from audit.pipeline.audit_file import AuditFile, checked, read_audit_file, spec

    file = Path(target)
    is_file = target.endswith(".toml")
    read = read_audit_file(file) if is_file else AuditFile()
    sections = read.model_dump()
    if not is_file:
        sections["model"]["reference"] = target
    for section, values in options.items():
        sections[section] |= {key: value for key, value in values.items() if _given(value)}
    merged = checked(sections)
    planned = spec(merged, today())
    folder = merged.output.folder or f"runs/{_slug(merged.model.reference)}"
    return Asked(
        spec=planned,
        folder=Path(folder),
        threads=merged.sampling.threads or os.cpu_count() or 1,
        audit_file=file.read_bytes() if is_file else b"",
    )


def today() -> str:
    """Return today's date, ISO 8601, in UTC."""
    return now().date().isoformat()


def now() -> datetime:
    """Return the time, in UTC; clocks are read here and nowhere below."""
    return datetime.now(tz=UTC)


def chat_mode(*, chat: bool | None) -> str | None:
    """Return the audit file's word for --chat and --no-chat."""
    return {True: "on", False: "off", None: None}[chat]


def of_model(
    *, chat: bool | None, trust_remote_code: bool, offline: bool, **words: str
) -> dict[str, Any]:
    """Return the keys of `[model]`; a flag that stands off was not given."""
    return {
        **words,
        "chat": chat_mode(chat=chat),
        "trust_remote_code": trust_remote_code or None,
        "offline": offline or None,
    }


def _given(value: Any) -> bool:
    return value is not None and value not in ("", [])


def _slug(reference: str) -> str:
    tail = reference.rstrip("/").replace("\\", "/").rsplit("/", 1)[-1]
    kept = (letter if letter.isalnum() or letter in "-_." else "-" for letter in tail)
    return "".join(kept).strip("-.") or "run"
