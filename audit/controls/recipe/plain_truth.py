"""The truth about a model's answers, measured plainly: one text at a time, nothing shared.

    python plain_truth.py MODEL_DIR PROMPTS.jsonl OUT.safetensors

This script stands alone on purpose. It imports nothing of the product and not the library that
the product runs models with: the network is written out once more, for a Llama. It batches
nothing and remembers no answer, so that an audit of the same model is checked against
something else.

Reads: one line a variant, with `prompts` (one text an order of the options), `answers` (for
       each answer its surface forms), `cuts` (for each cut the places of the answers above and
       below it).
Gives: `log_odds`, float32, one a line: the log-odds above against below, averaged over cuts and
       then over orders. An answer's probability is that of all its forms, each with and
       without a leading space.
Source: Llama, Touvron et al. 2023, arXiv:2302.13971; rotary positions, Su et al. 2021,
       arXiv:2104.09864.
"""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import linear, scaled_dot_product_attention, silu


@dataclass(frozen=True)
class Model:
    """A Llama as its weights say, with its tokenizer.

    Attributes:
        weights: By their names in the file.
        config: As `config.json` says.
        turns: (2, places, half a head) cosines and sines of the rotary positions.
    """

    weights: Mapping[str, Tensor]
    config: Mapping[str, Any]
    turns: Tensor
    tokenizer: Any


def main(folder: str, prompts: str, out: str) -> None:
    """Measure every line of `prompts` and write the log-odds."""
    torch.set_num_threads(1)
    model = load(Path(folder))
    with torch.inference_mode(), Path(prompts).open(encoding="utf-8") as lines:
        measured = [log_odds(model, json.loads(line)) for line in lines]
    save_file({"log_odds": torch.tensor(measured, dtype=torch.float32)}, out)


def load(folder: Path) -> Model:
    """Read a model in ordinary Hugging Face format.

    Raises:
        ValueError: If the network is not as simple as this script.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    rope = config["rope_parameters"]
    plain = (
        config["model_type"] == "llama"
        and config["hidden_act"] == "silu"
        and config["tie_word_embeddings"]
        and config["num_key_value_heads"] == config["num_attention_heads"]
        and not (config["attention_bias"] or config["mlp_bias"])
        and rope["rope_type"] == "default"
    )
    if not plain:
        raise ValueError(f"{folder} is no plain Llama with tied embeddings")
    half = torch.arange(config["head_dim"] // 2) * 2 / config["head_dim"]
    places = torch.arange(config["max_position_embeddings"])
    angles = torch.outer(places.double(), rope["rope_theta"] ** -half.double())
    return Model(
        weights=load_file(folder / "model.safetensors"),
        config=config,
        turns=torch.stack((angles.cos(), angles.sin())).float(),
        tokenizer=Tokenizer.from_file(str(folder / "tokenizer.json")),
    )


def log_odds(model: Model, asked: Mapping[str, Any]) -> float:
    """Return a variant's log-odds, in nats, averaged over cuts and orders."""
    by_order = []
    for prompt in asked["prompts"]:
        logs = answer_log_probs(model, prompt, asked["answers"])
        odds = [
            log_sum(logs[place] for place in above) - log_sum(logs[place] for place in below)
            for above, below in asked["cuts"]
        ]
        by_order.append(sum(odds) / len(odds))
    return sum(by_order) / len(by_order)


def answer_log_probs(model: Model, prompt: str, answers: Iterable[Iterable[str]]) -> list[float]:
    """Return one log-probability an answer, in nats, summed over its forms.

    Raises:
        ValueError: If the tokenizer joins the end of the prompt with an answer.
    """
    context = tuple(model.tokenizer.encode(prompt).ids)
    told: dict[tuple[int, ...], Tensor] = {}

    def log_prob(continued: tuple[int, ...], token: int) -> float:
        if continued not in told:
            told[continued] = next_log_probs(model, (*context, *continued))
        return float(told[continued][token])

    return [
        log_sum(
            sum(log_prob(ids[:place], token) for place, token in enumerate(ids))
            for ids in continuations(model.tokenizer, prompt, context, tuple(forms))
        )
        for forms in answers
    ]


def log_sum(logs: Iterable[float]) -> float:
    """Return the logarithm of a sum of numbers whose logarithms these are."""
    return math.log(math.fsum(math.exp(one) for one in logs))


def next_log_probs(model: Model, ids: Sequence[int]) -> Tensor:
    """Return the (vocabulary,) log-probabilities of the token after these, in double."""
    embeddings = model.weights["model.embed_tokens.weight"]
    hidden = embeddings[torch.tensor(ids)]  # (T, width)
    last = model.config["num_hidden_layers"] - 1
    for layer in range(last + 1):
        # Above the last layer nothing but the last token is read.
        hidden = through(
            model, f"model.layers.{layer}.", hidden, rows=1 if layer == last else None
        )
    scores = linear(normed(model, "model.norm", hidden[-1]), embeddings)
    return scores.double().log_softmax(0)


def through(model: Model, layer: str, hidden: Tensor, rows: int | None) -> Tensor:
    """Return the hidden states after a layer, of the last `rows` tokens (None: of all)."""
    weights, kept = model.weights, len(hidden) if rows is None else rows
    before = normed(model, f"{layer}input_layernorm", hidden)
    q, k, v = (
        linear(states, weights[f"{layer}self_attn.{part}_proj.weight"])
        .view(len(states), -1, model.config["head_dim"])
        .transpose(0, 1)  # (heads, T, head)
        for part, states in (("q", before[-kept:]), ("k", before), ("v", before))
    )
    cos, sin = model.turns[:, : len(hidden)]
    q, k = turned(q, cos[-kept:], sin[-kept:]), turned(k, cos, sin)
    mixed = scaled_dot_product_attention(q[None], k[None], v[None], is_causal=rows is None)[0]
    mixed = mixed.transpose(0, 1).reshape(kept, -1)
    hidden = hidden[-kept:] + linear(mixed, weights[f"{layer}self_attn.o_proj.weight"])
    before = normed(model, f"{layer}post_attention_layernorm", hidden)
    gate, up = (
        linear(before, weights[f"{layer}mlp.{part}_proj.weight"]) for part in ("gate", "up")
    )
    return hidden + linear(silu(gate) * up, weights[f"{layer}mlp.down_proj.weight"])


def turned(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Return (heads, T, head) states turned by their positions; halves are partners."""
    one, two = states.chunk(2, dim=-1)
    return torch.cat((one * cos - two * sin, two * cos + one * sin), dim=-1)


def normed(model: Model, name: str, hidden: Tensor) -> Tensor:
    """Return the states over their root mean square, weighted."""
    size = hidden.square().mean(-1, keepdim=True)
    scaled = hidden * torch.rsqrt(size + model.config["rms_norm_eps"])
    return model.weights[f"{name}.weight"] * scaled


def continuations(
    tokenizer: Any, prompt: str, context: tuple[int, ...], forms: tuple[str, ...]
) -> list[tuple[int, ...]]:
    """Return the tokens of an answer's forms, none of which begins another.

    Only the prompt's last line is encoded with each form: tokens do not cross a line break.
    """
    line = prompt.rsplit("\n", 1)[-1]
    start, joint = spelled(tokenizer, line, forms)
    if context[-len(start) :] != start or any(i[: len(start)] != start for i in joint):
        raise ValueError(f"an answer changes the tokens of the prompt's last line {line!r}")
    found = {ids[len(start) :] for ids in joint}
    return sorted(
        ids for ids in found if not any(ids != one and ids[: len(one)] == one for one in found)
    )


@cache
def spelled(
    tokenizer: Any, line: str, forms: tuple[str, ...]
) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """Return the tokens of a line, and of the line with each form behind it."""
    texts = [line, *(line + space + form for form in forms for space in ("", " "))]
    start, *joint = (tuple(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts)
    return start, joint


if __name__ == "__main__":
    main(*sys.argv[1:])
