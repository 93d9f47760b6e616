"""What a Python user may import: run an audit, read a run, render a report.

from audit import api

run = api.audit("path/or/hub-id", out="runs/mine", profile="quick")
print(run.summary)
for finding in run.worst:
    print(finding.disparity.group, finding.disparity.estimate, finding.verdict)
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audit.pipeline.audit_file import checked, spec
from audit.pipeline.calibrating import calibration_of
from audit.pipeline.planning import begin, reopen
from audit.pipeline.reports import write_reports
from audit.pipeline.stages import carry_out
from audit.pipeline.watcher import Quiet, Watcher
from audit.records.calibration import Calibration
from audit.records.estimates import Disparity
from audit.records.findings import Finding, Severity, Verdict
from audit.records.runs import Profile, RunFile
from audit.records.scores import Scorecard
from audit.storage import folder as run_folder


@dataclass(frozen=True)
class Run:
    """A run on disk, read when asked."""

    folder: Path

    @property
    def plan(self) -> RunFile:
        """What was asked, with which tools."""
        return run_folder.read_run(self.folder)

    @property
    def disparities(self) -> tuple[Disparity, ...]:
        """Every disparity, null results included."""
        return run_folder.read_records(self.folder, run_folder.DISPARITIES, Disparity)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every judged disparity."""
        return run_folder.read_records(self.folder, run_folder.FINDINGS, Finding)

    @property
    def worst(self) -> tuple[Finding, ...]:
        """The findings that count, most severe first."""
        severities = list(Severity)
        counting = [finding for finding in self.findings if finding.counts]
        return tuple(sorted(counting, key=lambda one: severities.index(one.severity)))

    @property
    def scorecard(self) -> Scorecard:
        """Verdicts, rating with its rule, coverage."""
        return run_folder.read_record(self.folder, run_folder.SCORECARD, Scorecard)

    @property
    def calibration(self) -> Calibration | None:
        """What the run found where the truth is known; None where it was not measured."""
        return calibration_of(self.folder)

    @property
    def pages(self) -> tuple[Path, ...]:
        """The report's pages that were written."""
        named = (self.folder / name for name in ("report.html", "report.pdf"))
        return tuple(page for page in named if page.is_file())

    @property
    def summary(self) -> str:
        """One line: rating and verdicts."""
        card = self.scorecard
        counts = ", ".join(
            f"{card.verdicts.get(verdict, 0)} {verdict.value.replace('_', ' ')}"
            for verdict in Verdict
        )
        rating = f"rating {card.rating}" if card.conclusion else "no conclusion"
        answered = f"{card.answered} of {card.planned} prompts answered"
        return f"{rating}, evidence {card.evidence_grade}: {counts}; {answered}"


def audit(  # noqa: PLR0913
    model: str,
    *,
    out: str | Path,
    profile: Profile = "standard",
    suites: tuple[str, ...] = (),
    axes: tuple[str, ...] = (),
    languages: tuple[str, ...] = (),
    seed: int = 0,
    watcher: Watcher | None = None,
    **sections: dict[str, Any],
) -> Run:
    """Audit a model and write the report.

    Args:
        model: A folder, a hub id or embedded:NAME.
        out: An empty or new folder.
        sections: Further keys of the audit file by section, e.g. `model={"dtype": "float32"}`.

    Raises:
        RequestError: If something asked for is not there.
        IncompleteError: If the disk is full; `resume` goes on.
    """
    asked = checked(
        {
            **sections,
            "model": {"reference": model, **sections.get("model", {})},
            "scope": {
                "suites": suites,
                "axes": axes,
                "languages": languages,
                **sections.get("scope", {}),
            },
            "sampling": {"profile": profile, "seed": seed, **sections.get("sampling", {})},
        }
    )
    planned = spec(asked, _now().date().isoformat())
    threads = asked.sampling.threads or os.cpu_count() or 1
    quiet = watcher or Quiet()
    work = begin(planned, Path(out), threads=threads, audit_file=b"", watcher=quiet)
    carry_out(work, _now)
    return Run(Path(out))


def resume(folder: str | Path, *, model: str = "", watcher: Watcher | None = None) -> Run:
    """Go on with a run that stopped; ends in the same bytes as if it had not."""
    carry_out(reopen(Path(folder), watcher or Quiet(), reference=model), _now)
    return Run(Path(folder))


def report(folder: str | Path, to: str | Path | None = None) -> list[str]:
    """Write a run's report again; the model is not asked."""
    return write_reports(Path(folder), Path(to or folder))


def _now() -> datetime:
    return datetime.now(tz=UTC)
