"""Explained: the pairs whose words were explained, with their maps, by comparison.

They are not the exemplars: pairs to explain are spread evenly over all differences of a
cell, so that word evidence does not rest on the worst cases alone.
"""

from collections import defaultdict
from dataclasses import dataclass

from audit.records.counterfactuals import CounterfactualSet
from audit.records.findings import Exemplar
from audit.records.observations import WordEvidence
from audit.reporting.cells import Cell
from audit.reporting.dossier import Dossier
from audit.reporting.heat import Heat, heat
from audit.reporting.labels import Labels
from audit.reporting.prompts import Example, example
from audit.reporting.word_trust import in_this_pair, pair_of

_Pair = tuple[str, str, str]


@dataclass(frozen=True)
class Explained:
    """A pair with one set of word maps for each method.

    Attributes:
        responsible: What both kinds of method agree on, in one sentence; empty where the run
            did not ask.
    """

    example: Example
    heats: tuple[Heat, ...]
    responsible: str


def by_cell_explained(dossier: Dossier, labels: Labels) -> dict[Cell, tuple[Explained, ...]]:
    """Return the explained pairs of each comparison, the one in the middle first."""
    by_pair: dict[_Pair, list[WordEvidence]] = defaultdict(list)
    for found in dossier.evidence:
        by_pair[found.set_id, found.variant, found.reference_variant].append(found)
    by_cell: dict[Cell, list[_Pair]] = defaultdict(list)
    for pair in by_pair:
        by_cell[_cell(dossier.sets[pair[0]], pair[1])].append(pair)
    return {
        key: tuple(
            _explained(by_pair[pair], dossier, labels) for pair in _middle_first(pairs, by_pair)
        )
        for key, pairs in by_cell.items()
    }


def _middle_first(pairs: list[_Pair], by_pair: dict[_Pair, list[WordEvidence]]) -> list[_Pair]:
    ranked = sorted(pairs, key=lambda pair: (by_pair[pair][0].difference, pair))
    middle = (len(ranked) - 1) / 2
    return [ranked[n] for n in sorted(range(len(ranked)), key=lambda n: (abs(n - middle), n))]


def _explained(found: list[WordEvidence], dossier: Dossier, labels: Labels) -> Explained:
    maps = sorted(found, key=lambda evidence: evidence.method)
    first = maps[0]
    pair = example(
        Exemplar(
            rule="explained",
            set_id=first.set_id,
            variant=first.variant,
            reference_variant=first.reference_variant,
            difference=first.difference,
        ),
        dossier,
        labels,
    )
    sides = (pair.sides[0].group, pair.sides[1].group)
    limits = dossier.methods
    called = [one for one in dossier.responsible if pair_of(one) == pair_of(first)]
    places = frozenset(word.place for one in called for word in one.words)
    return Explained(
        example=pair,
        heats=tuple(heat(e, sides, limits.get(e.method, ""), places) for e in maps),
        responsible=in_this_pair(called[0]) if called else "",
    )


def _cell(asked: CounterfactualSet, variant: str) -> Cell:
    return (
        asked.axis,
        asked.cue,
        asked.variant(variant).group,
        asked.reference,
        asked.language,
        asked.domain,
        asked.outcome,
    )
