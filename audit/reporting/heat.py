"""Heat: which words a pair's difference rests on, as tints that also carry signs.

Three maps for each method: the group's side, the reference side, and their difference. A
tint never stands alone: a word of strength two also bears two plus or minus signs, so the
map can be read without colour. The two sides share one scale; the difference, often far
smaller, has its own.
"""

from dataclasses import dataclass

from audit.records.observations import EvidenceUnit, WordEvidence
from audit.reporting.formatting import MINUS

_STRENGTHS = 3
_TABLED = 12
_CLOSING = ".,;:!?)]}…।॥”’"


@dataclass(frozen=True)
class Word:
    """A word with its tint: strength 0 to 3, towards (+) or against (−) the answer.

    Attributes:
        glued: Whether it is punctuation that follows the word before without a space.
        responsible: Whether both kinds of method call it responsible for the difference.
    """

    text: str
    changed: bool
    strength: int
    favours: bool
    glued: bool
    responsible: bool = False

    @property
    def signs(self) -> str:
        """The tint without colour, e.g. "++"."""
        return ("+" if self.favours else MINUS) * self.strength

    @property
    def tint(self) -> str:
        """The name of the tint, e.g. "for-2"; empty for none."""
        if not self.strength:
            return ""
        return f"{'for' if self.favours else 'against'}-{self.strength}"


@dataclass(frozen=True)
class Row:
    """One map: its caption, the case's words, and the question's and cue's."""

    caption: str
    words: tuple[Word, ...]
    frame: tuple[Word, ...]


@dataclass(frozen=True)
class Heat:
    """One method's maps of one pair.

    Attributes:
        strong_side: From which value on the sides bear the strongest tint, in nats.
        strong_difference: The same for the difference.
        table: The units with the largest differences, largest first.
    """

    method: str
    title: str
    evidence: WordEvidence
    strong_side: float
    strong_difference: float
    rows: tuple[Row, ...]
    table: tuple[EvidenceUnit, ...]
    cannot_show: str


def heat(
    evidence: WordEvidence,
    sides: tuple[str, str],
    cannot_show: str,
    responsible: frozenset[int] = frozenset(),
) -> Heat:
    """Return the maps of one pair.

    Args:
        evidence: The pair's units, by one method.
        sides: The captions of its two sides.
        cannot_show: What the method cannot show.
        responsible: The places of the units that both kinds of method call responsible.
    """
    units = evidence.units
    side = max((abs(v) for u in units for v in (u.value, u.reference_value)), default=0.0)
    change = max((abs(u.difference) for u in units), default=0.0)
    order = sorted(range(len(units)), key=lambda n: (-abs(units[n].difference), n))
    return Heat(
        method=evidence.method,
        title=evidence.method.replace("_", " ").capitalize(),
        evidence=evidence,
        strong_side=side * _STRENGTHS / (_STRENGTHS + 1),
        strong_difference=change * _STRENGTHS / (_STRENGTHS + 1),
        rows=(
            _row(sides[0], [(u, u.text, u.value) for u in units], side),
            _row(sides[1], [(u, u.reference_text, u.reference_value) for u in units], side),
            _row("Difference", [(u, _both(u), u.difference) for u in units], change, responsible),
        ),
        table=tuple(units[n] for n in order[:_TABLED]),
        cannot_show=cannot_show,
    )


def strength(value: float, scale: float) -> int:
    """Return the tint of a value, 0 to 3, in equal steps; the lowest step is no tint."""
    if scale <= 0:
        return 0
    return min(_STRENGTHS, int(abs(value) / scale * (_STRENGTHS + 1)))


def _row(
    caption: str,
    shown: list[tuple[EvidenceUnit, str, float]],
    scale: float,
    responsible: frozenset[int] = frozenset(),
) -> Row:
    words = [
        (
            unit.part in ("changed", "fact"),
            Word(
                text=text,
                changed=unit.part == "changed",
                strength=strength(value, scale),
                favours=value > 0,
                glued=_glued(text),
                responsible=place in responsible,
            ),
        )
        for place, (unit, text, value) in enumerate(shown)
    ]
    return Row(
        caption=caption,
        words=tuple(word for inside, word in words if inside),
        frame=tuple(word for inside, word in words if not inside),
    )


def _glued(text: str) -> bool:
    return bool(text) and all(character in _CLOSING for character in text)


def _both(unit: EvidenceUnit) -> str:
    if unit.text == unit.reference_text:
        return unit.text
    return f"{unit.text or '—'} | {unit.reference_text or '—'}"
