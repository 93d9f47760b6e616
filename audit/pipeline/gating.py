"""Gating: read a finished run, and say whether it passes under a policy.

The run's own policy was fixed before the first answer, and its findings are on file. Any
other policy is applied after the fact to the disparities on file: nothing is asked again.
"""

from pathlib import Path

from audit.findings.detect import detect
from audit.findings.judged import judged_by
from audit.findings.policy import load_policy
from audit.pipeline.calibrating import disclaimer
from audit.records.digests import record_digest
from audit.records.estimates import Disparity
from audit.records.findings import Finding, Policy
from audit.records.scores import GateResult, Scorecard
from audit.reporting.junit import junit
from audit.scoring.gate import gate_cases
from audit.storage import folder as run_folder
from audit.storage.disk import write_whole
from audit.storage.manifest import audit_id
from audit.suites.library import read_library


def gate(folder: Path, policy_name: str = "") -> GateResult:
    """Return what the gate says of a run.

    Args:
        folder: A finished run.
        policy_name: A shipped policy or a file; empty for the run's own.

    Raises:
        RunFolderError: If the folder is no run, or the run is not finished.
        RequestError: If there is no such policy.
        SuiteError: If the policy is at fault.
    """
    run = run_folder.read_run(folder)
    card = run_folder.read_record(folder, run_folder.SCORECARD, Scorecard)
    planned = run_folder.read_record(folder, run_folder.POLICY, Policy)
    policy = load_policy(policy_name) if policy_name else planned
    other = record_digest(policy) != record_digest(planned)
    axes = {cell.axis for cell in card.coverage}
    findings = judged_again(folder, policy) if other else _on_file(folder)
    return GateResult(
        audit=audit_id(run),
        model=run.stamp.model.name,
        policy=policy.key,
        policy_digest=record_digest(policy),
        planned_policy=planned.key,
        after_the_fact=other,
        cases=gate_cases(findings, axes, policy, run.spec, disclaims=disclaimer(folder)),
    )


def judged_again(folder: Path, policy: Policy) -> tuple[Finding, ...]:
    """Return the findings that another policy gives on the disparities on file."""
    disparities = run_folder.read_records(folder, run_folder.DISPARITIES, Disparity)
    library = read_library(folder / run_folder.PROBES)
    judged = judged_by(disparities, policy)
    return detect(judged, policy, library.suites, library.name_lists)


def write_junit(result: GateResult, file: Path) -> None:
    """Write the result as JUnit XML."""
    write_whole(file, junit(result))


def _on_file(folder: Path) -> tuple[Finding, ...]:
    return run_folder.read_records(folder, run_folder.FINDINGS, Finding)
