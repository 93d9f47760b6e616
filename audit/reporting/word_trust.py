"""Word trust: how far the word maps of a run can be trusted, and which words they agree on."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from audit.records.faithfulness import (
    MethodAgreement,
    MethodTrust,
    ResponsibleShare,
    ResponsibleWord,
    ResponsibleWords,
)
from audit.records.ledgers import LedgerRefused, RelevanceLedger
from audit.reporting.dossier import Dossier
from audit.reporting.formatting import counted, listed

CHANGES = {
    "changes": "changes, as it must",
    "stays": "stays alike: it shows the text, not the model",
    "open": "not settled",
    "not checked": "not checked",
}
_MOST_WORDS = 3


class _OfPair(Protocol):
    @property
    def set_id(self) -> str: ...
    @property
    def variant(self) -> str: ...
    @property
    def reference_variant(self) -> str: ...


@dataclass(frozen=True)
class WordTrust:
    """What the section on word evidence shows.

    Attributes:
        pairs: Explained pairs.
        tried: Prompts that were emptied, at most over the methods.
        orders: Random orders that each had.
        ledgers: Where the shares of a method go on this model.
        refused: The methods that may not be used on it.
        absent: Why there is nothing to show; empty where there is.
    """

    methods: tuple[MethodTrust, ...]
    agreements: tuple[MethodAgreement, ...]
    share: ResponsibleShare | None
    pairs: int
    tried: int
    orders: int
    ledgers: tuple[RelevanceLedger, ...]
    refused: tuple[LedgerRefused, ...]
    absent: str


def word_trust(dossier: Dossier) -> WordTrust:
    """Return what a run says of its word maps."""
    measured = [measure for one in dossier.trust for measure in one.measures]
    return WordTrust(
        methods=dossier.trust,
        agreements=dossier.agreements,
        share=dossier.responsible_share,
        pairs=len({pair_of(one) for one in dossier.evidence}),
        tried=max((one.prompts for one in measured), default=0),
        orders=max((one.orders for one in measured), default=0),
        ledgers=tuple(one for one in dossier.ledgers if isinstance(one, RelevanceLedger)),
        refused=tuple(one for one in dossier.ledgers if isinstance(one, LedgerRefused)),
        absent=_absent(dossier),
    )


def pair_of(one: _OfPair) -> tuple[str, str, str]:
    """Return what names a pair."""
    return one.set_id, one.variant, one.reference_variant


def method_title(name: str) -> str:
    """Return a method's name as people write it."""
    return name.replace("_", " ").capitalize()


def in_this_pair(found: ResponsibleWords) -> str:
    """Return which words of one pair are called responsible, in one sentence."""
    if not found.words:
        return _none(found.reason)
    words = [f"{_quoted(word)} (named by {listed(_titles(word))})" for word in found.words]
    return f"Responsible for the difference in this pair: {listed(words)}."


def over_pairs(dossier: Dossier, pairs: Iterable[_OfPair]) -> str:
    """Return which words of several pairs are called responsible, in one sentence."""
    wanted = {pair_of(pair) for pair in pairs}
    found = [one for one in dossier.responsible if pair_of(one) in wanted]
    if not found:
        return ""
    named = Counter(_quoted(word) for one in found for word in one.words)
    if not named:
        return _none(found[0].reason)
    words = [
        f"{text}, in {count} of {counted(len(found), 'explained pair')}"
        for text, count in named.most_common(_MOST_WORDS)
    ]
    rest = len(named) - len(words)
    more = f"; and {counted(rest, 'other word')}" if rest else ""
    return f"Responsible, by both kinds of method: {'; '.join(words)}{more}."


def _none(reason: str) -> str:
    return f"No word is called responsible: {reason}."


def _titles(word: ResponsibleWord) -> list[str]:
    return [method_title(method) for method in word.methods]


def _quoted(word: ResponsibleWord) -> str:
    if word.text == word.reference_text:
        return f"“{word.text}”"
    return f"“{word.text or '—'}” in place of “{word.reference_text or '—'}”"


def _absent(dossier: Dossier) -> str:
    if dossier.trust or dossier.ranks:
        return ""
    if not dossier.run.spec.depth.methods:
        return "None was asked for."
    if "Differentiable" not in dossier.run.stamp.model.capabilities:
        return "Not available: black box. The model offers no gradients and takes no embeddings."
    return "No pair was explained: pairs are chosen from findings, and this run has none."
