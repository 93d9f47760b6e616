"""Trade-offs: what each change did to the disparity and to the model, as records.

Everything here follows from what is on file; the model is only needed to know whether it can be
looked into. The verdict is given by the ordinary rule, over the sets measured again alone.
"""

from collections.abc import Iterator, Sequence

from audit.analyses.trade_offs import Effect, effect, upkeep
from audit.findings.detect import detect
from audit.findings.judged import judged_by
from audit.findings.what_if_sets import Target
from audit.internals.neutral import chance, material
from audit.pipeline.changes import CONTROL, NOTHING, Change
from audit.pipeline.planning import Work
from audit.pipeline.what_if import aim_of, observed_under, trials_of, tried
from audit.records.findings import Verdict
from audit.records.what_ifs import NeutralReading, NotRead, Reanswered, Upkeep, WhatIf
from audit.storage import folder as run_folder

Answers = Sequence[Reanswered | NeutralReading | NotRead]


def what_ifs(work: Work) -> tuple[WhatIf, ...]:
    """Return one record a change, the unchanged network first; none where none was tried."""
    if not (work.folder / run_folder.WHAT_IFS).exists():
        return ()
    aim = aim_of(work)
    return tuple(_records(work, aim)) if aim is not None else ()


def _records(work: Work, aim: Target) -> Iterator[WhatIf]:
    on_file = trials_of(work)
    before = observed_under(work, aim.measured, on_file[NOTHING])
    plain = _neutral(on_file[NOTHING])
    for change in tried(work, aim):
        answers = on_file[change.key]
        after = observed_under(work, aim.measured, answers)
        found = effect(before, after, aim.disparity)
        if found is not None:
            cost = upkeep(after, _neutral(answers), plain, _chance())
            yield _record(work, aim, change, found, cost)


def _record(work: Work, aim: Target, change: Change, found: Effect, cost: Upkeep) -> WhatIf:
    one = aim.disparity
    return WhatIf(
        key=change.key.removesuffix(CONTROL),
        kind=change.kind,
        control=change.control,
        what=change.what,
        axis=one.axis,
        cue=one.cue,
        group=one.group,
        reference=one.reference,
        language=one.language,
        domain=one.domain,
        outcome=one.outcome,
        counted=aim.counted,
        sets=len(aim.measured),
        fitted_sets=len(aim.fitted),
        disparity=found.disparity.estimate,
        change=found.change,
        moved=found.moved,
        verdict=_verdict(work, found),
        upkeep=cost,
    )


def _verdict(work: Work, found: Effect) -> Verdict:
    """Return the verdict on the disparity alone: a family of one."""
    judged = judged_by([found.disparity], work.policy)
    library = work.library
    (finding,) = detect(judged, work.policy, library.suites, library.name_lists)
    return finding.verdict


def _neutral(answers: Answers) -> list[NeutralReading]:
    return [one for one in answers if isinstance(one, NeutralReading)]


def _chance() -> float:
    return chance(material())
