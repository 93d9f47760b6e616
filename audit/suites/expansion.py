"""From templates to counterfactual sets: the same text, only the named group changes.

Which templates are drawn depends on the seed and the suite alone, so that a case is drawn in
every language or in none: translations of one template are one cluster. A slot whose words
differ anywhere in a set is a changed span; everything else is byte-identical by
construction, and the set's own law checks it again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from audit.errors import SuiteError
from audit.records.counterfactuals import CounterfactualSet, Span, Variant
from audit.records.digests import content_id
from audit.records.identities import Axis
from audit.records.probes import NO_MENTION, Cue, ProbeSuite, Template
from audit.suites.casting import Cast, Role, generator, label_casts, name_cast
from audit.suites.library import Library
from audit.suites.wording import Person, fill, pieces


@dataclass(frozen=True)
class Selection:
    """What to expand: suites by key, axes, cues, and how deep.

    Attributes:
        templates: Templates per suite, 0 for all.
        names: Names per group, 0 for all.
        limit: Most sets per suite, axis and cue, 0 for all.
    """

    suites: tuple[str, ...]
    axes: tuple[str, ...]
    cues: tuple[str, ...]
    templates: int
    names: int
    seed: int
    limit: int = 0


def expand(library: Library, selection: Selection) -> Iterator[CounterfactualSet]:
    """Yield the selected sets, in a fixed order.

    Raises:
        SuiteError: If a template has a slot that no group fills.
    """
    for key in sorted(selection.suites):
        suite = library.suites[key]
        for axis_key in sorted(selection.axes):
            for cue in sorted(selection.cues):
                yield from _limited(library, suite, library.axes[axis_key], cue, selection)


def _limited(
    library: Library, suite: ProbeSuite, axis: Axis, cue: str, selection: Selection
) -> Iterator[CounterfactualSet]:
    made = 0
    casts = _casts(library, axis, cue, suite.language, selection)
    for template in chosen_templates(suite, selection.templates, selection.seed):
        for cast in casts:
            if selection.limit and made == selection.limit:
                return
            one = _set(suite, template, axis, cue, cast)
            if one is not None:
                made += 1
                yield one


def chosen_templates(suite: ProbeSuite, count: int, seed: int) -> list[Template]:
    """Return `count` templates (0: all) drawn by seed and suite, ordered by id."""
    ordered = sorted(suite.templates, key=lambda template: template.id)
    places = generator(seed, suite.id, "templates").permutation(len(ordered))
    kept = sorted(places[: count or None])
    return [ordered[place] for place in kept]


def _casts(
    library: Library, axis: Axis, cue: str, language: str, selection: Selection
) -> list[Cast]:
    if cue == "label":
        return label_casts(library, axis, language, selection.names, selection.seed)
    cast = name_cast(library, axis, language, selection.names, selection.seed)
    return [] if cast is None else [cast]


def _set(
    suite: ProbeSuite, template: Template, axis: Axis, cue: str, cast: Cast
) -> CounterfactualSet | None:
    """Return the set of one template and cast, or None if the reference cannot be worded."""
    unmentioned = Role(NO_MENTION, "", "", Person(template.role, "n"))
    roles = cast if cue == "label" else [unmentioned, *cast]
    worded = [(role, _word(template, role.person, suite.language)) for role in roles]
    complete = [(role, words) for role, words in worded if words is not None]
    _must_be_filled(suite, template, axis, complete)
    if axis.reference not in {role.group for role, _ in complete}:
        return None
    name = cast[0].name if cue == "label" else ""
    changed = _changed([words for _, words in complete])
    identity = (suite.key, template.id, axis.key, cue)
    return CounterfactualSet(
        id=content_id("set", *identity, name),
        suite=suite.id,
        language=suite.language,
        domain=suite.domain,
        template=template.id,
        outcome=suite.outcome(template.outcome).kind,
        axis=axis.key,
        cue=_cue(cue),
        reference=axis.reference,
        variants=tuple(_variant(identity, role, words, changed) for role, words in complete),
    )


Words = list[list[str]]
"""Each turn as literal, filled slot, literal, ..., literal."""


def _word(template: Template, person: Person, language: str) -> Words | None:
    turns = []
    for turn in pieces(template):
        words: list[str] = []
        for place, piece in enumerate(turn):
            is_slot = place % 2 == 1
            filled = fill(piece, words[-1], person, language) if is_slot else piece
            if filled is None:
                return None
            words.append(filled)
        turns.append(words)
    return turns


def _must_be_filled(
    suite: ProbeSuite, template: Template, axis: Axis, complete: list[tuple[Role, Words]]
) -> None:
    if all(role.group == NO_MENTION for role, _ in complete):
        slots = ", ".join(f"{{{slot}}}" for slot in template.slots if "|" not in slot)
        raise SuiteError(
            f"suite {suite.key}, template {template.id}: no group of axis {axis.key!r} fills all "
            f"of {slots} in {suite.language!r}; add the forms to identities/{axis.key}.toml"
        )


def _changed(worded: list[Words]) -> set[tuple[int, int]]:
    """Return the (turn, place) of every slot that is not the same in all variants."""
    first = worded[0]
    return {
        (number, place)
        for number, turn in enumerate(first)
        for place in range(1, len(turn), 2)
        if any(words[number][place] != turn[place] for words in worded)
    }


def _variant(
    identity: tuple[str, ...], role: Role, words: Words, changed: set[tuple[int, int]]
) -> Variant:
    turns, spans = [], []
    for number, turn in enumerate(words):
        length = 0
        for place, piece in enumerate(turn):
            if (number, place) in changed:
                spans.append(Span(turn=number, start=length, end=length + len(piece)))
            length += len(piece)
        turns.append("".join(turn))
    return Variant(
        id=content_id("variant", *identity, role.group, role.name, *turns),
        group=role.group,
        name=role.name,
        unit=role.unit,
        turns=tuple(turns),
        spans=tuple(spans),
    )


def _cue(cue: str) -> Cue:
    return "label" if cue == "label" else "name"
