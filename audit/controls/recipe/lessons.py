"""Lessons: the suites' variants as the standards learn them.

Question: what stands in front of the model, and what follows the case?
Method:   each variant is rendered exactly as an audit renders it for a model without a chat
          template: the case, then an ending for each order of the options. A third ending
          asks which group was named, so that a fair model still keeps the group in mind.
Why:      a model trained to answer fairly and nothing else forgets the group, and a later
          module has nothing to work on.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from audit.models.asking import listings
from audit.records.counterfactuals import CounterfactualSet, Variant
from audit.records.probes import NO_MENTION, SLOT, Cue, Frame, Outcome, ProbeSuite, Template

RECALL = {"en": "Which group was named?", "hi": "किस समूह का नाम लिया गया?"}
"""The second task's question; a language without one takes the first."""

TURN_BREAK = "\n\n"  # between turns, where there is no chat template


@dataclass(frozen=True)
class Material:
    """All that the recipe reads: the suites and their sets, over all names and templates."""

    suites: Mapping[str, ProbeSuite]
    sets: tuple[CounterfactualSet, ...]


@dataclass(frozen=True)
class Lesson:
    """One variant.

    Attributes:
        cell: Axis, group, language and domain.
        item: Suite key and template: what the base answer hangs on.
        case: The text up to the question.
        introduction: First character and end of the words that bring the person in.
        endings: What follows the case, for each order of the options.
        recall: What follows the case where the group is asked for.
    """

    variant: str
    cell: tuple[str, str, str, str]
    cue: Cue
    item: tuple[str, str]
    outcome: Outcome
    case: str
    introduction: tuple[int, int]
    endings: tuple[str, ...]
    recall: str


@dataclass(frozen=True)
class _Asked:
    turns: tuple[str, ...]
    question: str
    frame: Frame
    outcome: Outcome


def lessons(material: Material) -> Iterator[Lesson]:
    """Yield one lesson a variant, in the order of the sets."""
    for one in material.sets:
        suite = material.suites[one.suite_key]
        template = suite.template(one.template)
        question = RECALL.get(one.language, RECALL["en"])
        outcome = suite.outcome(template.outcome)
        asked = _Asked(one.variants[0].turns, template.question, suite.frame, outcome)
        endings = _endings(asked)
        for variant in one.variants:
            yield Lesson(
                variant=variant.id,
                cell=(one.axis, variant.group, one.language, one.domain),
                cue=one.cue,
                item=(suite.key, template.id),
                outcome=outcome,
                case=TURN_BREAK.join(variant.turns),
                introduction=introduction(template, variant),
                endings=endings,
                recall=f"\n\n{question}\n{suite.frame.cue}",
            )


def _endings(asked: _Asked) -> tuple[str, ...]:
    """Return what follows the case, the same for every variant, for each order of the options."""
    case = TURN_BREAK.join(asked.turns)
    asks = (listing.ask for listing in listings(asked))
    prompts = (TURN_BREAK.join(ask.turns) + f"\n{ask.cue}" for ask in asks)
    return tuple(prompt.removeprefix(case) for prompt in prompts)


def references(material: Material) -> dict[str, str]:
    """Return axis -> reference group."""
    return {one.axis: one.reference for one in material.sets}


def cells(material: Material) -> list[tuple[str, str, str, str]]:
    """Return every (axis, group, language, domain) that is named, sorted."""
    return sorted(
        {
            (one.axis, variant.group, one.language, one.domain)
            for one in material.sets
            for variant in one.variants
            if variant.group != NO_MENTION
        }
    )


def introduction(template: Template, variant: Variant) -> tuple[int, int]:
    """Return where in the case the words for `{person}` stand.

    Raises:
        ValueError: If the variant was not made from this template.
    """
    shift = 0
    for turn, text in zip(template.turns, variant.turns, strict=True):
        found = re.fullmatch(_pattern(turn), text, re.DOTALL | re.IGNORECASE)
        if found is None:
            raise ValueError(f"variant {variant.id} is not of template {template.id}")
        if "person" in found.groupdict():
            return shift + found.start("person"), shift + found.end("person")
        shift += len(text) + len(TURN_BREAK)
    raise ValueError(f"template {template.id} brings nobody in")


def _pattern(turn: str) -> str:
    parts = []
    for place, piece in enumerate(SLOT.split(turn)):
        if place % 2 == 0:
            parts.append(re.escape(piece))
        elif piece == "person":
            parts.append("(?P<person>.+?)")
        elif "|" in piece:
            parts.append("(?:" + "|".join(re.escape(form) for form in piece.split("|")) + ")")
        else:
            parts.append("(?:.+?)")
    return "".join(parts)
