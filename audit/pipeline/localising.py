"""Localising: do the word maps point at the words that were changed, where a bias is known?

Pairs are drawn by seed from the comparisons in which a shift was trained in, evenly over
them; in a pair only the group's words differ, so they are the cause. Equal sizes count
against them, as everywhere.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from audit import attribution, plugins
from audit.analyses.word_evidence import pair_evidence
from audit.attribution.contract import Method
from audit.controls.recovery import share
from audit.controls.standards import Known
from audit.pipeline.explaining import Pair, explain_pair
from audit.pipeline.planning import Work
from audit.records.counterfactuals import CounterfactualSet
from audit.records.digests import content_seed
from audit.records.observations import Attribution, WordEvidence
from audit.records.operating import Localisation

METHODS = ("integrated_gradients", "occlusion")


class _Drawn(NamedTuple):
    """A pair of one set: the group's variant, the reference's, and the comparison's name."""

    cell: str
    one: CounterfactualSet
    variant: str
    reference: str


def localised(work: Work, planted: Sequence[Known], pairs: int) -> Iterator[Localisation]:
    """Yield for each method how often the changed words rank first; nothing without planting."""
    drawn = _drawn(work, planted, pairs)
    if not drawn:
        return
    for name in METHODS:
        method = plugins.load(attribution, name, Method)
        work.watcher.stage(name.replace("_", " "), len(drawn))
        found = [(one.cell, _evidence(work, method, one)) for one in drawn]
        ranked = [(cell, evidence) for cell, evidence in found if evidence is not None]
        yield Localisation(
            method=name,
            first=share([e.rank == 1 for _, e in ranked], [cell for cell, _ in ranked]),
            chance=float(np.mean([_chance(e) for _, e in ranked])) if ranked else 0.0,
        )


def _drawn(work: Work, planted: Sequence[Known], pairs: int) -> list[_Drawn]:
    """Return pairs in turn from each planted comparison under a label cue, drawn by seed.

    Under a name cue no two names belong together, so there is no pair to look at.
    """
    by_place: dict[tuple[str, ...], list[CounterfactualSet]] = defaultdict(list)
    for one in work.sets:
        by_place[one.axis, one.cue, one.outcome, one.language, one.domain].append(one)
    piles = []
    for cell in planted:
        if cell.cue != "label":
            continue
        words = ("localise", str(work.run.spec.seed), *cell.cell)
        rng = np.random.default_rng(content_seed(*words))
        sets = by_place[cell.axis, cell.cue, cell.outcome, cell.language, cell.domain]
        order = rng.permutation(len(sets))
        piles.append([_pair(cell, sets[place]) for place in order])
    in_turn = [one for row in zip(*piles, strict=False) for one in row if one is not None]
    return in_turn[:pairs]


def _pair(cell: Known, one: CounterfactualSet) -> _Drawn | None:
    """Return the group's and the reference's variant of one set, or None if it lacks one."""
    by_group = {variant.group: variant.id for variant in one.variants}
    if cell.group not in by_group or cell.reference not in by_group:
        return None
    sides = by_group[cell.group], by_group[cell.reference]
    return _Drawn("/".join(cell.cell), one, *sides)


def _evidence(work: Work, method: Method, drawn: _Drawn) -> WordEvidence | None:
    asked = drawn.one
    mine, theirs = explain_pair(work, Pair(asked, drawn.variant, drawn.reference, method), 0)
    work.watcher.advance(1)
    if not isinstance(mine, Attribution) or not isinstance(theirs, Attribution):
        return None
    sides = asked.variant(mine.variant), asked.variant(theirs.variant)
    return pair_evidence(mine, theirs, *sides, asked)


def _chance(evidence: WordEvidence) -> float:
    """Return how often the changed words would come first among shuffled ones."""
    changed = sum(unit.part == "changed" for unit in evidence.units)
    return changed / evidence.ranked_among
