"""Policies: read the file that turns numbers into verdicts.

Margins, floors, bands and weights stand in a policy file and nowhere in the code, so that
whoever reads a verdict can see who chose the numbers, and why.
"""

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from audit.errors import RequestError, SuiteError
from audit.records.findings import Policy

_SHIPPED = Path(__file__).parent / "policies"


def load_policy(name_or_path: str) -> Policy:
    """Return a shipped policy by its name, or a policy file by its path.

    Raises:
        RequestError: If there is no such policy.
        SuiteError: If the file breaks TOML's rules or the policy's.
    """
    path = _find(name_or_path)
    content = _read(path)
    try:
        return Policy.model_validate(content)
    except ValidationError as fault:
        raise SuiteError(f"policy {path}: {_first(fault)}") from None


def policy_names() -> tuple[str, ...]:
    """Return the names of the shipped policies, sorted."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.toml")))


def _find(name_or_path: str) -> Path:
    names = policy_names()
    if name_or_path in names:
        return _SHIPPED / f"{name_or_path}.toml"
    path = Path(name_or_path)
    if path.is_file():
        return path
    near = get_close_matches(name_or_path, names, n=1)
    hint = (
        f"did you mean {near[0]!r}?" if near else f"there is {', '.join(names)}, or a .toml file"
    )
    raise RequestError(f"no policy {name_or_path!r}; {hint}")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as fault:
        raise SuiteError(f"policy {path}: {fault}") from None
    except UnicodeDecodeError as fault:
        raise SuiteError(f"policy {path}: no UTF-8 at byte {fault.start}") from None


def _first(fault: ValidationError) -> str:
    """Return the first fault as "key: what is wrong", in one line."""
    first = fault.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    what = first["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what
