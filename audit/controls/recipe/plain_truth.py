"""The truth about a model's answers, measured plainly: one text at a time, nothing shared.

    python plain_truth.py MODEL_DIR PROMPTS.jsonl OUT.safetensors

This script stands alone on purpose. It imports nothing of the product, batches nothing and
remembers no answer, so that an audit of the same model is checked against something else.

Reads: one line a variant, with `prompts` (one text an order of the options), `answers` (for
       each answer its surface forms), `cuts` (for each cut the places of the answers above and
       below it).
Gives: `log_odds`, float32, one a line: the log-odds above against below, averaged over cuts and
       then over orders. An answer's probability is that of all its forms, each with and
       without a leading space.
"""

import json
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer


def main(folder: str, prompts: str, out: str) -> None:
    """Measure every line of `prompts` and write the log-odds."""
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(
        folder, local_files_only=True, dtype=torch.float32
    )
    model.train(mode=False)
    with torch.inference_mode(), Path(prompts).open(encoding="utf-8") as lines:
        measured = [log_odds(model, tokenizer, json.loads(line)) for line in lines]
    save_file({"log_odds": torch.tensor(measured, dtype=torch.float32)}, out)


def log_odds(model: Any, tokenizer: Any, asked: dict[str, Any]) -> float:
    """Return a variant's log-odds, in nats, averaged over cuts and orders."""
    by_order = []
    for prompt in asked["prompts"]:
        log_probs = answer_log_probs(model, tokenizer, prompt, asked["answers"])
        odds = [
            float(log_probs[above].logsumexp(0) - log_probs[below].logsumexp(0))
            for above, below in asked["cuts"]
        ]
        by_order.append(sum(odds) / len(odds))
    return sum(by_order) / len(by_order)


def answer_log_probs(
    model: Any, tokenizer: Any, prompt: str, answers: Iterable[Iterable[str]]
) -> torch.Tensor:
    """Return one log-probability an answer, in nats, summed over its forms.

    Raises:
        ValueError: If the tokenizer joins the end of the prompt with an answer.
    """
    context = tokenizer(prompt)["input_ids"]
    told: dict[tuple[int, ...], torch.Tensor] = {}

    def next_token(continued: tuple[int, ...]) -> torch.Tensor:
        if continued not in told:
            ids = torch.tensor([[*context, *continued]])
            logits = model(input_ids=ids, use_cache=False, logits_to_keep=1).logits[0, -1]
            told[continued] = logits.double().log_softmax(0)
        return told[continued]

    totals = []
    for forms in answers:
        counted = continuations(tokenizer, prompt, context, forms)
        logs = [
            sum(next_token(ids[:place])[token] for place, token in enumerate(ids))
            for ids in counted
        ]
        totals.append(torch.stack([torch.as_tensor(one) for one in logs]).logsumexp(0))
    return torch.stack(totals)


def continuations(
    tokenizer: Any, prompt: str, context: list[int], forms: Iterable[str]
) -> list[tuple[int, ...]]:
    """Return the tokens of an answer's forms, none of which begins another.

    Only the prompt's last line is encoded with each form: tokens do not cross a line break.
    """
    line = prompt.rsplit("\n", 1)[-1]
    start, joint = spelled(tokenizer, line, tuple(forms))
    if tuple(context[-len(start) :]) != start or any(i[: len(start)] != start for i in joint):
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
    start, *joint = tokenizer(texts, add_special_tokens=False)["input_ids"]
    return tuple(start), [tuple(ids) for ids in joint]


if __name__ == "__main__":
    main(*sys.argv[1:])
