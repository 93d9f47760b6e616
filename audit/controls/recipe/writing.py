"""Writing: a standard as a folder in ordinary Hugging Face format.

The weights' bytes are made of the weights alone, so that equal tensors are equal bytes.
"""

import json
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from audit.controls.recipe.network import CONTEXT
from audit.controls.recipe.vocabulary import BEGIN, END, PAD


def write_model(folder: Path, model: Any, tokenizer: Any) -> None:
    """Write config, weights and tokenizer.

    Args:
        folder: Is made if it is not there.
        model: A `LlamaForCausalLM` whose embeddings are tied.
        tokenizer: A `tokenizers.Tokenizer`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: weight.detach().contiguous()
        for name, weight in model.state_dict().items()
        if name != "lm_head.weight"  # tied to the embeddings
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)  # safetensors writes for the owner alone
    _write_json(folder / "config.json", _config(model))
    _write_json(folder / "tokenizer_config.json", _TOKENIZER)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)


def _config(model: Any) -> dict[str, Any]:
    config: dict[str, Any] = model.config.to_dict()
    config.pop("_name_or_path", None)
    config.pop("transformers_version", None)
    return {**config, "architectures": ["LlamaForCausalLM"], "model_type": "llama"}


def _write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


_TOKENIZER = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": BEGIN,
    "eos_token": END,
    "pad_token": PAD,
    "model_max_length": CONTEXT,
    "clean_up_tokenization_spaces": False,
}
