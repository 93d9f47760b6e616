"""Instruments: which ways of asking a run needs, and what no way of asking can reach.

Every instrument is taken that asks a kind of outcome among the chosen sets and whose capability
the model offers, in the order of their names, so that the batches stay a function of the plan.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from audit import measurement, plugins
from audit.measurement.contract import Instrument
from audit.models.contract import Model
from audit.records.counterfactuals import CounterfactualSet
from audit.records.runs import Deviation


def instruments(sets: Sequence[CounterfactualSet], model: Model) -> tuple[Instrument, ...]:
    """Return the instruments that ask these sets of this model, sorted by name."""
    kinds = {one.outcome for one in sets}
    return tuple(one for one in _every() if one.asks & kinds and isinstance(model, one.needs))


def not_asked(sets: Sequence[CounterfactualSet], model: Model) -> Iterator[Deviation]:
    """Yield one deviation for each kind of outcome that stays unasked, with the reason."""
    asked = {kind for one in instruments(sets, model) for kind in one.asks}
    for kind, count in sorted(Counter(one.outcome for one in sets).items()):
        if kind not in asked:
            needs = sorted(one.needs.__name__ for one in _every() if kind in one.asks)
            lacks = f"this model does not offer {' or '.join(needs)}"
            yield Deviation(
                stage="plan",
                what=f"{count} sets with outcomes of kind {kind!r} are not asked",
                detail=lacks if needs else "no instrument asks this kind of outcome yet",
            )


def _every() -> tuple[Instrument, ...]:
    found = plugins.load_all(measurement, Instrument)
    return tuple(sorted(found, key=lambda one: one.name))
