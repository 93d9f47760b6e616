"""Read one TOML file into its record, and say exactly where it is at fault.

A template's `text` is short for one user turn; `turns` gives a fixed list of turns.
"""

import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from audit.errors import SuiteError
from audit.records.record import Record

R = TypeVar("R", bound=Record)


def read_toml(path: Path, kind: type[R]) -> R:
    """Read one file into a record.

    Raises:
        SuiteError: One line with file, line and key, where the file or a value is at fault.
    """
    source = _text(path)
    try:
        content = tomllib.loads(source)
    except tomllib.TOMLDecodeError as fault:
        raise SuiteError(f"{path}: not valid TOML: {fault}") from None
    try:
        return kind.model_validate(_with_turns(content))
    except ValidationError as fault:
        first = fault.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file as a whole"
        line = _line(source, first["loc"])
        reason = str(first["msg"]).removeprefix("Value error, ")
        raise SuiteError(f"{path}:{line}: {key}: {reason}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as fault:
        raise SuiteError(f"{path}: not UTF-8 at byte {fault.start}; save it as UTF-8") from None
    except OSError as fault:
        raise SuiteError(f"{path}: cannot be read: {fault.strerror}") from None


def _with_turns(content: dict[str, Any]) -> dict[str, Any]:
    templates = content.get("templates")
    if not isinstance(templates, list):
        return content
    return {**content, "templates": [_template_with_turns(entry) for entry in templates]}


def _template_with_turns(entry: Any) -> Any:
    if not isinstance(entry, dict) or "text" not in entry or "turns" in entry:
        return entry
    rest = {key: value for key, value in entry.items() if key != "text"}
    return {**rest, "turns": [entry["text"]]}


def _line(source: str, loc: tuple[int | str, ...]) -> int:
    """Return the line of a key, as near as the text tells: its table's entry, then the key."""
    lines = source.splitlines()
    start = 0
    match loc:
        case (str(table), int(number), *_):
            heads = [n for n, line in enumerate(lines) if line.strip() == f"[[{table}]]"]
            start = heads[number] if number < len(heads) else 0
    key = next((part for part in reversed(loc) if isinstance(part, str)), "")
    key = "text" if key == "turns" else key
    pattern = re.compile(rf"^\s*\[*{re.escape(key)}\b")
    found = (n for n in range(start, len(lines)) if key and pattern.match(lines[n]))
    return next(found, start) + 1
