"""The flow of an audit, as a table, and the one loop that goes through it.

`measure`, `explain`, `try words`, `look inside`, `what if` and `spike` ask the model and go on
where they stopped. Everything else is a pure function of what is on file and starts anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from audit.analyses.contract import Observed
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
Sight = Callable[[], Observed]
"""Returns the observations as columns; they are read when first asked for, and once."""


@dataclass(frozen=True)
class Stage:
    """A name and an act."""

    name: str
    act: Callable[[Work, Sight], None]


def _report(work: Work) -> None:
    work.watcher.stage("report", 1)
    for line in write_reports(work.folder, work.folder, pdf=work.run.spec.pdf):
        work.watcher.note(line)
    work.watcher.advance(1)


def _close(work: Work) -> None:
    manifest.close(work.folder)


STAGES = (
    Stage("measure", lambda work, _: measure(work)),
    Stage("analyse", lambda work, seen: analyse(work, seen())),
    Stage("detect", lambda work, seen: judge(work, seen())),
    Stage("explain", lambda work, seen: explain(work, seen())),
    Stage("try words", lambda work, _: try_words(work)),
    Stage("look inside", lambda work, seen: look(work, seen())),
    Stage("what if", lambda work, _: what_if(work)),
    Stage("gather", lambda work, _: gather(work)),
    Stage("spike", lambda work, seen: spike(work, seen())),
    Stage("calibrate", lambda work, seen: calibrate(work, seen())),
    Stage("score", lambda work, seen: rate(work, seen())),
    Stage("report", lambda work, _: _report(work)),
    Stage("close", lambda work, _: _close(work)),
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
    seen = cache(lambda: observed(work))
    seconds: dict[str, float] = {}
    ending = "stopped"
    try:
        for stage in STAGES:
            before = clock()
            stage.act(work, seen)
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
