"""Locating: a model reference as a folder on this machine.

A reference is a folder, a bare hub id `org/name`, or `hf:org/name@revision`. Of a hub model
only configuration, tokenizer and safetensors weights are fetched; other weight formats can
carry code and never reach the disk.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from audit.errors import ModelError
from audit.records.runs import ModelRequest

_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")
_FILES = ("*.safetensors", "*.json", "*.jinja", "*.txt", "tokenizer.model", "*.tiktoken")
_CODE = ("*.py",)
_NEVER = ("*/*", "consolidated*")
_SNAPSHOT_DIGITS = 40


@dataclass(frozen=True)
class Located:
    """A model's folder, with the name and revision that records give it."""

    folder: Path
    name: str
    revision: str


def locate(request: ModelRequest) -> Located:
    """Return the model's folder; a hub model is fetched unless it is there already.

    Raises:
        ModelError: If there is no such folder or hub model, or if it would have to be
            fetched although the network is forbidden.
    """
    folder = Path(request.reference).expanduser()
    if not request.reference.startswith("hf:") and folder.is_dir():
        if request.revision:
            raise ModelError(
                f"{request.reference}: a folder has no revision {request.revision!r}; leave it out"
            )
        return Located(folder, folder.resolve().name, "")
    name, _, tagged = request.reference.removeprefix("hf:").partition("@")
    if not _HUB_ID.fullmatch(name):
        raise ModelError(
            f"{request.reference}: no such folder; a model is a folder or hf:org/name@revision"
        )
    if tagged and request.revision and tagged != request.revision:
        raise ModelError(
            f"{request.reference}: revision {request.revision!r} is asked for too; name one"
        )
    return _fetched(request, name, tagged or request.revision)


def _fetched(request: ModelRequest, name: str, revision: str) -> Located:
    """Return a hub model's folder in the hub's own cache."""
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - only hub models need it

    code = _CODE if request.trust_remote_code else ()
    try:
        folder = snapshot_download(
            name,
            revision=revision or None,
            local_files_only=request.offline,
            allow_patterns=[*_FILES, *code],
            ignore_patterns=list(_NEVER),
        )
    except Exception as fault:
        if request.offline:
            mend = "it is not in the local cache and --offline forbids fetching it"
        else:
            mend = f"neither a folder here nor fetched from the hub ({_first_line(fault)})"
        raise ModelError(f"{request.reference}: {mend}") from fault
    commit = Path(folder).name
    return Located(Path(folder), name, commit if len(commit) == _SNAPSHOT_DIGITS else revision)


def _first_line(fault: Exception) -> str:
    return next(iter(str(fault).strip().splitlines()), type(fault).__name__)
