"""Identifying: digests that tell one model from another, whatever its folder is called."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from audit.records.digests import digest
from audit.records.runs import ModelIdentity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from audit.models.locating import Located

CAPABILITIES = ("ScoresContinuations", "ScoresSequences", "Differentiable", "Intervenes")
_WITHOUT_OFFSETS = CAPABILITIES[:2]
_TOKENIZER_FILES = (
    "added_tokens.json",
    "merges.txt",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "vocab.json",
)


def identify(located: Located, model: Any, tokenizer: Any, template: str) -> ModelIdentity:
    """Return which model this is.

    Args:
        located: Where it was found.
        model: A Hugging Face causal language model.
        tokenizer: Its tokenizer; without character offsets nothing can be attributed.
        template: The chat template in use; empty for none.
    """
    config = model.config
    folder = located.folder
    return ModelIdentity(
        backend="causal",
        name=located.name,
        family=str(config.model_type),
        revision=located.revision,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        weight_digest=_of_files(sorted(folder.glob("*.safetensors"))),
        tokenizer_digest=_of_files(folder / name for name in _TOKENIZER_FILES),
        chat_template_digest=digest(template) if template else "",
        dtype=str(model.dtype).removeprefix("torch."),
        context_length=context_length(config),
        capabilities=CAPABILITIES if tokenizer.is_fast else _WITHOUT_OFFSETS,
        notice=str(getattr(config, "samata_notice", "") or ""),
    )


def context_length(config: Any) -> int:
    """Return how many tokens the model reads at most, 0 if its configuration is silent."""
    return int(getattr(config.get_text_config(), "max_position_embeddings", 0) or 0)


def _of_files(paths: Iterable[Path]) -> str:
    """Return the digest over names and contents of those files that there are."""
    parts: list[str] = []
    for path in paths:
        if path.is_file():
            with path.open("rb") as opened:
                parts += [path.name, hashlib.file_digest(opened, "sha256").hexdigest()]
    return digest(*parts)
