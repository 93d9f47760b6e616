"""Trusting: from everything on file about word maps to how far each method can be trusted."""

from collections.abc import Sequence

from pydantic import TypeAdapter

from audit import attribution, plugins
from audit.analyses.agreement import agreements, responsible, responsible_share
from audit.analyses.faithfulness import Found, trust
from audit.attribution.contract import Method
from audit.pipeline.explaining import evidence_of, explained_sides
from audit.pipeline.planning import Work
from audit.records.faithfulness import NotTried, WordTrial
from audit.records.observations import WordEvidence
from audit.storage import folder as run_folder
from audit.storage import journal

_TRIAL: TypeAdapter[WordTrial | NotTried] = TypeAdapter(WordTrial | NotTried)


def write_trust(work: Work, evidence: Sequence[WordEvidence]) -> None:
    """Write what the trials say of each method, and the words on which both kinds agree."""
    folder = work.folder
    sets = {one.id: one for one in work.sets}
    methods = {one.method for one in evidence}
    kinds = {name: plugins.load(attribution, name, Method).interventional for name in methods}
    trials = journal.read(folder / run_folder.WORD_TRIALS, _TRIAL)
    found = Found(
        evidence=evidence,
        attributions=[side for sides in explained_sides(work) for side in sides],
        trials=[one for one in trials if isinstance(one, WordTrial)],
        randomised=evidence_of(work, explained_sides(work, run_folder.RANDOMISED)),
    )
    run_folder.write_records(folder, run_folder.METHOD_TRUST, trust(found, sets, kinds))
    agreed = agreements(evidence, sets, kinds)
    run_folder.write_records(folder, run_folder.METHOD_AGREEMENT, agreed)
    called = responsible(evidence, kinds)
    run_folder.write_records(folder, run_folder.RESPONSIBLE, called)
    share = responsible_share(called, sets)
    run_folder.write_records(folder, run_folder.RESPONSIBLE_SHARE, [share] if share else [])
