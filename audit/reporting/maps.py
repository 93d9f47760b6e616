"""Maps: one pair inside the network, as tables, bars and curves that a page can show.

A prompt has more words than a page has columns. Shown are the words that changed, those at
which the two sides lie furthest apart, and the place where the answer is read; how large the
largest is that was left out is said.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.records.findings import Finding
from audit.records.internals import Looked
from audit.reporting.cards import anchor
from audit.reporting.curves import Bar, Curve, bar, curve
from audit.reporting.dossier import Dossier, Pictured
from audit.reporting.formatting import MINUS
from audit.reporting.heat import strength
from audit.reporting.labels import Labels
from audit.reporting.sentences import title

_COLUMNS = 8  # words that did not change, at most
_FAINT = 0.02  # attention below this is not drawn

LEDGER = {
    "embeddings": "the words' own vectors at that place",
    "reading": "the final normaliser, which reads the same content more or less strongly",
    "later": "later words of long answers",
    "rest": "what is curved or constant",
}
"""What no layer writes, in words."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """A column of a map: a word on both sides, or the place of the answer."""

    text: str
    reference_text: str
    changed: bool
    answer: bool


@dataclass(frozen=True)
class Square:
    """A field of a map: its value, its tint, and the same without colour."""

    value: float
    tint: str
    marks: str


@dataclass(frozen=True)
class Grid:
    """A map, one row a layer; `strong` is the value from which on a tint is strongest."""

    rows: tuple[tuple[Square, ...], ...]
    strong: float
    left_out: float


@dataclass(frozen=True)
class Writer:
    """What one layer's attention and MLP contribute in this pair."""

    layer: int
    values: tuple[float, float]
    bars: tuple[Bar, Bar]


@dataclass(frozen=True)
class Head:
    """One head's maps between the shown words.

    Attributes:
        sides: (caption, squares (x, y, darkness), what the place of the answer looks at, one a
            column), of the group and of the reference.
    """

    title: str
    contribution: float
    sides: tuple[tuple[str, tuple[tuple[int, int, float], ...], tuple[float, ...]], ...]


@dataclass(frozen=True)
class PairMaps:
    """A pair with everything that was seen of it; parts that were not seen are None or empty."""

    title: str
    anchor: str
    place: str
    template: str
    language: str
    sides: tuple[str, str]
    difference: float
    columns: tuple[Column, ...] = ()
    more: int = 0
    apart: Grid | None = None
    towards: Grid | None = None
    lens: Curve | None = None
    lens_rows: tuple[tuple[int, float, float], ...] = ()
    writers: tuple[Writer, ...] = ()
    ledger: tuple[tuple[str, float], ...] = ()
    heads: tuple[Head, ...] = ()


def pair_maps(dossier: Dossier, labels: Labels) -> tuple[PairMaps, ...]:
    """Return the pairs that the report shows, in the order of their findings."""
    by_pair: dict[tuple[str, str, str], dict[str, Pictured]] = {}
    for one in dossier.inside.pictured:
        look = one.look
        key = (look.set_id, look.variant, look.reference_variant)
        by_pair.setdefault(key, {})[look.question] = one
    findings = {
        (e.set_id, e.variant, e.reference_variant): finding
        for finding in dossier.findings
        for e in finding.exemplars
    }
    return tuple(
        _pair(findings[key], seen, dossier, labels)
        for key, seen in by_pair.items()
        if key in findings
    )


def _pair(
    finding: Finding, seen: dict[str, Pictured], dossier: Dossier, labels: Labels
) -> PairMaps:
    look = next(iter(seen.values())).look
    asked = dossier.sets[look.set_id]
    parts: dict[str, Any] = {}
    shown: tuple[int, ...] = ()
    if found := seen.get("activation_map"):
        shown = _shown(found)
        parts |= _grids(found, shown)
    if found := seen.get("logit_lens"):
        parts |= _lens(found, labels.groups(finding.disparity))
    if found := seen.get("writers"):
        parts |= _writers(found)
    if (found := seen.get("attention_map")) and shown:
        parts["heads"] = _heads(found, shown, labels.groups(finding.disparity))
    exemplar = next(e for e in finding.exemplars if e.variant == look.variant)
    return PairMaps(
        title=title(finding.disparity, labels),
        anchor=anchor(finding),
        place=labels.place(finding.disparity),
        template=look.template,
        language=asked.language,
        sides=labels.groups(finding.disparity),
        difference=exemplar.difference,
        **parts,
    )


def _shown(found: Pictured) -> tuple[int, ...]:
    """Return which columns are shown, in reading order, the place of the answer last."""
    look = found.look
    parts = look.labels["part"]
    size = _layers(found, "norm").max(axis=0)
    changed = [n for n, part in enumerate(parts) if part == "changed"]
    others = [n for n, part in enumerate(parts) if part not in ("changed", "answer")]
    largest = sorted(others, key=lambda n: (-size[n], n))[:_COLUMNS]
    return (*sorted((*changed, *largest)), len(parts) - 1)


def _layers(found: Pictured, name: str) -> Numbers:
    """Return the residual stream's map, (layers, columns)."""
    kind = found.look.labels["kind"].index("residual")
    values: Numbers = found.arrays[name][kind].astype(np.float64)
    return values


def _grids(found: Pictured, shown: tuple[int, ...]) -> dict[str, Any]:
    look = found.look
    words, others = look.labels["word"], look.labels["reference_word"]
    parts = look.labels["part"]
    return {
        "columns": tuple(
            Column(words[n], others[n], parts[n] == "changed", parts[n] == "answer") for n in shown
        ),
        "more": len(words) - len(shown),
        "apart": _grid(_layers(found, "norm"), shown, signed_marks=False),
        "towards": _grid(_layers(found, "projection"), shown, signed_marks=True),
    }


def _grid(values: Numbers, shown: tuple[int, ...], *, signed_marks: bool) -> Grid:
    chosen = values[:, shown]
    scale = float(np.abs(chosen).max())
    rest = np.delete(values, shown, axis=1)
    return Grid(
        rows=tuple(
            tuple(_square(float(value), scale, signed_marks=signed_marks) for value in row)
            for row in chosen
        ),
        strong=scale * 3 / 4,
        left_out=float(np.abs(rest).max()) if rest.size else 0.0,
    )


def _square(value: float, scale: float, *, signed_marks: bool) -> Square:
    steps = strength(value, scale)
    if not signed_marks:
        return Square(value, f"size-{steps}" if steps else "", "•" * steps)
    kind = "for" if value > 0 else "against"
    return Square(value, f"{kind}-{steps}" if steps else "", ("+" if value > 0 else MINUS) * steps)


def _lens(found: Pictured, sides: tuple[str, str]) -> dict[str, Any]:
    group, reference = found.arrays["log_odds"].astype(float).tolist()
    return {
        "lens": curve([(sides[0], "ours", group), (sides[1], "names", reference)]),
        "lens_rows": tuple(
            (n, one, two) for n, (one, two) in enumerate(zip(group, reference, strict=True))
        ),
    }


def _writers(found: Pictured) -> dict[str, Any]:
    values = found.arrays["contribution"].astype(float)
    reach = float(np.abs(values).max())
    ledger = found.arrays["ledger"].astype(float).tolist()
    return {
        "writers": tuple(
            Writer(n, (row[0], row[1]), (bar(row[0], reach), bar(row[1], reach)))
            for n, row in enumerate(values.tolist())
        ),
        "ledger": tuple(
            (LEDGER.get(item, item), value)
            for item, value in zip(found.look.labels["item"], ledger, strict=True)
        ),
    }


def _heads(found: Pictured, shown: tuple[int, ...], sides: tuple[str, str]) -> tuple[Head, ...]:
    if not _same_columns(found.look, shown):
        return ()
    maps = found.arrays["attention"].astype(float)  # (heads, sides, words, words and elsewhere)
    return tuple(
        Head(
            title=f"Layer {layer}, head {head}",
            contribution=float(found.arrays["contribution"][n]),
            sides=tuple(
                (caption, _squares(maps[n, side], shown), tuple(maps[n, side, -1, shown[:-1]]))
                for side, caption in enumerate(sides)
            ),
        )
        for n, (layer, head) in enumerate(found.arrays["head"].tolist())
    )


def _same_columns(look: Looked, shown: tuple[int, ...]) -> bool:
    return len(look.labels["word"]) == shown[-1] + 1


def _squares(looking: Numbers, shown: tuple[int, ...]) -> tuple[tuple[int, int, float], ...]:
    """Return the fields that are not faint: column looked at, row looking, darkness."""
    return tuple(
        (x, y, round(min(1.0, float(looking[row, column])), 2))
        for y, row in enumerate(shown)
        for x, column in enumerate(shown[:-1])
        if looking[row, column] >= _FAINT
    )
