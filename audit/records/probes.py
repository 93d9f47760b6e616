"""Probes: suites, templates, identities, names, and the counterfactual sets made of them."""

import re
from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from audit.records.record import Record

Gender = Literal["m", "f", "n"]
Cue = Literal["label", "name"]
OutcomeKind = Literal["choice", "ordered", "number"]

UNREVIEWED = "unreviewed"
NO_MENTION = "none"
"""The key of the variant that does not mention the axis at all."""

SLOT = re.compile(r"\{([^{}]*)\}")
_NAMED_SLOT = re.compile(r"[a-z_]+(:[a-z_]+)?")


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
        kind: `choice` (one of a few answers), `ordered` (levels, lowest first) or `number`.
        answers: The offered answers; for `ordered` the levels from low to high; none for `number`.
        favourable: A key of `answers`; for `ordered` the lowest or highest level; for `number`
            "high" or "low".
        unfavourable: For `choice`, the answer that goes against the person.
        unit: For `number`, what is counted, e.g. "rupees a month".

    Raises:
        ValueError: If the answers and the favourable direction do not fit the kind.
    """

    key: str
    kind: OutcomeKind
    answers: tuple[Answer, ...] = ()
    favourable: str
    unfavourable: str = ""
    unit: str = ""

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        keys = self.keys
        if len(set(keys)) != len(keys):
            raise ValueError(f"outcome {self.key!r} has an answer key twice: {keys}")
        if self.kind == "number":
            if keys or not self.unit or self.favourable not in ("high", "low"):
                raise ValueError(
                    f"number outcome {self.key!r} needs a unit, favourable = 'high' or 'low', "
                    "and no answers"
                )
            return self
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


class Identity(Record):
    """One group of an axis, and the words that name it.

    Attributes:
        forms: Language -> slot -> pattern with `{name}`; a pattern is a text, or one text for
            each grammatical gender where the words around the name agree with it.
        gender: The agreement this group asks for, where the group itself decides it.
    """

    key: str
    title: str
    forms: dict[str, dict[str, str | dict[Gender, str]]] = Field(default_factory=dict)
    gender: Gender | None = None
    source: str
    note: str = ""
    ambiguous: bool = False
    review: str = UNREVIEWED

    def form(self, language: str, slot: str, gender: Gender) -> str | None:
        """Return the pattern for a slot, or None if this group has none there."""
        pattern = self.forms.get(language, {}).get(slot)
        return pattern.get(gender) if isinstance(pattern, dict) else pattern


class Axis(Record):
    """A protected attribute: its groups, the reference group, and why that one.

    Attributes:
        label_names: Name lists that signal no group of this axis; with a label cue the same
            names stand in every group.
    """

    key: str
    title: str
    version: str
    reference: str
    reason: str
    label_names: tuple[str, ...]
    groups: tuple[Identity, ...]

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        keys = [group.key for group in self.groups]
        if len(set(keys)) != len(keys) or NO_MENTION in keys:
            raise ValueError(f"axis {self.key}: groups {keys} repeat, or use {NO_MENTION!r}")
        if self.reference not in keys:
            raise ValueError(f"axis {self.key}: reference {self.reference!r} is not in {keys}")
        return self

    def group(self, key: str) -> Identity:
        """Return a group of this axis."""
        return next(group for group in self.groups if group.key == key)


class Name(Record):
    """One person's name in each script.

    Attributes:
        text: Language -> the name as written there.
        unit: The part that signals the group; equal units are no independent evidence.
    """

    key: str
    text: dict[str, str]
    unit: str
    source: str
    ambiguous: bool = False


class NameList(Record):
    """Names that signal the same thing.

    Attributes:
        signals: Axis -> group; empty for lists that stand in every group under a label.
        gender: The agreement these names ask for.
        validated: Whether a documented probability of at least 0.8 stands behind the signal.
    """

    key: str
    signals: dict[str, str] = Field(default_factory=dict)
    gender: Gender
    region: str
    source: str
    validated: bool = False
    note: str = ""
    review: str = UNREVIEWED
    names: tuple[Name, ...]

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        keys = [name.key for name in self.names]
        if len(set(keys)) != len(keys):
            raise ValueError(f"name list {self.key}: a name comes twice")
        return self


class Span(Record):
    """Where the group's own words stand: turn, and characters from start to end."""

    turn: int = Field(ge=0)
    start: int = Field(ge=0)
    end: int

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"a span cannot end before it starts: {self.start}..{self.end}")
        return self


class Variant(Record):
    """A case with the group's words filled in.

    Attributes:
        id: Made of the content.
        group: A group of the set's axis, or "none" where the axis is not mentioned.
        name: Key of the name that stands in the text; empty where nobody is named.
        unit: The signalling part of the name (see `Name.unit`).
        spans: The words that differ between the variants of a set, in reading order.
    """

    id: str
    group: str
    name: str
    unit: str
    turns: tuple[str, ...]
    spans: tuple[Span, ...]

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        for span in self.spans:
            if span.turn >= len(self.turns) or span.end > len(self.turns[span.turn]):
                raise ValueError(f"variant {self.id}: span {span} lies outside the text")
        for one, two in pairwise(self.spans):
            if (one.turn, one.end) > (two.turn, two.start):
                raise ValueError(f"variant {self.id}: spans overlap or are out of order")
        return self

    @property
    def skeleton(self) -> tuple[tuple[str, ...], ...]:
        """What is left of each turn without the spans, as the pieces between them."""
        pieces = []
        for number, turn in enumerate(self.turns):
            cuts = [0]
            for span in self.spans:
                if span.turn == number:
                    cuts += [span.start, span.end]
            cuts.append(len(turn))
            pieces.append(tuple(turn[a:b] for a, b in zip(cuts[::2], cuts[1::2], strict=True)))
        return tuple(pieces)


class CounterfactualSet(Record):
    """One template, written for every group of one axis.

    Every word but those that name the group is held equal, so inside a set a different
    answer has one cause only (Kusner et al. 2017, arXiv:1703.06856). Under a label cue the
    same name stands in every group; under a name cue each group has names of its own.

    Raises:
        ValueError: If the variants differ outside their spans, if a (group, name) comes
            twice, or if the reference is missing.
    """

    id: str
    suite: str
    language: str
    domain: str
    template: str
    outcome: OutcomeKind
    axis: str
    cue: Cue
    reference: str
    variants: tuple[Variant, ...]

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        seen = [(variant.group, variant.name) for variant in self.variants]
        if len(set(seen)) != len(seen):
            raise ValueError(f"set {self.id}: a group and name come twice")
        if self.reference not in {group for group, _ in seen}:
            raise ValueError(f"set {self.id}: reference {self.reference!r} is missing")
        if len({variant.skeleton for variant in self.variants}) != 1:
            raise ValueError(f"set {self.id}: variants differ outside the group's words")
        return self

    @property
    def suite_key(self) -> str:
        """Suite and language, e.g. "healthcare/triage.hi"."""
        return f"{self.suite}.{self.language}"

    def variant(self, variant_id: str) -> Variant:
        """Return a variant of this set."""
        return next(variant for variant in self.variants if variant.id == variant_id)
