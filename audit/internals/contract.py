"""What a question about the network must have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from audit.internals.pairs import Pair
    from audit.models.checking import Check
    from audit.records.internals import Component


@dataclass(frozen=True)
class Seen:
    """What a question found for one pair.

    Attributes:
        arrays: Name -> array, float32 or integer unless its numbers ask for another type; its
            dimensions stand in the question.
        labels: Name of a dimension -> what its places are, where they differ from pair to
            pair (words, for instance); dimensions such as layers need none.
        remarks: What went otherwise than planned, e.g. that memory was short.
    """

    arrays: Mapping[str, NDArray[np.generic]]
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """Why a pair could not be looked into."""

    detail: str


@dataclass(frozen=True)
class Question:
    """A question about the network, asked of counterfactual pairs.

    Attributes:
        name: Of the plugin.
        question: In words.
        source: Paper or formula.
        cannot_show: One sentence on what the answer cannot show.
        dimensions: Array name -> the names of its dimensions, e.g. ("layer", "word").
        wants: Which components the question is asked about: "" for none, "screened" for those
            that an earlier round singled out, "decided" for those that exact patching kept.
        rests_on: The checks of the architecture (`audit.models.checking`) without which its
            numbers would mean nothing; where one fails the question is refused by name.
        screens: Whether it is cheap enough for every screened pair, or for the explained only.
        enough: Screened pairs beyond which its answer gains nothing that is worth their cost.
        vanishes: The arrays that are zero where both sides are the same text.
        shown: Whether it is for the pairs alone that the report shows.
        controlled: Whether it also reads `Pair.other`, the reference under another name.
        observe: Looks into the network with one pair; arrays of the same names for each pair.
    """

    name: str
    question: str
    source: str
    cannot_show: str
    dimensions: Mapping[str, tuple[str, ...]]
    screens: bool
    needs: type
    observe: Callable[[Any, Pair, tuple[Component, ...]], Seen | Refused]
    wants: str = ""
    controlled: bool = False
    enough: int | None = None
    rests_on: tuple[Check, ...] = ()
    shown: bool = False
    vanishes: tuple[str, ...] = ()
