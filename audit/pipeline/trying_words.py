"""Try words: put the word maps of some explained pairs to the test, on the model itself.

Of the explained pairs, some are chosen evenly over the order in which they were explained,
so that every finding has its share. Each chosen pair is one batch: both sides are emptied,
in the order of every method's map. Some of those, chosen alike, are explained once more
under random weights: there one pair and method is one batch, as in `explain`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from audit import attribution, plugins
from audit.analyses.word_evidence import CASE
from audit.attribution.contract import Method, Refused
from audit.models.contract import Differentiable, Intervenes
from audit.pipeline.explaining import Pair, case_of, explain_pair, explained_sides
from audit.pipeline.planning import Work
from audit.records.faithfulness import Emptying, NotTried, WordTrial
from audit.records.observations import Attribution
from audit.records.record import Record
from audit.storage import folder as run_folder
from audit.storage import journal

T = TypeVar("T")

Sides = tuple[Attribution, Attribution]
Maps = tuple[tuple[str, str, str], dict[str, Sides]]
"""A pair (set, variant, reference variant) and its sides by method."""


def try_words(work: Work) -> None:
    """Try what is not on file yet."""
    depth = work.run.spec.depth
    explained = _by_pair(explained_sides(work))
    tried = _spread(explained, depth.tried) if isinstance(work.model, Differentiable) else []
    again = _spread(tried, depth.randomised) if isinstance(work.model, Intervenes) else []
    maps = [(key, method) for key, by_method in again for method in by_method]
    work.watcher.stage("try words", len(tried) + len(maps))
    _go_on(work, run_folder.WORD_TRIALS, [partial(_try_pair, work, pair) for pair in tried])
    _go_on(work, run_folder.RANDOMISED, [partial(_explain_again, work, *one) for one in maps])


def _go_on(work: Work, name: str, batches: Sequence[Callable[[int], Sequence[Record]]]) -> None:
    """Append the batches that are not on file; each has two records."""
    path = work.folder / name
    done = journal.whole_batches(path, [2] * len(batches))
    for number, batch in enumerate(batches):
        if number >= done:
            journal.append(path, batch(number))
        work.watcher.advance(1)


def _by_pair(explained: Iterable[Sides]) -> list[Maps]:
    by_pair: dict[tuple[str, str, str], dict[str, Sides]] = defaultdict(dict)
    for group, reference in explained:
        by_pair[group.set_id, group.variant, reference.variant][group.method] = (group, reference)
    return list(by_pair.items())


def _spread(items: Sequence[T], count: int) -> list[T]:
    """Return `count` items, one in the middle of each of `count` equal stretches."""
    if count >= len(items):
        return list(items)
    return [items[(2 * step + 1) * len(items) // (2 * count)] for step in range(count)]


def _try_pair(work: Work, pair: Maps, number: int) -> list[WordTrial | NotTried]:
    (set_id, *_), by_method = pair
    sides = [{method: both[side] for method, both in by_method.items()} for side in (0, 1)]
    return [_try_side(work, set_id, maps, number) for maps in sides]


def _try_side(
    work: Work, set_id: str, maps: dict[str, Attribution], number: int
) -> WordTrial | NotTried:
    from audit.attribution.faithfulness import try_words as ask  # noqa: PLC0415 - loads torch

    model: Any = work.model
    one = next(one for one in work.sets if one.id == set_id)
    variant = next(iter(maps.values())).variant
    values = {method: _case_values(found) for method, found in sorted(maps.items())}
    found = ask(model, case_of(work, one, variant), values)
    if isinstance(found, Refused):
        return NotTried(batch=number, set_id=set_id, variant=variant, detail=found.detail)
    return WordTrial(
        batch=number,
        set_id=set_id,
        variant=variant,
        words=found.words,
        direction=1 if found.direction > 0 else -1,
        sizes=found.sizes,
        bins=found.bins,
        score=found.score,
        empty=found.empty,
        lowest=found.lowest,
        highest=found.highest,
        orders=tuple(
            Emptying(by=order.by, draw=order.draw, without=order.without, only=order.only)
            for order in found.orders
        ),
    )


def _case_values(found: Attribution) -> tuple[float, ...]:
    return tuple(word.value for word in found.words if word.part in CASE)


def _explain_again(
    work: Work, key: tuple[str, str, str], method: str, number: int
) -> Sequence[Record]:
    """Explain a pair while every weight of the model is random."""
    from audit.attribution.randomised import randomised  # noqa: PLC0415 - loads torch

    model: Any = work.model
    set_id, variant, reference = key
    one = next(one for one in work.sets if one.id == set_id)
    pair = Pair(one, variant, reference, plugins.load(attribution, method, Method))
    with randomised(model.module, str(work.run.spec.seed)):
        return explain_pair(work, pair, number)
