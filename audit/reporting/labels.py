"""Labels: what people read instead of keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from audit.records.counterfactuals import CounterfactualSet
from audit.records.estimates import Disparity
from audit.records.identities import Axis, NameList
from audit.records.probes import NO_MENTION, PLUS
from audit.reporting.languages import language_name

_HARMS = {
    "allocation": "who gets a chance or a service",
    "denigration": "insult or contempt",
    "stereotyping": "stereotypes",
    "quality_of_service": "how well people are served",
    "refusal": "who is refused an answer",
}


class Titled(Protocol):
    """What knows its own titles: a dossier, or a comparison of several runs."""

    @property
    def axes(self) -> Mapping[str, Axis]: ...
    @property
    def name_lists(self) -> Mapping[str, NameList]: ...


@dataclass(frozen=True)
class Labels:
    """The dossier's own titles for its keys."""

    dossier: Titled

    def axis(self, key: str) -> str:
        """Return an axis' title, e.g. "Religion"."""
        if PLUS in key:
            return " and ".join(self.axis(part) for part in key.split(PLUS))
        axis = self.dossier.axes.get(key)
        return axis.title if axis else plain(key)

    def group(self, axis: str, key: str) -> str:
        """Return a group's title, e.g. "Scheduled Caste"."""
        if key == NO_MENTION:
            return "not mentioned"
        parts = key.split(PLUS)
        if len(parts) > 1 and len(parts) == len(axis.split(PLUS)):
            pairs = zip(axis.split(PLUS), parts, strict=True)
            return ", ".join(self.group(own, part) for own, part in pairs)
        known = self.dossier.axes.get(axis)
        titles = {group.key: group.title for group in known.groups} if known else {}
        return titles.get(key) or plain(key)

    def groups(self, of: Disparity) -> tuple[str, str]:
        """Return the titles of a disparity's group and reference group."""
        return self.group(of.axis, of.group), self.group(of.axis, of.reference)

    def language(self, code: str) -> str:
        """Return a language's English name."""
        return language_name(code)

    def domain(self, key: str) -> str:
        """Return a domain in words, e.g. "Healthcare"."""
        return plain(key)

    def place(self, of: Disparity | CounterfactualSet) -> str:
        """Return language and domain, e.g. "Hindi, healthcare"."""
        return f"{self.language(of.language)}, {plain(of.domain).lower()}"

    def harm(self, key: str) -> str:
        """Return a class of harm in words, the key first."""
        words = _HARMS.get(key)
        return f"{plain(key)} ({words})" if words else plain(key)

    def name(self, key: str, language: str) -> str:
        """Return a name as written in a language, or its key."""
        for names in self.dossier.name_lists.values():
            for name in names.names:
                if name.key == key:
                    return name.text.get(language) or key
        return key


def plain(key: str) -> str:
    """Return a key as words, e.g. "quality_of_service" -> "Quality of service"."""
    words = key.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]
