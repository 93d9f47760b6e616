"""The library: all suites, axes and name lists of a probes folder.

Folders: `identities/` holds one axis a file, `names/` one name list a file, every other
folder is a domain with one suite and language a file: `<domain>/<suite>.<language>.toml`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from audit.errors import RequestError, SuiteError
from audit.records.identities import Axis, NameList
from audit.records.probes import ProbeSuite
from audit.suites.format import read_toml


@dataclass(frozen=True)
class Library:
    """Everything that can be asked, by key, and the file that each came from."""

    suites: Mapping[str, ProbeSuite]
    axes: Mapping[str, Axis]
    name_lists: Mapping[str, NameList]
    files: Mapping[str, Path]


def read_library(folder: Path) -> Library:
    """Read a probes folder.

    Raises:
        SuiteError: If a file is at fault, or a suite's file name and content disagree.
    """
    if not folder.is_dir():
        raise SuiteError(f"{folder}: no such probes folder")
    axes, axis_files = _axes(folder / "identities")
    lists, list_files = _name_lists(folder / "names")
    suites, suite_files = _suites(folder)
    return Library(
        suites=suites,
        axes=axes,
        name_lists=lists,
        files={**axis_files, **list_files, **suite_files},
    )


def choose_suites(library: Library, patterns: Iterable[str]) -> dict[str, ProbeSuite]:
    """Return the suites that a name or glob fits; every suite if there is no pattern.

    Raises:
        RequestError: If a pattern fits nothing; the message names what comes near.
    """
    wanted = tuple(patterns)
    for pattern in wanted:
        if not any(_fits(suite, pattern) for suite in library.suites.values()):
            known = sorted({suite.id for suite in library.suites.values()})
            raise RequestError(_unknown("suite", pattern, known))
    return {
        key: suite
        for key, suite in library.suites.items()
        if not wanted or any(_fits(suite, pattern) for pattern in wanted)
    }


def choose(kind: str, wanted: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return the wanted keys, sorted, or all known ones if none is named.

    Raises:
        RequestError: If a key is unknown; the message names what comes near.
    """
    have = sorted(set(known))
    asked = sorted(set(wanted))
    for key in asked:
        if key not in have:
            raise RequestError(_unknown(kind, key, have))
    return tuple(asked or have)


def _unknown(kind: str, key: str, known: list[str]) -> str:
    near = get_close_matches(key, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
    return f"no {kind} {key!r}; {hint}"


def _fits(suite: ProbeSuite, pattern: str) -> bool:
    return fnmatchcase(suite.id, pattern) or fnmatchcase(suite.key, pattern)


def _axes(folder: Path) -> tuple[dict[str, Axis], dict[str, Path]]:
    axes, files = {}, {}
    for path in sorted(folder.glob("*.toml")):
        axis = read_toml(path, Axis)
        _must_match(path, axis.key, path.stem)
        axes[axis.key], files[f"identities/{axis.key}"] = axis, path
    return axes, files


def _name_lists(folder: Path) -> tuple[dict[str, NameList], dict[str, Path]]:
    lists, files = {}, {}
    for path in sorted(folder.glob("*.toml")):
        names = read_toml(path, NameList)
        _must_match(path, names.key, path.stem)
        lists[names.key], files[f"names/{names.key}"] = names, path
    return lists, files


def _suites(folder: Path) -> tuple[dict[str, ProbeSuite], dict[str, Path]]:
    suites, files = {}, {}
    for path in sorted(folder.glob("*/*.toml")):
        if path.parent.name in ("identities", "names"):
            continue
        suite = read_toml(path, ProbeSuite)
        _must_match(path, suite.key, f"{path.parent.name}/{path.stem}")
        suites[suite.key], files[suite.key] = suite, path
    return suites, files


def _must_match(path: Path, key: str, expected: str) -> None:
    if key != expected:
        raise SuiteError(f"{path}: calls itself {key!r}; by its place it should be {expected!r}")
