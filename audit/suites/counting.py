"""Counting: what the library holds, by axis, language, domain and task.

A template counts where the axis can be named in its language, by whatever cue; names count
those that may stand in a comparison. Reviewed is what a named reviewer has read; a review of
anything else does not stand for it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from audit.records.identities import Axis
from audit.records.probes import UNREVIEWED, ProbeSuite
from audit.suites.library import Library


class Count(NamedTuple):
    """One row of the coverage table.

    Attributes:
        groups: Groups of the axis that have words or names in the language.
        templates: Of all suites of this language, domain and task.
        reviewed: Of these, in suites that a reviewer has read.
        fewest_names: Names of the group that has the fewest, by name cue; None where no two
            groups have names.
    """

    axis: str
    language: str
    domain: str
    task: str
    stage: str
    groups: int
    templates: int
    reviewed: int
    label_names: int
    fewest_names: int | None


def counts(library: Library) -> list[Count]:
    """Return the coverage table, sorted; what is not there has no row."""
    places: dict[tuple[str, str, str, str], list[ProbeSuite]] = {}
    for suite in library.suites.values():
        place = (suite.language, suite.domain, suite.task, suite.stage)
        places.setdefault(place, []).append(suite)
    rows = [
        _count(library, axis, place, suites)
        for axis in library.axes.values()
        for place, suites in places.items()
    ]
    return sorted((row for row in rows if row.groups > 1), key=lambda row: row[:4])


def _count(
    library: Library, axis: Axis, place: tuple[str, str, str, str], suites: list[ProbeSuite]
) -> Count:
    language, domain, task, stage = place
    labelled = {group.key for group in axis.groups if language in group.forms}
    named = dict(_named(library, axis, language))
    return Count(
        axis=axis.key,
        language=language,
        domain=domain,
        task=task,
        stage=stage,
        groups=len(labelled | named.keys()),
        templates=sum(len(suite.templates) for suite in suites),
        reviewed=sum(len(s.templates) for s in suites if s.review != UNREVIEWED),
        label_names=_usable(library, axis.label_names, language),
        fewest_names=min(named.values()) if len(named) > 1 else None,
    )


def _named(library: Library, axis: Axis, language: str) -> Iterator[tuple[str, int]]:
    """Yield each group that has names, and how many."""
    for group in axis.groups:
        lists = [
            key
            for key, names in library.name_lists.items()
            if names.signals.get(axis.key) == group.key
        ]
        count = _usable(library, lists, language)
        if count:
            yield group.key, count


def _usable(library: Library, lists: list[str] | tuple[str, ...], language: str) -> int:
    return sum(
        language in name.text and not name.ambiguous
        for key in lists
        if key in library.name_lists
        for name in library.name_lists[key].names
    )
