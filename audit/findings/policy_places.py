"""Places: on which line of a policy file a key stands.

TOML's reader keeps no lines, so they are looked up in the text: the entry of a table first,
then the key inside it. A key that is missing has the place of the table that lacks it.
"""

import re

Location = tuple[int | str, ...]


def line_of(source: str, where: Location) -> int:
    """Return the line of a key, from 1.

    Args:
        source: The file's text.
        where: Table, number of the entry (for an array of tables), key; any tail may be missing.
    """
    lines = source.splitlines()
    if not where:
        return 1
    start, end = _entry(lines, where)
    keys = [str(part) for part in where[1:] if isinstance(part, str)] or [str(where[0])]
    for key in keys:
        pattern = re.compile(rf'^\s*"?{re.escape(key)}"?\s*=')
        found = next((n for n in range(start, end) if pattern.match(lines[n])), None)
        if found is not None:
            return found + 1
    return min(start, max(0, len(lines) - 1)) + 1


def told_line(fault: str) -> int:
    """Return the line that TOML's reader names, or the first."""
    found = re.search(r"at line (\d+)", fault)
    return int(found[1]) if found else 1


def _entry(lines: list[str], where: Location) -> tuple[int, int]:
    """Return the first line of the entry that should hold the key, and one past its last."""
    table = str(where[0])
    heads = [n for n, line in enumerate(lines) if _head(line) == table]
    number = next((part for part in where[1:] if isinstance(part, int)), 0)
    if not heads:
        tables = (n for n, line in enumerate(lines) if _head(line) is not None)
        return 0, next(tables, len(lines))
    start = heads[min(number, len(heads) - 1)]
    after = (n for n in range(start + 1, len(lines)) if _head(lines[n]) is not None)
    return start, next(after, len(lines))


def _head(line: str) -> str | None:
    """Return the name in a table's head, or None where the line is no head."""
    found = re.match(r"^\s*\[{1,2}\s*([\w.-]+)\s*\]{1,2}", line)
    return found[1] if found else None
