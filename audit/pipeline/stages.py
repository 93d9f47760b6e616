"""The flow of an audit, as a table, and the one loop that goes through it.

`measure`, `explain`, `try words`, `look inside`, `what if` and `spike` ask the model and go on
where they stopped. Everything else is a pure function of what is on file and starts anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from audit.errors import IncompleteError
from audit.pipeline.calibrating import calibrate
from audit.pipeline.deriving import analyse, gather, judge, observed, rate
from audit.pipeline.explaining import explain
from audit.pipeline.looking import look
from audit.pipeline.measuring import measure
from audit.pipeline.planning import Work
from audit.pipeline.reports import write_reports
from audit.pipeline.spiking import spike
from audit.pipeline.trying_words import try_words
from audit.pipeline.what_if import what_if
from audit.records.runs import Sitting
from audit.storage import folder as run_folder
from audit.storage import manifest

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Stage:
    """A name and an act."""

    name: str
    act: Callable[[Work], None]


def _explain(work: Work) -> None:
    explain(work, observed(work))


def _look(work: Work) -> None:
    if work.run.spec.depth.internals:
        look(work, observed(work))


def _spike(work: Work) -> None:
    spike(work, observed(work))


def _calibrate(work: Work) -> None:
    calibrate(work, observed(work))


def _report(work: Work) -> None:
    work.watcher.stage("report", 1)
    for line in write_reports(work.folder, work.folder, pdf=work.run.spec.pdf):
        work.watcher.note(line)
    work.watcher.advance(1)


def _close(work: Work) -> None:
    manifest.close(work.folder)


STAGES = (
    Stage("measure", measure),
    Stage("analyse", analyse),
    Stage("detect", judge),
    Stage("explain", _explain),
    Stage("try words", try_words),
    Stage("look inside", _look),
    Stage("what if", what_if),
    Stage("gather", gather),
    Stage("spike", _spike),
    Stage("calibrate", _calibrate),
    Stage("score", rate),
    Stage("report", _report),
    Stage("close", _close),
)


def carry_out(work: Work, clock: Clock) -> None:
    """Go through all stages; times are kept in `run.json` alone.

    Raises:
        IncompleteError: If the disk is full; what was measured stays.
        KeyboardInterrupt: If the user stops it; the same.
    """
    started = clock()
    sitting = Sitting(started=started.isoformat(timespec="seconds"))
    _keep(work, sitting)
    seconds: dict[str, float] = {}
    ending = "stopped"
    try:
        for stage in STAGES:
            before = clock()
            stage.act(work)
            seconds[stage.name] = round((clock() - before).total_seconds(), 2)
        ending = "finished"
    except IncompleteError:
        ending = "incomplete"
        raise
    finally:
        ended = clock().isoformat(timespec="seconds")
        times = {"ended": ended, "ending": ending, "seconds": seconds}
        _keep(work, sitting.model_copy(update=times))


def _keep(work: Work, sitting: Sitting) -> None:
    """Write the sitting; on a full disk the sitting is all that is lost."""
    run = run_folder.with_sitting(run_folder.read_run(work.folder), sitting)
    try:
        run_folder.write_run(work.folder, run)
    except IncompleteError as fault:
        work.watcher.note(str(fault))
