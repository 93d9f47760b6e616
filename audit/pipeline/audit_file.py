"""The audit file: who asks whom for what, and every option of `samata run`.

`samata init` writes a commented one. What is left empty prints as "not stated" in the
report. Options on the command line take precedence over the file's.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from audit.errors import RequestError
from audit.pipeline.profiles import depth
from audit.records.record import Record
from audit.records.runs import Engagement, ModelRequest, Profile, RunSpec
from audit.suites.format import read_toml


class ModelSection(Record):
    """`[model]`: which model, and how to load it; `system_prompt` names a file."""

    reference: str = ""
    revision: str = ""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    device: str = "auto"
    chat: Literal["auto", "on", "off"] = "auto"
    system_prompt: str = ""
    trust_remote_code: bool = False
    offline: bool = False


class ScopeSection(Record):
    """`[scope]`: what is asked about; empty means all."""

    suites: tuple[str, ...] = ()
    axes: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    cues: tuple[Literal["label", "name"], ...] = ()


class SamplingSection(Record):
    """`[sampling]`: how deep, and by which seed."""

    profile: Profile = "standard"
    seed: int = 0
    limit: int = Field(default=0, ge=0)
    batch_tokens: int = Field(default=4096, gt=0)
    threads: int = Field(default=0, ge=0)
    date: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$")


class OutputSection(Record):
    """`[output]`: where the run goes, and whether a PDF is wanted."""

    folder: str = ""
    pdf: bool = True
    policy: str = "default"


class AuditFile(Record):
    """A whole audit file; every section may be left out."""

    engagement: Engagement = Engagement()
    model: ModelSection = ModelSection()
    scope: ScopeSection = ScopeSection()
    sampling: SamplingSection = SamplingSection()
    output: OutputSection = OutputSection()


def read_audit_file(path: Path) -> AuditFile:
    """Read an audit file; paths in it count from its own folder.

    Raises:
        SuiteError: One line with file, line and key where it is at fault.
    """
    read = read_toml(path, AuditFile)
    here = path.parent
    model = read.model.model_copy(
        update={
            "reference": _from(here, read.model.reference),
            "system_prompt": _from(here, read.model.system_prompt),
        }
    )
    output = read.output.model_copy(
        update={
            "folder": str(here / read.output.folder) if read.output.folder else "",
            "policy": _from(here, read.output.policy),
        }
    )
    return read.model_copy(update={"model": model, "output": output})


def checked(sections: Mapping[str, Any]) -> AuditFile:
    """Return what was asked for outside a file, as an audit file.

    Raises:
        RequestError: If a value is out of its range; one line that names its key.
    """
    try:
        return AuditFile.model_validate(sections)
    except ValidationError as fault:
        first = fault.errors()[0]
        raise RequestError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def spec(asked: AuditFile, today: str) -> RunSpec:
    """Return what the file asks for, with the profile's depth and the system prompt's text.

    Args:
        asked: The audit file, options merged in.
        today: The date to plan with where the file names none, ISO 8601.

    Raises:
        RequestError: If no model is named, or the system prompt cannot be read.
    """
    if not asked.model.reference:
        raise RequestError(
            "no model is named; give a folder, a hub id or embedded:NAME, or set reference "
            "under [model] in the audit file"
        )
    model = asked.model.model_dump() | {"system_prompt": _prompt(asked.model.system_prompt)}
    return RunSpec(
        date=asked.sampling.date or today,
        model=ModelRequest.model_validate(model),
        **asked.scope.model_dump(),
        profile=asked.sampling.profile,
        depth=depth(asked.sampling.profile),
        seed=asked.sampling.seed,
        limit=asked.sampling.limit,
        batch_tokens=asked.sampling.batch_tokens,
        policy=asked.output.policy,
        pdf=asked.output.pdf,
        engagement=asked.engagement,
    )


def _from(here: Path, reference: str) -> str:
    """Return a path as seen from the audit file, anything else as it is."""
    near = here / reference
    return str(near) if reference and near.exists() else reference


def _prompt(file: str) -> str:
    if not file:
        return ""
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise RequestError(f"system prompt {file}: cannot be read as UTF-8: {fault}") from None
