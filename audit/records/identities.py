"""Identities: the groups of an axis, the words that name them, and names as signals."""

from typing import Self

from pydantic import Field, model_validator

from audit.records.probes import NO_MENTION, UNREVIEWED, Gender
from audit.records.record import Record


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
