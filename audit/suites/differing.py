"""Differing: what changed between two libraries, in words for a changelog."""

from collections.abc import Iterator, Mapping
from typing import Any

from audit.records.digests import record_digest
from audit.records.probes import ProbeSuite
from audit.records.record import Record
from audit.suites.library import Library


def differences(old: Library, new: Library) -> list[str]:
    """Return one line for each suite, template, axis, group and name list that differs.

    A suite whose text changed under the same version is said to be so: numbers of two runs
    compare only where the words are the same.
    """
    lines = [
        *_sets("axis", old.axes, new.axes),
        *_sets("name list", old.name_lists, new.name_lists),
        *_sets("suite", old.suites, new.suites),
    ]
    for key in sorted(old.suites.keys() & new.suites.keys()):
        lines += _suite(old.suites[key], new.suites[key])
    return lines


def _sets(kind: str, old: Mapping[str, Record], new: Mapping[str, Record]) -> Iterator[str]:
    for key in sorted(old.keys() | new.keys()):
        if key not in new:
            yield f"{kind} {key}: removed"
        elif key not in old:
            yield f"{kind} {key}: added"
        elif kind != "suite" and record_digest(old[key]) != record_digest(new[key]):
            fields = ", ".join(_changed(old[key], new[key]))
            yield f"{kind} {key}: changed ({fields})"


def _suite(old: ProbeSuite, new: ProbeSuite) -> Iterator[str]:
    if record_digest(old) == record_digest(new):
        return
    if old.version == new.version:
        yield f"suite {new.key}: changed, but both call themselves version {new.version}"
    else:
        yield f"suite {new.key}: {old.version} -> {new.version}"
    fields = [field for field in _changed(old, new) if field not in ("templates", "version")]
    if fields:
        yield f"suite {new.key}: {', '.join(fields)} changed"
    mine = {template.id: template for template in old.templates}
    theirs = {template.id: template for template in new.templates}
    for key in sorted(mine.keys() | theirs.keys()):
        if key not in theirs:
            yield f"suite {new.key}: template {key} removed"
        elif key not in mine:
            yield f"suite {new.key}: template {key} added"
        elif mine[key] != theirs[key]:
            fields = _changed(mine[key], theirs[key])
            yield f"suite {new.key}: template {key} changed ({', '.join(fields)})"


def _changed(old: Record, new: Record) -> list[str]:
    before: dict[str, Any] = old.model_dump()
    after: dict[str, Any] = new.model_dump()
    return [field for field in after if before.get(field) != after[field]]
