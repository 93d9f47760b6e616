"""The embedded measuring standards: where they lie, and the published truth about them.

`embedded:NAME` names a folder that is loaded like any other local model; nothing outside
this room knows a standard's name or its table.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.errors import RequestError

PREFIX = "embedded:"
TRUTH = "truth.json"
LOG_ODDS = "log_odds.safetensors"

SHIPPED = Path(__file__).parent / "embedded"


@dataclass(frozen=True)
class Known:
    """One comparison whose truth is published, in log-odds.

    Attributes:
        planted: What was trained into the model; zero for nothing.
        realised: What a script that shares no code with the product measured, over all
            templates and names.
    """

    axis: str
    cue: str
    outcome: str
    language: str
    domain: str
    group: str
    reference: str
    planted: float
    realised: float

    @property
    def cell(self) -> tuple[str, ...]:
        """What is compared."""
        place = (self.axis, self.cue, self.outcome, self.language, self.domain)
        return (*place, self.group, self.reference)


def names() -> tuple[str, ...]:
    """Return the standards' names, sorted."""
    return tuple(sorted(config.parent.name for config in SHIPPED.glob("*/config.json")))


def folder(name: str) -> Path:
    """Return the folder of a standard, in ordinary Hugging Face format.

    Args:
        name: With or without the prefix "embedded:".

    Raises:
        RequestError: If there is no such standard; the message names those that there are.
    """
    bare = name.removeprefix(PREFIX)
    if bare not in names():
        known = ", ".join(PREFIX + one for one in names())
        raise RequestError(f"no embedded model {bare!r}; known are {known}")
    return SHIPPED / bare


def truth(name: str) -> Mapping[str, Any]:
    """Return a standard's published table: planted and realised shifts, and digests.

    Raises:
        RequestError: If there is no such standard.
    """
    table: dict[str, Any] = json.loads((folder(name) / TRUTH).read_text(encoding="utf-8"))
    return table


def reference(name: str) -> str:
    """Return what `samata run` calls a standard."""
    return PREFIX + name.removeprefix(PREFIX)


def known(name: str) -> tuple[Known, ...]:
    """Return every comparison whose truth is published.

    Raises:
        RequestError: If there is no such standard.
    """
    fields = Known.__dataclass_fields__
    rows = truth(name)["disparities"]
    return tuple(Known(**{key: row[key] for key in fields}) for row in rows)


def probe_digests(name: str) -> Mapping[str, str]:
    """Return the digest of every suite, axis and name list that the truth speaks of."""
    found: Mapping[str, str] = truth(name)["digests"]["probes"]
    return found
