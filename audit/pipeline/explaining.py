"""Explain: ask which words the answers rest on, for pairs chosen by rule from the findings.

One pair and method is one batch: both sides are on file or neither is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeGuard

from pydantic import TypeAdapter

from audit import attribution, plugins
from audit.analyses.contract import Observed
from audit.analyses.word_evidence import pair_evidence
from audit.attribution.contract import Method, Refused, WordShares
from audit.errors import CapabilityError
from audit.findings.exemplars import pairs_to_explain
from audit.models.cases import Case
from audit.pipeline.planning import Work
from audit.pipeline.requests import request
from audit.records.counterfactuals import CounterfactualSet
from audit.records.findings import Finding
from audit.records.ledgers import LedgerRefused, RelevanceLedger
from audit.records.observations import Attribution, Explanation, NotAttributed, WordEvidence
from audit.storage import folder as run_folder
from audit.storage import journal

_EXPLANATION: TypeAdapter[Attribution | NotAttributed] = TypeAdapter(Explanation)


@dataclass(frozen=True)
class Pair:
    """Two variants of one set, to be explained by one method."""

    one: CounterfactualSet
    variant: str
    reference: str
    method: Method


def explain(work: Work, seen: Observed) -> None:
    """Explain what is not on file yet, and say first where the methods' shares go."""
    run_folder.write_records(work.folder, run_folder.LEDGERS, _ledgers(work))
    todo = list(_pairs(work, seen))
    path = work.folder / run_folder.ATTRIBUTIONS
    done = journal.whole_batches(path, [2] * len(todo))
    work.watcher.stage("explain", len(todo))
    for number, pair in enumerate(todo):
        if number >= done:
            journal.append(path, explain_pair(work, pair, number))
        work.watcher.advance(1)


def explained_sides(
    work: Work, name: str = run_folder.ATTRIBUTIONS
) -> Iterator[tuple[Attribution, Attribution]]:
    """Yield (group's side, reference side) of every pair that could be explained."""
    path = work.folder / name
    for one, two in pairwise(journal.read(path, _EXPLANATION)):
        if one.batch == two.batch and _explained(one) and _explained(two):
            yield one, two


def evidence_of(
    work: Work, explained: Iterable[tuple[Attribution, Attribution]]
) -> list[WordEvidence]:
    """Return each explained pair's difference map."""
    sets = {one.id: one for one in work.sets}
    return [
        pair_evidence(
            group_side,
            reference_side,
            sets[group_side.set_id].variant(group_side.variant),
            sets[group_side.set_id].variant(reference_side.variant),
            sets[group_side.set_id],
        )
        for group_side, reference_side in explained
    ]


def cannot_show(names: Iterable[str]) -> dict[str, str]:
    """Return, for each method of a run, what it cannot show."""
    found = (plugins.load(attribution, name, Method) for name in names)
    return {method.name: method.cannot_show for method in found}


def _pairs(work: Work, seen: Observed) -> Iterator[Pair]:
    """Yield the chosen pairs, each once a method."""
    findings = run_folder.read_records(work.folder, run_folder.FINDINGS, Finding)
    sets = {one.id: one for one in work.sets}
    for chosen in pairs_to_explain(findings, seen, work.run.spec.depth):
        for method in _methods(work):
            one = sets[chosen.set_id]
            yield Pair(one, chosen.variant, chosen.reference_variant, method)


def _methods(work: Work) -> tuple[Method, ...]:
    """Return the methods of the run's depth that the model has the capability for."""
    wanted = (plugins.load(attribution, name, Method) for name in work.run.spec.depth.methods)
    return tuple(method for method in wanted if isinstance(work.model, method.needs))


def _ledgers(work: Work) -> list[RelevanceLedger | LedgerRefused]:
    """Return the ledger of each method that keeps one, or why it is refused on this model."""
    counted = [(one, one.ledger(work.model)) for one in _methods(work) if one.ledger is not None]
    return [
        LedgerRefused(method=method.name, reason=found.detail)
        if isinstance(found, Refused)
        else found
        for method, found in counted
    ]


def explain_pair(work: Work, pair: Pair, number: int) -> list[Attribution | NotAttributed]:
    """Return both sides' records, the group's first."""
    cases = [case_of(work, pair.one, variant) for variant in (pair.variant, pair.reference)]
    try:
        shares = pair.method.explain(work.model, cases)
    except (CapabilityError, MemoryError) as fault:
        shares = [Refused(str(fault) or "out of memory")] * len(cases)
    return [_record(pair, number, case, share) for case, share in zip(cases, shares, strict=True)]


def case_of(work: Work, one: CounterfactualSet, variant_id: str) -> Case:
    """Return one variant of a set as a case to explain."""
    variant = one.variant(variant_id)
    asked = request(one, variant, work.library.suites)
    return Case(
        variant=variant.id,
        turns=variant.turns,
        spans=variant.spans,
        question=asked.question,
        frame=asked.frame,
        outcome=asked.outcome,
    )


def _record(
    pair: Pair, number: int, case: Case, share: WordShares | Refused
) -> Attribution | NotAttributed:
    if isinstance(share, Refused):
        return NotAttributed(
            batch=number,
            set_id=pair.one.id,
            variant=case.variant,
            method=pair.method.name,
            detail=share.detail,
        )
    return Attribution(
        batch=number,
        set_id=pair.one.id,
        variant=case.variant,
        method=pair.method.name,
        target="log_odds",
        baseline=share.baseline,
        score=share.score,
        baseline_score=share.baseline_score,
        residual=share.residual,
        words=share.words,
    )


def _explained(one: Attribution | NotAttributed) -> TypeGuard[Attribution]:
    return isinstance(one, Attribution)
