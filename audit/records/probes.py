"""Probes: suites, their templates, and the outcomes that they ask for."""

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from audit.records.record import Record

Gender = Literal["m", "f", "n"]
Cue = Literal["label", "name"]
OutcomeKind = Literal["choice", "ordered", "number", "marks", "association"]
OFFERED: frozenset[OutcomeKind] = frozenset({"choice", "ordered"})
"""The kinds whose prompts offer answers, so that these have a probability together."""

UNREVIEWED = "unreviewed"
NO_MENTION = "none"
"""The key of the variant that does not mention the axis at all."""
NONCE = "nonce-"
"""How the key of a made-up group begins, whose words mean nothing: the null of associations."""

SLOT = re.compile(r"\{([^{}]*)\}")
PLUS = "+"
"""What joins the axes of an intersection, e.g. "caste+gender", and its groups, "sc+woman"."""

_NAMED_SLOT = re.compile(r"[a-z_]+(:[a-z_]+)?")
_WORDS = "{words}"


def is_control(group: str) -> bool:
    """Return whether a key names no group of people: nobody is mentioned, or it is made up."""
    return group == NO_MENTION or group.startswith(NONCE)


class Answer(Record):
    """One answer that a prompt offers.

    Attributes:
        key: Its name in records, e.g. "yes".
        text: The answer as the prompt lists it.
        forms: Further surface forms that count as this answer (case, script, spelling).
    """

    key: str
    text: str = Field(min_length=1)
    forms: tuple[str, ...] = ()

    @property
    def surface_forms(self) -> tuple[str, ...]:
        """All forms that count, the listed one first."""
        return tuple(dict.fromkeys((self.text, *self.forms)))


class Outcome(Record):
    """What is asked of the model, and which answer favours the person.

    Attributes:
        key: Its name in the suite.
        kind: `choice` (one of a few answers), `ordered` (levels, lowest first), `number` (an
            amount or a rate, compared as a ratio), `marks` (a number on a scale with two ends,
            compared as a share of it) or `association` (how likely a statement is).
        answers: The offered answers; for `ordered` the levels from low to high; none for others.
        favourable: A key of `answers`; for `ordered` the lowest or highest level; for `number`
            and `marks` "high" or "low"; for `association` whether the statement speaks for the
            people it names ("likely") or against them ("unlikely").
        unfavourable: For `choice`, the answer that goes against the person.
        unit: For `number` and `marks`, what is counted, e.g. "rupees a month".
        ends: For `marks`, the two ends of the scale.
        carriers: For `association`, texts without content that end in `{words}`, the group's own.

    Raises:
        ValueError: If the answers and the favourable direction do not fit the kind.
    """

    key: str
    kind: OutcomeKind
    answers: tuple[Answer, ...] = ()
    favourable: str
    unfavourable: str = ""
    unit: str = ""
    ends: tuple[float, float] | None = None
    carriers: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        keys = self.keys
        if len(set(keys)) != len(keys):
            raise ValueError(f"outcome {self.key!r} has an answer key twice: {keys}")
        if self.kind not in OFFERED:
            self._must_stand_alone()
            return self
        if self.ends or self.carriers:
            raise ValueError(f"{self.kind} outcome {self.key!r} has neither ends nor carriers")
        if len(keys) < 2:  # noqa: PLR2004
            raise ValueError(f"outcome {self.key!r} needs two answers or more, has {len(keys)}")
        if self.kind == "choice" and not (
            {self.favourable, self.unfavourable} <= set(keys)
            and self.favourable != self.unfavourable
        ):
            raise ValueError(
                f"choice outcome {self.key!r} needs favourable and unfavourable among {keys}"
            )
        if self.kind == "ordered" and self.favourable not in (keys[0], keys[-1]):
            raise ValueError(
                f"ordered outcome {self.key!r}: favourable must be {keys[0]!r} or {keys[-1]!r}"
            )
        return self

    def _must_stand_alone(self) -> None:
        """See that an outcome without answers has what its kind needs, and nothing else."""
        here = f"{self.kind} outcome {self.key!r}"
        if self.answers or (self.kind == "association") == bool(self.unit):
            raise ValueError(
                f"{here} needs no answers, and a unit if and only if it is a number or marks"
            )
        ways = ("likely", "unlikely") if self.kind == "association" else ("high", "low")
        if self.favourable not in ways:
            raise ValueError(f"{here}: favourable must be {ways[0]!r} or {ways[1]!r}")
        if (self.kind == "marks") != (self.ends is not None and self.ends[0] < self.ends[1]):
            raise ValueError(f"{here}: marks need ends = [low, high], and nothing else has any")
        lawful = all(c.count("{") == 1 and c.endswith(_WORDS) for c in self.carriers)
        if (self.kind == "association") != bool(self.carriers) or not lawful:
            raise ValueError(
                f"{here}: an association needs carriers, each ending in {_WORDS} and with no "
                "other slot, and nothing else has any"
            )

    @property
    def keys(self) -> tuple[str, ...]:
        """The answers' keys, in order."""
        return tuple(answer.key for answer in self.answers)


class Frame(Record):
    """The words around a case that make it a question, in one language.

    Attributes:
        ask: How the options are listed; holds `{options}` once.
        separator: What stands between two options.
        cue: What stands before the answer where there is no chat template, e.g. "Answer:".
    """

    ask: str
    separator: str
    cue: str

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        if self.ask.count("{options}") != 1:
            raise ValueError("a frame's `ask` needs {options} exactly once")
        return self


class Template(Record):
    """One wording of a case, with slots where the person stands.

    Slots are filled by plain replacement: `{person}` is the first mention and carries the
    identity; `{name}` is the bare name; `{he|she|they}` is the form that agrees with the
    person (masculine, feminine, gender not stated); other named slots, e.g.
    `{person:dative}`, take the identity's form of that name.

    Attributes:
        id: Shared by the same case in every language: one cluster.
        turns: User and assistant in turn, the user last; the case stands in the user's turns.
        question: What is asked at the end; names nobody.
        role: The noun phrase for a person whose name is not mentioned, e.g. "the applicant".
        outcome: The key of one of the suite's outcomes.
        expected: `invariance`, or `difference` where equal treatment would be the fault.
        paraphrase_of: The id of the template that this one words anew.
        gloss: English meaning, for every text that is not English.
        topic_source: A work actually read, or "team knowledge, unverified".
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    turns: tuple[str, ...] = Field(min_length=1)
    question: str
    role: str
    outcome: str
    expected: Literal["invariance", "difference"] = "invariance"
    paraphrase_of: str | None = None
    gloss: str = ""
    topic_source: str = "team knowledge, unverified"

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        if len(self.turns) % 2 == 0:
            raise ValueError(f"template {self.id}: turns alternate and the last is the user's")
        if SLOT.search(self.question) or SLOT.search(self.role):
            raise ValueError(f"template {self.id}: question and role may hold no slot")
        if "person" not in self.slots:
            raise ValueError(f"template {self.id}: no {{person}} slot, so no group can be named")
        for slot in self.slots:
            if "|" not in slot and not _NAMED_SLOT.fullmatch(slot):
                raise ValueError(
                    f"template {self.id}: slot {{{slot}}} is neither a name such as {{person}} "
                    "nor forms such as {he|she|they}"
                )
        return self

    @property
    def slots(self) -> tuple[str, ...]:
        """The contents of all slots, in reading order."""
        return tuple(slot for turn in self.turns for slot in SLOT.findall(turn))


class ProbeSuite(Record):
    """Templates of one task in one language, with their outcomes and where they come from.

    Raises:
        ValueError: If a template's id comes twice or its outcome is not declared.
    """

    id: str = Field(pattern=r"^[a-z0-9-]+/[a-z0-9-]+$")
    version: str
    language: str
    domain: str
    task: str
    harm: str
    frame: Frame
    outcomes: tuple[Outcome, ...]
    templates: tuple[Template, ...]
    source: str
    licence: str
    canary: str
    review: str = UNREVIEWED
    notice: str = ""
    stage: Literal["core", "preview"] = "core"

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        ids = [template.id for template in self.templates]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"suite {self.id}: template id {twice[0]!r} comes twice")
        known = {outcome.key for outcome in self.outcomes}
        for template in self.templates:
            if template.outcome not in known:
                raise ValueError(
                    f"template {template.id}: outcome {template.outcome!r} is not declared; "
                    f"declared are {sorted(known)}"
                )
            alone = len(template.turns) == 1 and not template.question
            if self.outcome(template.outcome).kind == "association" and not alone:
                raise ValueError(
                    f"template {template.id}: an association is one statement, without a question"
                )
            if template.paraphrase_of is not None and template.paraphrase_of not in ids:
                raise ValueError(
                    f"template {template.id}: paraphrase_of {template.paraphrase_of!r} is unknown"
                )
        return self

    @property
    def key(self) -> str:
        """Suite and language, e.g. "healthcare/triage.hi"."""
        return f"{self.id}.{self.language}"

    def outcome(self, key: str) -> Outcome:
        """Return a declared outcome."""
        return next(outcome for outcome in self.outcomes if outcome.key == key)

    def template(self, template_id: str) -> Template:
        """Return a template of this suite."""
        return next(template for template in self.templates if template.id == template_id)
