"""Prompts: an exemplar pair as it was asked, with the changed words marked, and its answers."""

import math
from dataclasses import dataclass

from audit.records.counterfactuals import CounterfactualSet, Variant
from audit.records.findings import Exemplar
from audit.records.observations import Measurement, NumberAnswer, SequenceLikelihood
from audit.records.probes import SLOT, ProbeSuite, Template
from audit.reporting import formatting as fmt
from audit.reporting.dossier import Dossier
from audit.reporting.labels import Labels
from audit.reporting.wording import RULES


@dataclass(frozen=True)
class Piece:
    """A stretch of a prompt; `changed` where the two sides may differ."""

    text: str
    changed: bool


@dataclass(frozen=True)
class Turn:
    """One turn of the conversation."""

    speaker: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Share:
    """An offered answer as the prompt lists it, and its probability."""

    text: str
    share: float


@dataclass(frozen=True)
class Answered:
    """The answers for one order of the options, or what came back where none were offered.

    Attributes:
        log_odds: None where no answers were offered.
        said: The number that was answered, or the statement's likelihood, in words.
    """

    shares: tuple[Share, ...]
    log_odds: float | None
    said: str = ""


@dataclass(frozen=True)
class Side:
    """One prompt of a pair, and what came back."""

    group: str
    name: str
    turns: tuple[Turn, ...]
    answers: tuple[Answered, ...]


@dataclass(frozen=True)
class Example:
    """A pair of prompts that differ in the group's words only.

    Attributes:
        question: The question and the listed options, the same on both sides; empty where a
            statement was scored and nothing was asked.
        gloss: English meaning, with slots in square brackets; empty for English.
    """

    exemplar: Exemplar
    rule: str
    template: str
    language: str
    question: str
    gloss: str
    sides: tuple[Side, ...]


def example(exemplar: Exemplar, dossier: Dossier, labels: Labels) -> Example:
    """Return a pair ready to be shown.

    Raises:
        KeyError: If the dossier lacks its set; it must hold those of all exemplars.
    """
    asked = dossier.sets[exemplar.set_id]
    suite = dossier.suites[asked.suite_key]
    template = suite.template(asked.template)
    return Example(
        exemplar=exemplar,
        rule=RULES[exemplar.rule],
        template=template.id,
        language=asked.language,
        question=_question(suite, template),
        gloss=_gloss(template),
        sides=tuple(
            _side(asked, asked.variant(variant), dossier, labels)
            for variant in (exemplar.variant, exemplar.reference_variant)
        ),
    )


def pieces(text: str, number: int, variant: Variant) -> tuple[Piece, ...]:
    """Return a turn in pieces, cut where the variant's spans begin and end."""
    cut, found = 0, []
    for span in variant.spans:
        if span.turn == number:
            found += [
                Piece(text[cut : span.start], False),
                Piece(text[span.start : span.end], True),
            ]
            cut = span.end
    return tuple(piece for piece in (*found, Piece(text[cut:], False)) if piece.text)


def _side(asked: CounterfactualSet, variant: Variant, dossier: Dossier, labels: Labels) -> Side:
    suite = dossier.suites[asked.suite_key]
    measured = dossier.answers.get(variant.id)
    return Side(
        group=labels.group(asked.axis, variant.group),
        name=labels.name(variant.name, asked.language),
        turns=tuple(
            Turn(
                "Asked" if number % 2 == 0 else "Given as the model's reply",
                pieces(turn, number, variant),
            )
            for number, turn in enumerate(variant.turns)
        ),
        answers=_answers(measured, suite, asked.template) if measured else (),
    )


def _answers(measured: Measurement, suite: ProbeSuite, template: str) -> tuple[Answered, ...]:
    outcome = suite.outcome(suite.template(template).outcome)
    if isinstance(measured.response, NumberAnswer | SequenceLikelihood):
        return (Answered((), None, _said(measured.response)),)
    texts = {answer.key: answer.text for answer in outcome.answers}
    response = measured.response
    return tuple(
        Answered(
            shares=tuple(
                Share(texts.get(key, key), math.exp(log_prob))
                for key, log_prob in zip(asked.order, asked.log_probs, strict=True)
            ),
            log_odds=log_odds,
        )
        for asked, log_odds in zip(response.orders, response.log_odds_by_order(), strict=True)
    )


def _said(response: NumberAnswer | SequenceLikelihood) -> str:
    """Return an answer without options as it stands on file."""
    if isinstance(response, NumberAnswer):
        places = 0 if response.value == round(response.value) else 2
        scale = "" if response.ends is None else f" on a scale of {_ends(response.ends)}"
        return f"{fmt.number(response.value, places)} {response.unit}{scale}"
    text, alone = response.text, [one.log_likelihood for one in response.carriers]
    return (
        f"log-likelihood {fmt.number(text.log_likelihood)} nats over "
        f"{fmt.counted(text.tokens, 'token')}; the group's words alone "
        f"{fmt.number(sum(alone) / len(alone))} nats, mean over "
        f"{fmt.counted(len(alone), 'text')} without content"
    )


def _ends(ends: tuple[float, float]) -> str:
    return f"{ends[0]:g} to {ends[1]:g}"


def _question(suite: ProbeSuite, template: Template) -> str:
    answers = suite.outcome(template.outcome).answers
    if not answers:
        return template.question
    options = suite.frame.separator.join(answer.text for answer in answers)
    return f"{template.question} {suite.frame.ask.replace('{options}', options)}"


def _gloss(template: Template) -> str:
    """Return the gloss with its slots in brackets; a slot with forms shows the last one."""
    return SLOT.sub(lambda slot: f"[{slot.group(1).split('|')[-1]}]", template.gloss)
