"""Plan a run: everything that can be known, fixed and hashed before the first answer."""

import json
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from audit.errors import RequestError, RunFolderError
from audit.findings.policy import load_policy
from audit.measurement.contract import Instrument
from audit.models.contract import Model
from audit.pipeline.forecast import Forecast, Prospect, forecast, prospects
from audit.pipeline.instruments import instruments, not_asked
from audit.pipeline.model import display_name, load_model
from audit.pipeline.requests import requests
from audit.pipeline.vetting import Vetted, vetted
from audit.pipeline.watcher import Watcher
from audit.places import shipped
from audit.records.counterfactuals import CounterfactualSet
from audit.records.digests import canonical_text, digest, record_digest
from audit.records.findings import Policy
from audit.records.runs import RunFile, RunSpec, Stamp
from audit.storage import folder as run_folder
from audit.suites.expansion import Selection, expand
from audit.suites.library import Library, choose, choose_suites, read_library

_PACKAGES = ("numpy", "pydantic", "scipy", "statsmodels", "tokenizers", "torch", "transformers")


@dataclass(frozen=True)
class Work:
    """A planned run with everything that its stages need; nothing is filled in later."""

    folder: Path
    run: RunFile
    library: Library
    policy: Policy
    model: Model
    instruments: tuple[Instrument, ...]
    sets: tuple[CounterfactualSet, ...]
    watcher: Watcher


@dataclass(frozen=True)
class Material:
    """What a plan asks and judges by, whichever model answers."""

    library: Library
    policy: Policy
    sets: tuple[CounterfactualSet, ...]


def begin(
    spec: RunSpec,
    folder: Path,
    *,
    threads: int,
    audit_file: bytes,
    watcher: Watcher,
) -> Work:
    """Plan a new run and lay its folder.

    Raises:
        RequestError: If the spec names something that is not there.
    """
    library = read_library(shipped("probes"))
    material = Material(library, load_policy(spec.policy), expanded(spec, library))
    return lay(material, spec, folder, threads=threads, audit_file=audit_file, watcher=watcher)


def lay(  # noqa: PLR0913
    material: Material,
    spec: RunSpec,
    folder: Path,
    *,
    threads: int,
    audit_file: bytes,
    watcher: Watcher,
) -> Work:
    """Load the model, fix the plan over given probes, policy and sets, and lay its folder.

    Raises:
        RequestError: If the model cannot be loaded as asked, or the folder is not empty.
    """
    library, policy, sets = material.library, material.policy, material.sets
    watcher.note(f"loading {spec.model.reference}")
    model = load_model(spec, threads)
    made_of = _Ingredients(library, policy, model, instruments(sets, model), sets)
    stamp = _stamp(made_of, spec, threads, audit_file)
    run = RunFile(spec=spec.model_copy(update={"policy": policy.key}), stamp=stamp)
    run_folder.create(folder, run, _inputs(made_of, audit_file))
    run_folder.write_records(folder, run_folder.SETS, sets)
    for unasked in not_asked(sets, model):
        run_folder.add_record(folder, run_folder.DEVIATIONS, unasked)
    return Work(
        folder=folder,
        run=run,
        library=library,
        policy=policy,
        model=made_of.model,
        instruments=made_of.instruments,
        sets=sets,
        watcher=watcher,
    )


def previewed(
    spec: RunSpec, threads: int, clock: Callable[[], datetime]
) -> tuple[Forecast, tuple[Prospect, ...], tuple[Vetted, ...]]:
    """Return what a run would ask, what it could establish, and where it could look inside.

    Nothing is written.

    Raises:
        RequestError: If the spec names something that is not there.
    """
    library = read_library(shipped("probes"))
    sets = expanded(spec, library)
    policy = load_policy(spec.policy)
    model = load_model(spec, threads)
    expected = forecast(sets, library, model, instruments(sets, model), clock)
    return expected, prospects(sets, policy), vetted(model, spec.depth.internals)


def reopen(folder: Path, watcher: Watcher, *, reference: str = "") -> Work:
    """Open a run that stopped, with the probes and the policy as they were.

    Args:
        reference: Where the model lies now, if the plan keeps only its name.

    Raises:
        RunFolderError: If the folder is no run, or an input or the model is not the planned one.
    """
    run = run_folder.read_run(folder)
    run_folder.sweep(folder)
    library = read_library(folder / run_folder.PROBES)
    policy = run_folder.read_record(folder, run_folder.POLICY, Policy)
    must_be_as_planned(folder, run, library)
    sets = run_folder.read_records(folder, run_folder.SETS, CounterfactualSet)
    if not sets:
        sets = expanded(run.spec, library)
        run_folder.write_records(folder, run_folder.SETS, sets)
    model = load_model(_at(run.spec, reference), run.stamp.threads)
    _must_be_same(model, run)
    asking = instruments(sets, model)
    return Work(folder, run, library, policy, model, asking, sets, watcher)


def expanded(spec: RunSpec, library: Library) -> tuple[CounterfactualSet, ...]:
    """Return all sets of a spec.

    Raises:
        RequestError: If a suite, axis, language or cue is unknown, or nothing is left to ask.
    """
    suites = choose_suites(library, spec.suites)
    languages = choose(
        "language", spec.languages, {suite.language for suite in library.suites.values()}
    )
    selection = Selection(
        suites=tuple(key for key, suite in suites.items() if suite.language in languages),
        axes=choose("axis", spec.axes, library.axes),
        cues=choose("cue", spec.cues, ("label", "name")),
        templates=spec.depth.templates,
        names=spec.depth.names,
        seed=spec.seed,
        limit=spec.limit,
    )
    sets = tuple(expand(library, selection))
    if not sets:
        raise RequestError(
            "nothing to ask: no chosen suite, axis, language and cue go together; "
            "`samata suites list` shows what there is"
        )
    return sets


def _at(spec: RunSpec, reference: str) -> RunSpec:
    """Return the spec with its model looked for elsewhere, if a place is named."""
    if not reference:
        return spec
    model = spec.model.model_copy(update={"reference": reference})
    return spec.model_copy(update={"model": model})


@dataclass(frozen=True)
class _Ingredients:
    """What a plan is made of."""

    library: Library
    policy: Policy
    model: Model
    instruments: tuple[Instrument, ...]
    sets: tuple[CounterfactualSet, ...]

    @property
    def suites(self) -> set[str]:
        """The suites that are asked."""
        return {one.suite_key for one in self.sets}

    @property
    def files(self) -> dict[str, Path]:
        """The probe files that the run rests on: the suites asked, all identities and names."""
        left_out = self.library.suites.keys() - self.suites
        return {key: path for key, path in self.library.files.items() if key not in left_out}


def _stamp(made_of: _Ingredients, spec: RunSpec, threads: int, audit_file: bytes) -> Stamp:
    model, library = made_of.model, made_of.library
    name = display_name(spec.model.reference, model.identity.name)
    asked = (requests(made_of.sets, library.suites, one.asks) for one in made_of.instruments)
    return Stamp(
        samata=version("samata"),
        python=platform.python_version(),
        packages=_versions(),
        platform=f"{sys.platform} {platform.machine()}",
        device=model.device,
        threads=threads,
        model=model.identity.model_copy(update={"name": name}),
        suites={key: record_digest(library.suites[key]) for key in sorted(made_of.suites)},
        probes={key: digest(path.read_bytes()) for key, path in sorted(made_of.files.items())},
        policy=record_digest(made_of.policy),
        audit_file=digest(audit_file) if audit_file else "",
        requests=sum(1 for every in asked for _ in every),
    )


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _inputs(made_of: _Ingredients, audit_file: bytes) -> dict[str, bytes]:
    """Return the files that the run keeps: the probes asked, the policy, the audit file."""
    kept = {
        f"{run_folder.PROBES}/{key}.toml": path.read_bytes() for key, path in made_of.files.items()
    }
    kept[run_folder.POLICY] = f"{made_of.policy.model_dump_json(indent=2)}\n".encode()
    return kept | ({run_folder.AUDIT_FILE: audit_file} if audit_file else {})


def must_be_as_planned(folder: Path, run: RunFile, library: Library) -> None:
    """Refuse to go on from inputs that were changed after the plan was fixed.

    The policy is compared as it was written, so that a run planned before policies had some
    field can still be taken up.
    """
    found = {key: digest(path.read_bytes()) for key, path in library.files.items()}
    planned = run.stamp.probes
    changed = [key for key in sorted(planned | found) if planned.get(key) != found.get(key)]
    names = [f"{run_folder.PROBES}/{key}.toml" for key in changed]
    written = json.loads((folder / run_folder.POLICY).read_bytes())
    if digest(canonical_text(written)) != run.stamp.policy:
        names.append(run_folder.POLICY)
    if names:
        raise RunFolderError(
            f"{folder / names[0]}: not as it was when the run was planned; bring the planned file "
            "back, or start a new run"
        )


def _must_be_same(model: Model, run: RunFile) -> None:
    """Refuse another model; what a later version can ask of the same one is no difference."""
    found, planned = model.identity, run.stamp.model
    same = {"name": planned.name, "capabilities": planned.capabilities}
    if found.model_copy(update=same) != planned:
        raise RunFolderError(
            f"the model is not the one that was planned (weights {found.weight_digest[:12]}, "
            f"planned {planned.weight_digest[:12]}); bring that one back, or start a new run"
        )
