"""Agreement: do methods name the same words, and which words do both kinds call responsible?

One method's map may be the method's own doing. Two methods that share nothing but the model
are compared on each pair's difference map, over the words of the case: by the rank
correlation of the signed differences, and by how many of the three largest words both name,
beside what two maps share that know nothing of each other.

**The rule.** A method *names* a word if the word's difference is among the method's three
largest by size, makes up at least a tenth of the sizes of all words of the case, and has
the sign of the pair's own difference. A word is *responsible* if at least half of the
interventional methods and at least half of the gradient-type methods that explained the
pair name it. With one kind only, no word is. "Any method" would let one noisy map of many
decide; "every method" would let it forbid. Large words that pull the other way are left
out: they are not what makes the pair differ.

By chance: the same rule on the same maps with each one's values dealt out to other words.

Reads:  the word evidence of all pairs, and which methods are interventional.
Gives:  one `MethodAgreement` for two methods; one `ResponsibleWords` a pair, and their share.
Source: rank correlation, Spearman 1904, AJP 15:72; disagreement between methods, Krishna et
        al. 2022, arXiv:2202.01602; the rule is this project's.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from audit.analyses.word_evidence import CASE, over_templates, share_interval, template_of
from audit.records.counterfactuals import CounterfactualSet
from audit.records.digests import content_seed
from audit.records.faithfulness import (
    MethodAgreement,
    ResponsibleShare,
    ResponsibleWord,
    ResponsibleWords,
)
from audit.records.observations import WordEvidence
from audit.records.quantities import Quantity, Undefined

TOP = 3
"""How many of a map's largest words count."""
LEAST_SHARE = 0.1
"""The least share of the sizes of all words of the case that a named word makes up."""
_SHUFFLES = 200

Values = NDArray[np.float64]
Kinds = Mapping[str, bool]
"""Method -> whether it is interventional."""
Pair = tuple[str, str, str]


def agreements(
    evidence: Sequence[WordEvidence], sets: Mapping[str, CounterfactualSet], kinds: Kinds
) -> tuple[MethodAgreement, ...]:
    """Return how far every two methods agree, over the pairs that both explained."""
    by_pair = pairs_of(evidence)
    methods = sorted({one.method for one in evidence})
    found = []
    for method, other in combinations(methods, 2):
        both = [maps for maps in by_pair.values() if method in maps and other in maps]
        if both:
            twos = [(maps[method], maps[other]) for maps in both]
            found.append(_agreement(twos, sets, differ=kinds[method] is not kinds[other]))
    return tuple(found)


def responsible(evidence: Sequence[WordEvidence], kinds: Kinds) -> tuple[ResponsibleWords, ...]:
    """Return, for each pair, the words on which both kinds of method agree."""
    return tuple(_responsible(maps, kinds) for maps in pairs_of(evidence).values())


def responsible_share(
    found: Sequence[ResponsibleWords], sets: Mapping[str, CounterfactualSet]
) -> ResponsibleShare | None:
    """Return in how many pairs a word is responsible; None where no pair had both kinds."""
    judged = [one for one in found if one.interventional and one.gradient]
    if not judged:
        return None
    templates = [template_of(sets[one.set_id]) for one in judged]
    called = [bool(one.words) for one in judged]
    span = [any(word.part == "changed" for word in one.words) for one in judged]
    low, high = share_interval(called, templates)
    span_low, span_high = share_interval(span, templates)
    return ResponsibleShare(
        pairs=len(judged),
        called=float(np.mean(called)),
        low=low,
        high=high,
        span=float(np.mean(span)),
        span_low=span_low,
        span_high=span_high,
        by_chance=float(np.mean([one.by_chance for one in judged])),
    )


def pairs_of(evidence: Sequence[WordEvidence]) -> dict[Pair, dict[str, WordEvidence]]:
    """Return each pair's evidence by method, in the order in which pairs come."""
    by_pair: dict[Pair, dict[str, WordEvidence]] = defaultdict(dict)
    for one in evidence:
        by_pair[one.set_id, one.variant, one.reference_variant][one.method] = one
    return dict(by_pair)


def differences(one: WordEvidence) -> Values:
    """Return the differences of the case's words, (words,), in nats."""
    return np.array([unit.difference for unit in one.units if unit.part in CASE])


def rank_correlation(one: Values, other: Values) -> float | None:
    """Return Spearman's correlation; None where a side is constant.

    Args:
        one: (words,).
        other: Likewise.
    """
    ranks = rankdata(np.stack((one, other)), axis=1)  # equals share their mean rank
    ranks -= ranks.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(ranks, axis=1)
    return float(ranks[0] @ ranks[1] / (norms[0] * norms[1])) if norms.all() else None


def _agreement(
    twos: Sequence[tuple[WordEvidence, WordEvidence]],
    sets: Mapping[str, CounterfactualSet],
    *,
    differ: bool,
) -> MethodAgreement:
    values = [(differences(one), differences(other)) for one, other in twos]
    tops = [min(TOP, len(one)) for one, _ in values]
    shared = [_shared(one, other, top) for (one, other), top in zip(values, tops, strict=True)]
    by_chance = [top / len(one) for (one, _), top in zip(values, tops, strict=True)]
    return MethodAgreement(
        method=twos[0][0].method,
        other=twos[0][1].method,
        kinds_differ=differ,
        pairs=len(twos),
        correlation=_correlation(values, [one for one, _ in twos], sets),
        top=TOP,
        overlap=over_templates(np.array(shared), [one for one, _ in twos], sets),
        chance=float(np.mean(by_chance)),
    )


def _correlation(
    values: Sequence[tuple[Values, Values]],
    pairs: Sequence[WordEvidence],
    sets: Mapping[str, CounterfactualSet],
) -> Quantity:
    found = [rank_correlation(one, other) for one, other in values]
    kept = [(value, pair) for value, pair in zip(found, pairs, strict=True) if value is not None]
    if not kept:
        return Undefined(reason="one of the maps is the same for every word")
    return over_templates(np.array([v for v, _ in kept]), [pair for _, pair in kept], sets)


def _shared(one: Values, other: Values, top: int) -> float:
    largest = [set(np.argsort(-np.abs(each), kind="stable")[:top]) for each in (one, other)]
    return len(largest[0] & largest[1]) / top


def _responsible(maps: Mapping[str, WordEvidence], kinds: Kinds) -> ResponsibleWords:
    first = next(iter(maps.values()))
    places = [place for place, unit in enumerate(first.units) if unit.part in CASE]
    values = {method: differences(one) for method, one in maps.items()}
    if len({len(found) for found in values.values()}) != 1:
        raise ValueError(f"methods cut the pair {first.variant} into different words")
    sign = np.sign(first.difference)
    named = {method: _named(found[np.newaxis], sign)[0] for method, found in values.items()}
    chosen = np.flatnonzero(_agreed({m: each[np.newaxis] for m, each in named.items()}, kinds)[0])
    words = [
        ResponsibleWord(
            place=places[number],
            text=first.units[places[number]].text,
            reference_text=first.units[places[number]].reference_text,
            part=first.units[places[number]].part,
            methods=tuple(method for method in sorted(maps) if named[method][number]),
        )
        for number in chosen
    ]
    return ResponsibleWords(
        set_id=first.set_id,
        variant=first.variant,
        reference_variant=first.reference_variant,
        interventional=tuple(method for method in sorted(maps) if kinds[method]),
        gradient=tuple(method for method in sorted(maps) if not kinds[method]),
        words=tuple(words),
        reason="" if words else _reason(maps, kinds),
        by_chance=_by_chance(values, sign, kinds, first),
    )


def _named(values: Values, sign: float) -> NDArray[np.bool_]:
    """Return which words a map names, (maps, words)."""
    sizes = np.abs(values)
    place = (-sizes).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    large = sizes >= LEAST_SHARE * sizes.sum(axis=1, keepdims=True)
    named: NDArray[np.bool_] = (place < TOP) & large & (sign * values > 0)
    return named


def _agreed(named: Mapping[str, NDArray[np.bool_]], kinds: Kinds) -> NDArray[np.bool_]:
    """Return which words at least half of the methods of each kind name, (maps, words)."""
    some = next(iter(named.values()))
    agreed = np.ones(some.shape, dtype=np.bool_)
    for kind in (True, False):
        votes = [each for method, each in named.items() if kinds[method] is kind]
        if not votes:
            return np.zeros(some.shape, dtype=np.bool_)
        agreed &= np.sum(votes, axis=0) >= ceil(len(votes) / 2)
    return agreed


def _reason(maps: Mapping[str, WordEvidence], kinds: Kinds) -> str:
    if {kinds[method] for method in maps} != {True, False}:
        return "one kind of method alone explained this pair"
    return "the methods disagree"


def _by_chance(
    values: Mapping[str, Values], sign: float, kinds: Kinds, pair: WordEvidence
) -> float:
    """Return in what share of shuffled maps some word would be called responsible."""
    seed = content_seed("shuffled agreement", pair.set_id, pair.variant, pair.reference_variant)
    generator = np.random.default_rng(seed)
    named = {
        method: _named(generator.permuted(np.tile(values[method], (_SHUFFLES, 1)), axis=1), sign)
        for method in sorted(values)
    }
    return float(_agreed(named, kinds).any(axis=1).mean())
