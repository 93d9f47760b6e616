"""Loading: a model folder as tokenizer and network, or one line that says what is wrong.

Safetensors weights only (other formats can carry code), no code of the model's own unless
the user asked for it, no network whatever, and no tensor left at random: a checkpoint that
lacks one is refused.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from audit.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audit.records.runs import ModelRequest

_OTHER_WEIGHTS = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.msgpack", "*.h5", "*.gguf")


def check_folder(folder: Path, request: ModelRequest) -> None:
    """See that a folder holds what can be loaded, before anything heavy is imported.

    Raises:
        ModelError: If configuration or safetensors weights are missing, or if the model
            needs code of its own and the user did not allow it.
    """
    shown = request.reference
    config = _config(folder / "config.json", shown)
    if not any(folder.glob("*.safetensors")):
        others = sorted(path.name for kind in _OTHER_WEIGHTS for path in folder.glob(kind))
        if others:
            raise ModelError(
                f"{shown}: only {others[0]}, no safetensors weights; such files can run code when "
                "opened: convert the model with save_pretrained(safe_serialization=True)"
            )
        raise ModelError(f"{shown}: no *.safetensors weights in the folder; was it fetched whole?")
    if "auto_map" in config and not request.trust_remote_code:
        _check_native(config, shown)


def load_tokenizer(folder: Path, request: ModelRequest) -> Any:
    """Return the folder's tokenizer.

    Raises:
        ModelError: If it cannot be loaded.
    """
    from transformers import AutoTokenizer  # noqa: PLC0415 - seconds to import

    try:
        return AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=request.trust_remote_code
        )
    except Exception as fault:
        raise ModelError(_said(request, "its tokenizer does not load", fault)) from fault


def load_weights(folder: Path, request: ModelRequest) -> Any:
    """Return the folder's causal language model in evaluation mode, parameters frozen.

    Raises:
        ModelError: If it cannot be loaded as asked, or if a tensor is missing.
    """
    from transformers import AutoModelForCausalLM  # noqa: PLC0415 - seconds to import

    device = _device(request)
    try:
        with _without_bars():
            model, found = AutoModelForCausalLM.from_pretrained(
                folder,
                local_files_only=True,
                trust_remote_code=request.trust_remote_code,
                use_safetensors=True,
                dtype=request.dtype if request.dtype == "auto" else getattr(torch, request.dtype),
                output_loading_info=True,
            )
        model = model.to(device)
    except (MemoryError, torch.OutOfMemoryError) as fault:
        mend = "does not fit in memory; try --dtype bfloat16 or a smaller model"
        raise ModelError(f"{request.reference}: {mend}") from fault
    except Exception as fault:
        raise ModelError(_said(request, "it does not load", fault)) from fault
    _check_complete(found, request.reference)
    return model.eval().requires_grad_(False)


@contextmanager
def _without_bars() -> Iterator[None]:
    """Keep the library's progress bars off the terminal, which has one of ours."""
    from transformers.utils import logging  # noqa: PLC0415 - seconds to import

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _config(path: Path, shown: str) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as fault:
        raise ModelError(f"{shown}: no config.json in the folder; is it a model?") from fault
    except ValueError as fault:
        raise ModelError(f"{shown}: config.json is no JSON ({fault})") from fault
    if not isinstance(config, dict):
        raise ModelError(f"{shown}: config.json holds no object")
    return config


def _check_native(config: dict[str, Any], shown: str) -> None:
    """Refuse a model whose family only its own code knows."""
    from transformers import CONFIG_MAPPING  # noqa: PLC0415 - seconds to import

    if config.get("model_type") not in CONFIG_MAPPING:
        raise ModelError(
            f"{shown}: the model brings code of its own, which is not run; read that code and "
            "allow it with --trust-remote-code, or name a model of a family that is built in"
        )


def _device(request: ModelRequest) -> torch.device:
    wanted = request.device
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(wanted)
    except RuntimeError as fault:
        raise ModelError(f"no device {wanted!r}; it can be auto, cpu or cuda") from fault
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ModelError(f"device {wanted!r}: torch finds no such device here; use --device cpu")
    return device


def _check_complete(found: dict[str, Any], shown: str) -> None:
    """Refuse a checkpoint whose gaps would have been filled at random."""
    missing = sorted(str(key) for key in found.get("missing_keys", ()))
    shapes = sorted(str(key) for key in found.get("mismatched_keys", ()))
    if missing:
        raise ModelError(f"{shown}: the weights lack {len(missing)} tensors, e.g. {missing[0]}")
    if shapes:
        raise ModelError(
            f"{shown}: {len(shapes)} tensors do not fit config.json, e.g. {shapes[0]}"
        )


def _said(request: ModelRequest, what: str, fault: Exception) -> str:
    lines = str(fault).strip().splitlines() or [type(fault).__name__]
    return f"{request.reference}: {what} ({lines[0].rstrip('.')})"
