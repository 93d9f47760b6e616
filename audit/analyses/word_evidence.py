"""Word evidence: which words does a pair's disparity rest on, and are they the changed ones?

One prompt's map says what the answer rests on, mostly its question. What differs between
two prompts of a pair shows in the *difference* of their maps: each changed span against its
counterpart, every other word against itself. If a method sees the cause, the changed span
comes first among the case's words; how often it does is set against shuffled maps. Equal
sizes count against the changed span, so a map of zeros is no evidence.

The interval of the gain draws whole templates, for pairs of one template share their words.

Reads:  the attributions of both sides of a pair, by one method.
Gives:  one `WordEvidence` a pair; one `RankSummary` a method, axis, language and domain.
Source: Wilson 1927 (shares); intervals over templates, see `stats.cluster_robust`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from audit.records.counterfactuals import CounterfactualSet, Variant
from audit.records.digests import content_seed
from audit.records.estimates import Quantity, RankSummary
from audit.records.observations import AttributedWord, Attribution, EvidenceUnit, WordEvidence
from audit.stats.cluster_robust import clustered_mean
from audit.stats.proportions import clustered, wilson

_SHUFFLES = 200
CASE = ("changed", "fact")
"""The parts among which words are ranked."""

Key = tuple[str, int, int]


def pair_evidence(
    group: Attribution,
    reference: Attribution,
    group_variant: Variant,
    reference_variant: Variant,
    counterfactual: CounterfactualSet,
) -> WordEvidence:
    """Return the difference of two sides' maps.

    Args:
        group: The group's side, by one method.
        reference: The reference group's side, by the same method.
        group_variant: What `group` explains.
        reference_variant: What `reference` explains.
        counterfactual: The set that both belong to.

    Raises:
        ValueError: If the attributions are not of this pair, or by two methods.
    """
    _check(group, reference, group_variant, reference_variant, counterfactual)
    units = tuple(_units(group.words, reference.words))
    difference = group.score - reference.score
    sizes = np.array([abs(unit.difference) for unit in units if unit.part in CASE])
    changed = np.array([unit.part == "changed" for unit in units if unit.part in CASE])
    return WordEvidence(
        set_id=counterfactual.id,
        variant=group_variant.id,
        reference_variant=reference_variant.id,
        method=group.method,
        difference=difference,
        residual=difference - sum(unit.difference for unit in units),
        units=units,
        rank=int(_ranks(sizes[np.newaxis], changed)[0]),
        ranked_among=len(sizes),
    )


def rank_summaries(
    evidence: Sequence[WordEvidence], sets: Mapping[str, CounterfactualSet]
) -> tuple[RankSummary, ...]:
    """Return how often the changed span comes first, by method, axis, language and domain.

    Args:
        evidence: Any number of pairs.
        sets: The pairs' sets by id.
    """
    cells: dict[tuple[str, str, str, str], list[WordEvidence]] = defaultdict(list)
    for pair in evidence:
        one = sets[pair.set_id]
        cells[pair.method, one.axis, one.language, one.domain].append(pair)
    return tuple(_summary(cell, cells[cell], sets) for cell in sorted(cells))


def rank_gains(pairs: Sequence[WordEvidence]) -> NDArray[np.float64]:
    """Return how much nearer to the first rank each pair's span is than in shuffled maps."""
    return np.array([_shuffled(one) - _scaled(one.rank, one.ranked_among) for one in pairs])


def over_templates(
    values: NDArray[np.float64],
    pairs: Sequence[WordEvidence],
    sets: Mapping[str, CounterfactualSet],
) -> Quantity:
    """Return the mean of one number a pair, with its interval over templates."""
    asked = [sets[pair.set_id] for pair in pairs]
    names = {one.variant(pair.variant).name for one, pair in zip(asked, pairs, strict=True)}
    return clustered_mean(values, [template_of(one) for one in asked], names=len(names))


def share_interval(hits: Sequence[bool], templates: Sequence[str]) -> tuple[float, float]:
    """Return the 95 % interval of a share of pairs, with their templates as clusters."""
    by_template: dict[str, list[bool]] = defaultdict(list)
    for hit, template in zip(hits, templates, strict=True):
        by_template[template].append(hit)
    groups = by_template.values()
    return clustered(np.array([sum(g) for g in groups]), np.array([len(g) for g in groups]))


def template_of(one: CounterfactualSet) -> str:
    """Return the cluster that a set belongs to: its case, in whatever language."""
    return f"{one.suite}/{one.template}"


def _check(
    group: Attribution,
    reference: Attribution,
    group_variant: Variant,
    reference_variant: Variant,
    counterfactual: CounterfactualSet,
) -> None:
    explained = (group.variant, reference.variant, {group.set_id, reference.set_id})
    if explained != (group_variant.id, reference_variant.id, {counterfactual.id}):
        raise ValueError(f"attributions of {explained} are not of this pair")
    if group.method != reference.method:
        raise ValueError(f"a pair needs one method, not {group.method} and {reference.method}")


def _units(
    group: Sequence[AttributedWord], reference: Sequence[AttributedWord]
) -> Iterator[EvidenceUnit]:
    """Yield the words of both sides, matched; one that a side lacks has no share there."""
    mine, theirs = dict(_keyed(group)), dict(_keyed(reference))
    for key in dict.fromkeys((*mine, *theirs)):
        word, other = mine.get(key), theirs.get(key)
        value, reference_value = (side.value if side else 0.0 for side in (word, other))
        found = word or other
        if found is None:
            continue
        yield EvidenceUnit(
            text=word.text if word else "",
            reference_text=other.text if other else "",
            part=found.part,
            value=value,
            reference_value=reference_value,
            difference=value - reference_value,
        )


def _keyed(words: Sequence[AttributedWord]) -> Iterator[tuple[Key, AttributedWord]]:
    """Yield each word with its part, the changed span before it, and its place since then."""
    span, place = -1, 0
    part = ""
    for word in words:
        if word.part == "changed":
            span, place = word.unit, 0
            yield (word.part, span, 0), word
            continue
        if word.part != part:
            part, place = word.part, 0
        yield (word.part, span, place), word
        place += 1


def _ranks(sizes: NDArray[np.float64], changed: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the rank of the best changed unit, 1 = first; equals count as before it.

    Args:
        sizes: (maps, units).
        changed: (units,), at least one true.
    """
    best = sizes[:, changed].max(axis=1, keepdims=True)
    before: NDArray[np.intp] = np.count_nonzero(sizes[:, ~changed] >= best, axis=1)
    return before + 1


def _summary(
    cell: tuple[str, str, str, str],
    pairs: Sequence[WordEvidence],
    sets: Mapping[str, CounterfactualSet],
) -> RankSummary:
    method, axis, language, domain = cell
    scaled = np.array([_scaled(pair.rank, pair.ranked_among) for pair in pairs])
    shuffled = np.array([_shuffled(pair) for pair in pairs])
    first = sum(pair.rank == 1 for pair in pairs)
    low, high = wilson(first, len(pairs))
    return RankSummary(
        method=method,
        axis=axis,
        language=language,
        domain=domain,
        pairs=len(pairs),
        first=first / len(pairs),
        low=low,
        high=high,
        mean_rank=float(scaled.mean()),
        shuffled_rank=float(shuffled.mean()),
        rank_gain=over_templates(shuffled - scaled, pairs, sets),
        mean_residual=float(np.mean([abs(pair.residual) for pair in pairs])),
    )


def _scaled(rank: float, among: int) -> float:
    """Return a rank as 0 (first) .. 1 (last)."""
    return (rank - 1) / (among - 1) if among > 1 else 0.0


def _shuffled(pair: WordEvidence) -> float:
    """Return the mean scaled rank of the changed span where sizes fall on any unit."""
    case = [unit for unit in pair.units if unit.part in CASE]
    sizes = np.array([abs(unit.difference) for unit in case])
    changed = np.array([unit.part == "changed" for unit in case])
    sides = (pair.set_id, pair.variant, pair.reference_variant)
    generator = np.random.default_rng(content_seed("shuffled maps", *sides, pair.method))
    maps = generator.permuted(np.tile(sizes, (_SHUFFLES, 1)), axis=1)
    return _scaled(float(_ranks(maps, changed).mean()), len(case))
