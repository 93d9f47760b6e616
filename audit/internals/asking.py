"""Asking: one question put to one pair; numbers that are not finite are no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from audit.internals.contract import Question, Refused, Seen

if TYPE_CHECKING:
    from audit.internals.pairs import Pair
    from audit.records.internals import Component


def ask(
    question: Question, model: Any, pair: Pair, components: tuple[Component, ...]
) -> Seen | Refused:
    """Return what the question found, or why it found nothing that can be used."""
    found = question.observe(model, pair, components)
    if isinstance(found, Refused):
        return found
    spoilt = [name for name, values in found.arrays.items() if not np.isfinite(values).all()]
    if spoilt:
        return Refused(f"numbers are not finite ({', '.join(spoilt)})")
    return found
