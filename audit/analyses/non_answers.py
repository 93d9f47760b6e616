"""Non-answers: who gets no usable answer, and is that a matter of the group?

A refusal, a hedge, a question back or an answer that nobody can read is an outcome: it is
counted for each group, never dropped and never taken for a zero. Each share has an interval that
knows that prompts of one template hang together, and the gap to the reference group is
estimated over templates and names like any other. Where it does not vary, the two shares'
intervals bound it; where prompts were asked repeatedly, the gap in log-odds stands beside it.

Reads:  the failures by kind; what was not asked at all is neither.
Gives:  for every cell and group one tally for "any" and one for each kind of the run, with
        Benjamini and Hochberg's q over them all: they are explored and gate nothing.
Source: selective refusal, Röttger et al. 2023 (XSTest), arXiv:2308.01263; intervals in
        `audit.stats.proportions`.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from audit.analyses.cells import Cell, Places, Side, cells
from audit.analyses.comparison import Array, floor
from audit.analyses.contract import Observed, Tally
from audit.records.context import MarginalModel
from audit.records.contrasts import NonAnswers, Share
from audit.records.probes import is_control
from audit.records.quantities import Estimate, Quantity, Undefined
from audit.stats.crossed import Floor, by_unit, nested, paired
from audit.stats.gee import share_gap
from audit.stats.multiplicity import benjamini_hochberg
from audit.stats.proportions import clustered


class _Counts(NamedTuple):
    """How often each variant failed in one way, and how often it was asked."""

    failed: Places
    asked: Places


def non_answers(observed: Observed) -> Iterator[NonAnswers]:
    found = list(_tallies(observed))
    p_values = [one.gap.p if isinstance(one.gap, Estimate) else None for one in found]
    for one, q in zip(found, benjamini_hochberg(p_values), strict=True):
        yield one.model_copy(update={"q": q})


def _tallies(observed: Observed) -> Iterator[NonAnswers]:
    if observed.asked is None:
        return
    kinds: dict[str, Places] = {str(kind): one for kind, one in observed.failures.items()}
    every = sum(kinds.values(), np.zeros(len(observed.index), dtype=np.intp))
    for cell in cells(observed.sets, observed.index, observed.suites):
        if not any(observed.asked[side.places].any() for side in cell.sides.values()):
            continue  # planned, and no instrument asks it
        for group in cell.sides:
            if group == cell.key.reference or is_control(group):
                continue
            for kind, failed in {"any": every, **kinds}.items():
                counts = _Counts(failed, observed.asked)
                yield _tally(cell, group, kind, counts, floor(observed))


def _tally(cell: Cell, group: str, kind: str, counts: _Counts, least: Floor) -> NonAnswers:
    mine, theirs = cell.sides[group], cell.sides[cell.key.reference]
    share, reference = _share(mine, counts), _share(theirs, counts)
    key = cell.key
    found = {
        "kind": kind,
        "axis": key.axis,
        "cue": key.cue,
        "group": group,
        "reference": key.reference,
        "language": key.language,
        "domain": key.domain,
        "outcome": key.outcome,
        "expected": key.expected,
        "share": share,
        "reference_share": reference,
        "gap": _varying(_gap(cell, group, counts, least)),
        "gap_low": share.low - reference.high,
        "gap_high": share.high - reference.low,
        "marginal": _marginal(cell, group, counts, least),
    }
    return NonAnswers.model_validate(found)


def _share(side: Side, counts: _Counts) -> Share:
    """Return the share of a side's prompts that failed; templates are the clusters."""
    hits = np.bincount(side.rows, weights=counts.failed[side.places]).astype(np.intp)
    trials = np.bincount(side.rows, weights=counts.asked[side.places]).astype(np.intp)
    seen = trials > 0
    low, high = clustered(hits[seen], trials[seen])
    lost, total = int(hits.sum()), int(trials.sum())
    value = lost / total if total else 0.0
    return Share(failed=lost, asked=total, value=value, low=low, high=high)


def _gap(cell: Cell, group: str, counts: _Counts, least: Floor) -> Quantity:
    """Estimate the group's share minus the reference's, over templates and names."""
    mine, theirs = cell.sides[group], cell.sides[cell.key.reference]

    def matrix(side: Side, rates: Array, of: Places) -> Array:
        shape = (len(cell.templates), len(side.unit_names))
        return by_unit(rates, rows=side.rows[of], units=side.units[of], shape=shape)

    if cell.key.cue == "name":
        a, b = (
            matrix(side, _rates(side.places, counts), np.arange(side.places.size))
            for side in (mine, theirs)
        )
        return nested(a, b, floor=least)
    _, at, of = np.intersect1d(mine.pairs, theirs.pairs, return_indices=True)
    d = _rates(mine.places[at], counts) - _rates(theirs.places[of], counts)
    return paired(matrix(mine, d, at), floor=least)


def _marginal(cell: Cell, group: str, counts: _Counts, least: Floor) -> MarginalModel | Undefined:
    """Return the gap of both shares in log-odds, where prompts were asked repeatedly."""
    sides = [cell.sides[group], cell.sides[cell.key.reference]]
    if not any((counts.asked[side.places] > 1).any() for side in sides):
        return Undefined(reason="no prompt was asked more than once")
    if cell.key.cue == "name":
        return Undefined(reason="names are a sample of their own, which templates alone ignore")
    mine, theirs = (_by_template(side, counts, len(cell.templates)) for side in sides)
    return share_gap(mine, theirs, floor=least.templates)


def _by_template(side: Side, counts: _Counts, templates: int) -> Array:
    """Return each template's share of failures, NaN where it was not asked."""
    failed, asked = (
        np.bincount(side.rows, weights=of[side.places], minlength=templates) for of in counts
    )
    shares = np.full(templates, np.nan)
    np.divide(failed, asked, out=shares, where=asked > 0)
    return shares


def _rates(places: Places, counts: _Counts) -> Array:
    """Return each variant's share of failures, NaN where it was not asked."""
    trials = counts.asked[places].astype(float)
    rates = np.full(places.size, np.nan)
    np.divide(counts.failed[places], trials, out=rates, where=trials > 0)
    return rates


def _varying(gap: Quantity) -> Quantity:
    """Refuse an interval of no width: equal counts do not make two shares equal."""
    if isinstance(gap, Estimate) and gap.se == 0:
        return Undefined(reason="the gap does not vary; the intervals of both shares bound it")
    return gap


PLUGIN = Tally(
    name="non_answers",
    question="Does a group get no usable answer more often than the reference group?",
    source="Röttger et al. 2023, arXiv:2308.01263",
    answer=non_answers,
)
