"""Cast the people of a counterfactual set: who stands in each group's variant.

Under a label cue the same neutral name stands in every group. Under a name cue each group
has names of its own; a name that two compared groups share is used for neither. Names are
drawn by seed, evenly over a group's lists (so that no group has more women than another), and
kept in the order of their keys: nothing depends on the order of a file.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from audit.records.digests import content_seed
from audit.records.identities import Axis, Name, NameList
from audit.records.probes import NO_MENTION, Gender
from audit.suites.library import Library
from audit.suites.wording import Person


@dataclass(frozen=True)
class Role:
    """One variant's person, with the keys that the variant keeps."""

    group: str
    name: str
    unit: str
    person: Person


Cast = list[Role]
"""The people of one set, in order."""


@dataclass(frozen=True)
class Named:
    """A name of a list, with the agreement that the list asks for."""

    name: Name
    gender: Gender


def label_casts(library: Library, axis: Axis, language: str, count: int, seed: int) -> list[Cast]:
    """Return one cast for each neutral name: every group, and none mentioned."""
    lists = [library.name_lists[key] for key in axis.label_names if key in library.name_lists]
    drawn = draw(lists, language, count, generator(seed, axis.key, "label"))
    return [_label_cast(axis, named, language) for named in drawn]


def name_cast(
    library: Library, axis: Axis, language: str, count: int, seed: int
) -> list[Role] | None:
    """Return one cast of all groups' names, or None if the reference group has no names."""
    by_group = _names_by_group(library, axis, language)
    if axis.reference not in by_group or len(by_group) < 2:  # noqa: PLR2004
        return None
    roles = []
    for group, lists in by_group.items():
        for named in draw(lists, language, count, generator(seed, axis.key, "name", group)):
            person = Person(named.name.text[language], named.gender)
            roles.append(Role(group, named.name.key, named.name.unit, person))
    return roles


def draw(
    lists: Sequence[NameList], language: str, count: int, rng: np.random.Generator
) -> list[Named]:
    """Return `count` names (0: all), evenly over the lists, ordered by list and key."""
    piles = []
    for names in sorted(lists, key=lambda one: one.key):
        usable = sorted(
            (n for n in names.names if language in n.text and not n.ambiguous),
            key=lambda name: name.key,
        )
        picked = [usable[place] for place in rng.permutation(len(usable))]
        piles.append([Named(name, names.gender) for name in picked])
    in_turn = [named for row in zip_longest(*piles) for named in row if named is not None]
    chosen = in_turn[: count or None]
    return sorted(chosen, key=lambda named: (named.gender, named.name.key))


def _label_cast(axis: Axis, named: Named, language: str) -> Cast:
    called, name = named.name.text[language], named.name
    roles = [Role(NO_MENTION, name.key, name.unit, Person(called, named.gender))]
    for group in axis.groups:
        if language in group.forms:
            person = Person(called, group.gender or named.gender, group)
            roles.append(Role(group.key, name.key, name.unit, person))
    return roles


def _names_by_group(library: Library, axis: Axis, language: str) -> dict[str, list[NameList]]:
    by_group: dict[str, list[NameList]] = {}
    for group in axis.groups:
        lists = [n for n in library.name_lists.values() if n.signals.get(axis.key) == group.key]
        if lists:
            by_group[group.key] = lists
    shared = _shared(by_group, language)
    return {
        group: [_without(names, shared, language) for names in lists]
        for group, lists in by_group.items()
    }


def _shared(by_group: dict[str, list[NameList]], language: str) -> set[str]:
    """Return the written names that more than one group has."""
    owners: dict[str, set[str]] = {}
    for group, lists in by_group.items():
        for written in _written(lists, language):
            owners.setdefault(written, set()).add(group)
    return {written for written, groups in owners.items() if len(groups) > 1}


def _written(lists: Iterable[NameList], language: str) -> Iterable[str]:
    return (n.text[language] for names in lists for n in names.names if language in n.text)


def _without(names: NameList, shared: set[str], language: str) -> NameList:
    kept = tuple(n for n in names.names if n.text.get(language) not in shared)
    return names.model_copy(update={"names": kept})


def generator(seed: int, *parts: str) -> np.random.Generator:
    """Return a generator seeded by content, so that nothing depends on order or machine."""
    return np.random.default_rng(content_seed(str(seed), *parts))
