"""What attribution costs, as ratios within one run, on the shape of a 135-million-parameter model.

    python tests/benchmarks/bench_attribution.py [ROUNDS] [TOKENS]

A random model of the shape (30 layers, width 576, 9 heads on 3, vocabulary 49,152) is asked
for the slope of a logit difference at the last place: plainly, and as relevance. The two take
turns, and what counts is the processor's time, so that a busy machine matters less. Printed
are the best and the median of each, and the median of the ratios of neighbours; the target is
relevance at most 1.25 times the plain pass. Beside it: a pass that makes logits everywhere,
and several points in one pass, as integrated gradients have them. A script and not a test,
for machines differ.
"""

import statistics
import sys
import time
from contextlib import nullcontext

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from audit.attribution.relevance_flow import relevance_flow

TARGET = 1.25
IN_A_BATCH = 4


def main(rounds, length):
    torch.manual_seed(0)
    model = shape()
    points = model.get_input_embeddings()(torch.randint(3, 49000, (1, length)))
    ways = {
        "plain": lambda: slope(model, points),
        "relevance": lambda: slope(model, points, "weights and values"),
        "relevance, weights constant": lambda: slope(model, points, "values"),
        "plain, logits everywhere": lambda: slope(model, points, keep=0),
        f"plain, {IN_A_BATCH} at once": lambda: slope(model, points.repeat(IN_A_BATCH, 1, 1)),
    }
    seconds = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, act in ways.items():
            began = time.process_time()
            act()
            if turn:  # the first turn warms up
                seconds[name].append(time.process_time() - began)
    print(f"{length} tokens, {torch.get_num_threads()} threads, {rounds} rounds")
    for name, found in seconds.items():
        told(name, found, seconds["plain"])


def shape():
    config = LlamaConfig(
        vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30,
        num_attention_heads=9, num_key_value_heads=3, tie_word_embeddings=True,
        max_position_embeddings=2048,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval().requires_grad_(False)


def slope(model, points, through=None, keep=1):
    """Return the slope of a logit difference at the last place."""
    points = points.detach().clone().requires_grad_()
    with relevance_flow(model, through) if through else nullcontext():
        logits = model(inputs_embeds=points, use_cache=False, logits_to_keep=keep).logits[:, -1]
        (found,) = torch.autograd.grad((logits[:, 5] - logits[:, 6]).sum(), points)
    return found


def told(name, found, plain):
    ratio = statistics.median(a / b for a, b in zip(found, plain, strict=True))
    said = ""
    if name == "relevance":
        said = "within the target" if ratio <= TARGET else f"ABOVE THE TARGET of {TARGET}"
    print(
        f"{name:30} best {min(found):6.3f} s   median {statistics.median(found):6.3f} s   "
        f"{ratio:5.2f} times plain   {said}"
    )


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 5,
        int(sys.argv[2]) if len(sys.argv) > 2 else 128,
    )
