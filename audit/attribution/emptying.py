"""Emptying: what a score does while words are taken out, in the order of maps and by chance.

If a map tells what the answer rests on, taking out its largest words first (deletion) must
move the answer further than taking out others, and putting those back first (insertion)
must bring it back sooner. How far it could move at all differs from prompt to prompt, so
each order stands between the best and the worst that any order reached.

Words go at a few sizes only: ERASER's shares of the case, from 1 to 50 %, and what is left
of it at each. The sizes are symmetric, so keeping the first words of an order is taking out
the first words of the reversed order at another size, and one pair of bounds serves both.

The bounds are attained, not proven: they are the extremes over every order that is tried,
and over one made for the purpose, by what each word does when it goes first and when it
goes last. Where effects add up these are the true bounds. A greedy search for them took ten
times as long on the embedded models and widened them by some five per cent; a narrower
bound draws all methods away from the middle alike and changes no sign.

Source: Edin et al. 2024, arXiv:2408.08137 (normalised AOPC); Samek et al. 2017,
        arXiv:1509.06321 (AOPC); DeYoung et al. 2020, arXiv:1911.03429 (ERASER).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from audit.records.digests import content_seed
from audit.records.faithfulness import RANDOM

Gone = NDArray[np.bool_]
"""(prompts, words): which words are taken out."""

LogOdds = Callable[[Gone], NDArray[np.float64]]
"""The log-odds of changed prompts, (prompts,), in nats."""

RANDOM_ORDERS = 5
_PERCENT = (1, 5, 10, 20, 50)


@dataclass(frozen=True)
class Tried:
    """One order (see `records.faithfulness.Emptying`)."""

    by: str
    draw: int
    without: tuple[float, ...]
    only: tuple[float, ...]


@dataclass(frozen=True)
class Trial:
    """One prompt's answers (see `records.faithfulness.WordTrial`)."""

    words: int
    direction: int
    sizes: tuple[int, ...]
    bins: tuple[int, ...]
    score: float
    empty: float
    lowest: float
    highest: float
    orders: tuple[Tried, ...]


def empty_out(
    log_odds: LogOdds, words: int, maps: Mapping[str, Sequence[float]], seed: str
) -> Trial:
    """Take words out in the order of each map, and in random orders.

    Args:
        log_odds: Asks the model; rows that are asked for again are not passed on again.
        words: Words of the case, at least two.
        maps: Method -> the words' signed shares of the log-odds.
        seed: Names the prompt, so that chance hangs on nothing else.
    """
    ask = _remembering(log_odds)
    score, empty = ask(np.array([[False] * words, [True] * words])).tolist()
    direction = -1 if score < 0 else 1
    sizes = _sizes(words)
    orders = [
        (method, 0, np.argsort(-direction * np.asarray(values), kind="stable"))
        for method, values in maps.items()
    ]
    generator = np.random.default_rng(content_seed("random orders", seed))
    orders += [(RANDOM, draw, generator.permutation(words)) for draw in range(RANDOM_ORDERS)]
    tried = tuple(_tried(ask, order, sizes) for order in orders)
    widest = _tried(ask, ("bounds", 0, np.argsort(-_effects(ask, words), kind="stable")), sizes)
    means = [np.mean(found) for one in (*tried, widest) for found in (one.without, one.only)]
    return Trial(
        words=words,
        direction=direction,
        sizes=sizes,
        bins=_bins(words),
        score=score,
        empty=empty,
        lowest=float(min(means)),
        highest=float(max(means)),
        orders=tried,
    )


def _bins(words: int) -> tuple[int, ...]:
    """Return how many words ERASER's shares of a case are, at least one."""
    return tuple(ceil(words * percent / 100) for percent in _PERCENT)


def _sizes(words: int) -> tuple[int, ...]:
    """Return the bins and what each leaves over, rising."""
    return tuple(sorted({size for one in _bins(words) for size in (one, words - one)}))


def _tried(ask: LogOdds, order: tuple[str, int, NDArray[np.intp]], sizes: Sequence[int]) -> Tried:
    by, draw, first = order
    gone = np.zeros((len(sizes), len(first)), dtype=np.bool_)
    for row, size in enumerate(sizes):
        gone[row, first[:size]] = True
    found = ask(np.concatenate((gone, ~gone)))
    without, only = found[: len(sizes)], found[len(sizes) :]
    return Tried(by, draw, tuple(without.tolist()), tuple(only.tolist()))


def _effects(ask: LogOdds, words: int) -> NDArray[np.float64]:
    """Return how far the log-odds fall with each word, gone first and gone last, added up."""
    alone = np.eye(words, dtype=np.bool_)
    return ask(~alone) - ask(alone)


def _remembering(log_odds: LogOdds) -> LogOdds:
    """Return the same function, that asks for no row twice."""
    known: dict[bytes, float] = {}

    def ask(gone: Gone) -> NDArray[np.float64]:
        rows = {row.tobytes(): row for row in gone}
        new = {key: row for key, row in rows.items() if key not in known}
        if new:
            known.update(zip(new, log_odds(np.stack(list(new.values()))).tolist(), strict=True))
        return np.array([known[row.tobytes()] for row in gone])

    return ask
