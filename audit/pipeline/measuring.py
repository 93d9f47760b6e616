"""Measure: put every variant to the model, batch by batch; whole batches on file are skipped."""

from collections.abc import Callable, Iterator

from pydantic import TypeAdapter

from audit.measurement.contract import Answered, Instrument, Request, Unanswered
from audit.pipeline.batches import Batch, ask_whole, batches
from audit.pipeline.planning import Work
from audit.pipeline.requests import requests
from audit.records.observations import Failure, Measurement, Observation
from audit.records.runs import Deviation
from audit.storage import folder as run_folder
from audit.storage import journal

_OBSERVATION: TypeAdapter[Measurement | Failure] = TypeAdapter(Observation)


def measure(work: Work) -> None:
    """Ask the model everything that is not on file yet."""
    planned = _planned(work)
    path = work.folder / run_folder.OBSERVATIONS
    done = journal.whole_batches(path, [len(batch.requests) for _, batch in planned])
    work.watcher.stage("measure", sum(len(batch.requests) for _, batch in planned))
    for number, (instrument, batch) in enumerate(planned):
        if number >= done:
            on_split = splits_noted(work, number)
            results = ask_whole(instrument, work.model, batch.requests, on_split)
            journal.append(path, records_of(instrument.name, number, batch, results))
        work.watcher.advance(len(batch.requests), batch.tokens if number >= done else 0)


def observations(work: Work) -> Iterator[Measurement | Failure]:
    """Yield what is on file."""
    return journal.read(work.folder / run_folder.OBSERVATIONS, _OBSERVATION)


def _planned(work: Work) -> list[tuple[Instrument, Batch]]:
    """Return all batches, one instrument after the other."""
    asked = {
        one.name: list(requests(work.sets, work.library.suites, one.asks))
        for one in work.instruments
    }
    work.watcher.stage("tokenise", sum(len(every) for every in asked.values()))
    planned: list[tuple[Instrument, Batch]] = []
    for instrument in work.instruments:
        costs = []
        for request in asked[instrument.name]:
            costs.append(instrument.cost(work.model, request))
            work.watcher.advance(1)
        grouped = batches(asked[instrument.name], costs, work.run.spec.batch_tokens)
        planned += [(instrument, batch) for batch in grouped]
    return planned


def splits_noted(work: Work, number: int, stage: str = "measure") -> Callable[[int], None]:
    """Return what notes that a batch did not fit in memory."""

    def note(size: int) -> None:
        what = f"batch {number}: {size} requests did not fit in memory together and were split"
        deviation = Deviation(stage=stage, what=what, detail="numbers may differ by 1e-4")
        run_folder.add_record(work.folder, run_folder.DEVIATIONS, deviation)

    return note


def records_of(
    instrument: str, number: int, batch: Batch, results: list[Answered | Unanswered]
) -> Iterator[Measurement | Failure]:
    """Yield the records of one batch."""
    for request, result in zip(batch.requests, results, strict=True):
        yield _record(instrument, number, request, result)


def _record(
    instrument: str, number: int, request: Request, result: Answered | Unanswered
) -> Measurement | Failure:
    if isinstance(result, Unanswered):
        return Failure(
            batch=number,
            variant=request.variant,
            asked_by=instrument,
            kind=result.kind,
            detail=result.detail,
        )
    return Measurement(
        batch=number,
        variant=request.variant,
        instrument=instrument,
        prompt_digest=result.prompt_digest,
        response=result.response,
    )
