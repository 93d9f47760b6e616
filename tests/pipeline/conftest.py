"""Small audits of a tiny model with random weights, and a policy under which they find something.

A random model puts no mass on the offered answers, so the default policy calls everything
inconclusive and explains nothing. The keen policy has no floors and a margin of almost
nothing: differences count, pairs are explained, and every stage has something to do. What it
finds says nothing about any model.
"""

from datetime import UTC, datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from audit.findings import policy
from audit.pipeline.audit_file import AuditFile, spec
from audit.pipeline.deriving import observed
from audit.pipeline.planning import begin
from audit.pipeline.stages import STAGES, carry_out
from audit.pipeline.watcher import Quiet
from audit.records.observations import Failure, Measurement
from audit.storage import folder as run_folder

KEEN = {
    "alpha = 0.05": "alpha = 0.9",
    "margin = 0.2": "margin = 0.0001",
    "mass_floor = 0.5": "mass_floor = 0.0",
}
ASKED = {
    "scope": {
        "suites": ["employment/shortlist.en"],
        "axes": ["caste"],
        "cues": ["label"],
    },
    "sampling": {"profile": "quick", "limit": 36, "batch_tokens": 3000, "date": "2026-07-01"},
    "output": {"pdf": False},
}


def clock():
    return datetime.now(tz=UTC)


@pytest.fixture(scope="session")
def keen_policy(tmp_path_factory):
    text = (policy._SHIPPED / "default.toml").read_text(encoding="utf-8")
    for old, new in KEEN.items():
        assert old in text
        text = text.replace(old, new)
    path = tmp_path_factory.mktemp("policies") / "keen.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny(make_folder):
    """A model folder, loaded as any other; its random weights happen to favour one group."""
    return make_folder("llama", seed=0)


@pytest.fixture(scope="session")
def make_spec(tiny, keen_policy):
    """The spec of a small audit; sections of the audit file override it."""

    def make(model=tiny, **sections):
        asked = {"model": {"reference": str(model)}} | {
            name: ASKED.get(name, {}) | sections.get(name, {}) for name in ASKED
        }
        asked["output"] = {"policy": str(keen_policy)} | asked["output"]
        full = spec(AuditFile.model_validate(asked), "2026-07-01")
        shallow = {
            "explained": 2, "explained_findings": 1, "methods": ("occlusion",),
            "tried": 2, "randomised": 1, "network_spikes": 0, "screened": 4, "what_if_sets": 4,
        }  # fmt: skip
        return full.model_copy(update={"depth": full.depth.model_copy(update=shallow)})

    return make


@pytest.fixture(scope="session")
def planned():
    """Plan a run in a folder; the stages are still to be gone through."""

    def plan(wanted, folder, audit_file=b""):
        return begin(wanted, folder, threads=1, audit_file=audit_file, watcher=Quiet())

    return plan


@pytest.fixture(scope="session")
def finished(make_spec, planned, tmp_path_factory):
    """One uninterrupted small audit, for comparison; not to be changed."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    carry_out(planned(make_spec(), folder), clock)
    return folder


@pytest.fixture(scope="session")
def contents():
    """Everything in a run folder but the times: name -> bytes."""
    from audit.storage.folder import read_run
    from audit.storage.manifest import plan_digest

    def read(folder):
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        return files | {"run.json": plan_digest(read_run(folder)).encode()}

    return read


@pytest.fixture(scope="session")
def clock_now():
    """The clock that a run is given."""
    return clock


@pytest.fixture(scope="session")
def small_probes():
    """The small probes folder's maker: test folders are no packages."""
    spec = spec_from_file_location("small_probes", Path(__file__).parent / "small_probes.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def derived():
    """Write answers of another instrument into a laid run; derive all that follows, and the page.

    A response of None is a refusal.
    """

    def record(who, response):
        if response is None:
            return Failure(
                batch=0, variant=who.id, asked_by="another", kind="refused", detail="declined"
            )
        return Measurement(
            batch=0, variant=who.id, instrument="another", prompt_digest="", response=response
        )

    def derive(work, respond):
        answers = (record(who, respond(one, who)) for one in work.sets for who in one.variants)
        lines = [f"{one.model_dump_json()}\n" for one in answers]
        (work.folder / run_folder.OBSERVATIONS).write_text("".join(lines), encoding="utf-8")
        for stage in STAGES:
            if stage.name != "measure":
                stage.act(work, lambda: observed(work))
        return (work.folder / "report.html").read_text(encoding="utf-8")

    return derive
