r"""Words: a prompt's characters as words, and which of its tokens each word stands on.

A word is what stands between white space, its punctuation (the danda too) included, cut
where the prompt's parts meet; a changed span is one word, however many it holds, for it is
one cause. Cuts fall between grapheme clusters only, never inside a letter and its vowel
sign. A cluster that a changed span cuts belongs to the span.

A byte-level tokenizer spends several tokens on one Indic letter, and a token may reach over
the border of two words: it counts for each by the share of its characters there. Values
are added up from tokens to words, never averaged, for words differ in token count.

Source: regex `\X`, Unicode Standard Annex 29, extended grapheme clusters.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from audit.models.asking import CUE, Listing, Region
from audit.models.contract import Encoded
from audit.records.observations import WordPart

_CLUSTER = regex.compile(r"\X")


@dataclass(frozen=True)
class Word:
    """A word of a prompt.

    Attributes:
        start: First character in the prompt.
        end: One past the last; an empty changed span has `start == end`.
        key: Region and place in it: the same word has the same key in both orders.
        unit: Index of the changed span, else -1.
        tokens: Index of each token that it stands on, and the share of that token.
    """

    start: int
    end: int
    text: str
    part: WordPart
    key: tuple[str, int]
    unit: int
    tokens: tuple[tuple[int, float], ...]


def words_of(encoded: Encoded, listing: Listing) -> tuple[Word, ...]:
    """Return the prompt's words in reading order: of the case, the frame and the cue.

    Args:
        encoded: The listing's ask as tokens.
        listing: The ask with its regions.
    """
    spans = list(_places(encoded, listing))
    owner = {}
    for number, (start, end, _, _) in enumerate(spans):
        for place in range(start, end):
            if not encoded.text[place].isspace():
                owner[place] = number
    shares = _shares(encoded, owner, len(spans))
    return tuple(
        Word(start, end, encoded.text[start:end], region.part, key, region.unit, shares[number])
        for number, (start, end, region, key) in enumerate(spans)
    )


Place = tuple[int, int, Region, tuple[str, int]]


def _places(encoded: Encoded, listing: Listing) -> Iterator[Place]:
    """Yield start and end in the prompt, region, and key of each word."""
    texts = (*listing.ask.turns, listing.ask.cue)
    for region in _whole_clusters(listing.regions, texts):
        text = texts[region.turn]
        origin = encoded.cue if region.turn == CUE else encoded.turns[region.turn]
        if origin is None:
            continue  # a chat template stands where the cue would
        for number, (start, end) in enumerate(_cut(text, region)):
            yield origin + start, origin + end, region, (region.key, number)


def _whole_clusters(regions: Sequence[Region], texts: Sequence[str]) -> Iterator[Region]:
    """Yield the regions with borders moved out of clusters, to the gain of changed spans."""
    borders = [{0, *(match.end() for match in _CLUSTER.finditer(text))} for text in texts]
    for region in regions:
        start, end, known = region.start, region.end, borders[region.turn]
        outwards = region.part == "changed"
        while start not in known:
            start += -1 if outwards else 1
        while end not in known:
            end += 1 if outwards else -1
        yield Region(region.turn, start, max(start, end), region.part, region.key, region.unit)


def _cut(text: str, region: Region) -> Iterator[tuple[int, int]]:
    """Yield start and end of each word of a region."""
    if region.part == "changed":
        yield region.start, region.end
        return
    for match in regex.finditer(r"\S+", text, pos=region.start, endpos=region.end):
        yield match.start(), match.end()


def _shares(
    encoded: Encoded, owner: dict[int, int], count: int
) -> list[tuple[tuple[int, float], ...]]:
    """Return for each word its tokens, each with the share of it that is the word's."""
    shares: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    for token, (start, end) in enumerate(encoded.offsets):
        owners = [owner[place] for place in range(start, end) if place in owner]
        for word in dict.fromkeys(owners):
            shares[word].append((token, owners.count(word) / len(owners)))
    return [tuple(share) for share in shares]
