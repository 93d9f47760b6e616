"""Find a room's plugins: the folder listing and the entry points are the registry.

A plugin is a module with one constant `PLUGIN` that describes it; a room's other modules
have none. Listing reads the files and imports nothing, so `--help` stays quick, and
`grep ^PLUGIN` finds every plugin there is. Other packages add theirs through the entry-point
group `samata.<room>`, whose values name such a constant, e.g. `odd = "odd_package:PLUGIN"`.
"""

import re
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from audit.errors import RequestError

P = TypeVar("P")

_HAS_PLUGIN = re.compile(r"^PLUGIN\b", re.MULTILINE)


def names(room: ModuleType) -> tuple[str, ...]:
    """Return the names of a room's plugins, sorted."""
    return tuple(sorted(_own(room) | set(entry_points(group=_group(room)).names)))


def load(room: ModuleType, name: str, kind: type[P]) -> P:
    """Import one plugin.

    Raises:
        RequestError: If the room has no plugin of that name.
        TypeError: If the plugin is not of the room's kind.
    """
    known = names(room)
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"
        raise RequestError(f"{room.__name__} has no {name!r}; {hint}")
    plugin = _find(room, name)
    if not isinstance(plugin, kind):
        raise TypeError(f"{room.__name__}: the plugin {name!r} is no {kind.__name__}")
    return plugin


def load_all(room: ModuleType, kind: type[P]) -> tuple[P, ...]:
    """Import every plugin of a room that is of this kind, sorted by name."""
    found = (_find(room, name) for name in names(room))
    return tuple(plugin for plugin in found if isinstance(plugin, kind))


def _own(room: ModuleType) -> set[str]:
    files = (path for folder in room.__path__ for path in Path(folder).glob("*.py"))
    return {path.stem for path in files if _HAS_PLUGIN.search(path.read_text(encoding="utf-8"))}


def _find(room: ModuleType, name: str) -> object:
    if name in _own(room):
        return import_module(f"{room.__name__}.{name}").PLUGIN
    (entry,) = entry_points(group=_group(room), name=name)
    return entry.load()


def _group(room: ModuleType) -> str:
    return f"samata.{room.__name__.rsplit('.', 1)[-1]}"
