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
        raise SuiteError(f"{path}{_place(str(fault))}: not valid TOML: {fault}") from None
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
        return path.read_text(encoding="utf-8-sig")
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


def _place(fault: str) -> str:
    """Return ":line" where the parser names one."""
    found = re.search(r"at line (\d+)", fault)
    return f":{found[1]}" if found else ""


def _line(source: str, loc: tuple[int | str, ...]) -> int:
    """Return the line of a key, as near as the text tells: its table's entry, then the key."""
    lines = source.splitlines()
    start, end = _entry(lines, loc)
    for part in reversed(loc):
        key = "text" if part == "turns" else part
        pattern = re.compile(rf"^\s*\[*[\w.]*\b{re.escape(str(key))}\b")
        found = (n for n in range(start, end) if isinstance(key, str) and pattern.match(lines[n]))
        line = next(found, None)
        if line is not None:
            return line + 1
    return start + 1


def _entry(lines: list[str], loc: tuple[int | str, ...]) -> tuple[int, int]:
    """Return the first line of the table's entry that holds the key, and one past its last."""
    match loc:
        case (str(table), int(number), *_):
            heads = [n for n, line in enumerate(lines) if line.strip() == f"[[{table}]]"]
            if number < len(heads):
                return heads[number], _end(lines, heads[number], table)
    return 0, len(lines)


def _end(lines: list[str], start: int, table: str) -> int:
    """Return where the entry that starts here ends: at the next table that is not part of it."""
    after = range(start + 1, len(lines))
    others = (n for n in after if lines[n].startswith("[") and f"[{table}." not in lines[n])
    return next(others, len(lines))
