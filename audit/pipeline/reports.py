"""Reports: a function of the run folder alone; the model is not asked.

Reading the folder, choosing what a page may show, and writing the pages.
"""

from pathlib import Path

from pydantic import TypeAdapter

from audit.errors import CapabilityError
from audit.pipeline.calibrating import calibration_of
from audit.pipeline.explaining import cannot_show
from audit.pipeline.showing import inside_view
from audit.records.calibration import Placebo
from audit.records.contrasts import Heterogeneity, NonAnswers
from audit.records.counterfactuals import CounterfactualSet
from audit.records.estimates import Disparity, RankSummary
from audit.records.faithfulness import (
    MethodAgreement,
    MethodTrust,
    ResponsibleShare,
    ResponsibleWords,
)
from audit.records.findings import Finding, Policy
from audit.records.ledgers import Ledger, LedgerRefused, RelevanceLedger
from audit.records.observations import Measurement, Observation, WordEvidence
from audit.records.runs import Deviation
from audit.records.scores import Scorecard
from audit.records.selection import Exploratory
from audit.reporting.dossier import Dossier
from audit.reporting.html import write_html
from audit.reporting.pdf import write_pdf
from audit.storage import folder as run_folder
from audit.storage import journal
from audit.storage.disk import disk_faults
from audit.storage.manifest import audit_id
from audit.suites.library import read_library

_LEDGER: TypeAdapter[RelevanceLedger | LedgerRefused] = TypeAdapter(Ledger)


def write_reports(run: Path, to: Path, *, pdf: bool = True) -> list[str]:
    """Write `report.html` and, if wanted and possible, `report.pdf`.

    Returns:
        One line for each page written or missing, with the reason.
    """
    shown = dossier(run)
    with disk_faults(to):
        to.mkdir(parents=True, exist_ok=True)
        lines = [f"wrote {write_html(shown, to)}"]
    if pdf:
        try:
            with disk_faults(to):
                printed = write_pdf(shown, to)
            lines += [*printed.warnings, f"wrote {printed.path}"]
        except CapabilityError as fault:
            lines.append(f"no PDF: {fault}")
    return lines


def dossier(folder: Path) -> Dossier:
    """Read everything that a report shows.

    Raises:
        RunFolderError: If the folder is no run, or the run is not far enough.
    """
    run = run_folder.read_run(folder)
    findings = run_folder.read_records(folder, run_folder.FINDINGS, Finding)
    evidence = run_folder.read_records(folder, run_folder.WORD_EVIDENCE, WordEvidence)
    exemplars = [exemplar for finding in findings for exemplar in finding.exemplars]
    sides = {one.variant for one in exemplars} | {one.reference_variant for one in exemplars}
    sets = {one.set_id for one in exemplars} | {one.set_id for one in evidence}
    library = read_library(folder / run_folder.PROBES)
    share = run_folder.read_records(folder, run_folder.RESPONSIBLE_SHARE, ResponsibleShare)
    return Dossier(
        audit_id=audit_id(run),
        run=run.model_copy(update={"sittings": ()}),
        policy=run_folder.read_record(folder, run_folder.POLICY, Policy),
        suites=library.suites,
        axes=library.axes,
        name_lists=library.name_lists,
        disparities=run_folder.read_records(folder, run_folder.DISPARITIES, Disparity),
        findings=findings,
        scorecard=run_folder.read_record(folder, run_folder.SCORECARD, Scorecard),
        heterogeneity=run_folder.read_records(folder, run_folder.HETEROGENEITY, Heterogeneity),
        non_answers=run_folder.read_records(folder, run_folder.NON_ANSWERS, NonAnswers),
        exploratory=run_folder.read_records(folder, run_folder.EXPLORATORY, Exploratory),
        sets=_sets(folder, sets),
        answers=_answers(folder, sides),
        evidence=evidence,
        ranks=run_folder.read_records(folder, run_folder.WORD_RANKS, RankSummary),
        methods=cannot_show(run.spec.depth.methods),
        inside=inside_view(folder, findings, run.spec.depth),
        deviations=run_folder.read_records(folder, run_folder.DEVIATIONS, Deviation),
        calibration=calibration_of(folder),
        placebos=run_folder.read_records(folder, run_folder.PLACEBOS, Placebo),
        trust=run_folder.read_records(folder, run_folder.METHOD_TRUST, MethodTrust),
        ledgers=tuple(journal.read(folder / run_folder.LEDGERS, _LEDGER)),
        agreements=run_folder.read_records(folder, run_folder.METHOD_AGREEMENT, MethodAgreement),
        responsible=run_folder.read_records(folder, run_folder.RESPONSIBLE, ResponsibleWords),
        responsible_share=next(iter(share), None),
    )


def _sets(folder: Path, wanted: set[str]) -> dict[str, CounterfactualSet]:
    found = journal.read(folder / run_folder.SETS, TypeAdapter(CounterfactualSet))
    return {one.id: one for one in found if one.id in wanted}


def _answers(folder: Path, wanted: set[str]) -> dict[str, Measurement]:
    found = journal.read(folder / run_folder.OBSERVATIONS, TypeAdapter(Observation))
    return {
        one.variant: one for one in found if isinstance(one, Measurement) and one.variant in wanted
    }
