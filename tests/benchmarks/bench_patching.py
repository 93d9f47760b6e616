"""How much faster exact patching in resumed batches is than whole passes, one by one.

    python tests/benchmarks/bench_patching.py [LAYERS TRIED] [TOKENS ...]

Patches every head of a few layers, spread evenly over the depth, of a randomly initialised
network of the 135-million-parameter shape (30 layers, width 576, 9 heads, 3 key-value heads,
vocabulary 49,152, inner width 1,536), both ways, sees that the numbers agree, and prints the
ratio: both are timed in turn in one run. The serial side is the product's own pass, one row
at a time, with logits only where they are read. A script and not a test, for machines differ;
the target is 4. Beginning at the patched layer saves half of the work (1.9 times); the rest is
how much better a machine multiplies large matrices than small ones, so that on a processor
the ratio falls with the length of the prompt.
"""

import sys
import time

import numpy as np
import torch

from audit.internals.recording import record
from audit.internals.replacing import Replacement, replaced
from audit.models.architectures import architecture
from audit.models.cases import Opened
from audit.models.contract import Encoded
from audit.models.encoding import Encoder
from audit.models.network import make_network
from audit.models.sites import Site, edited
from audit.records.probes import Answer, Outcome

LAYERS, HEADS = 30, 9
OUTCOME = Outcome(
    key="c", kind="choice", favourable="yes", unfavourable="no",
    answers=(Answer(key="yes", text="yes"), Answer(key="no", text="no")),
)  # fmt: skip


def main(model, tokens, tried):
    parts = architecture(model.module)
    rng = np.random.default_rng(0)
    ids = rng.integers(10, 49152, tokens).tolist()
    other = [*ids[: tokens // 5], (ids[tokens // 5] + 1) % 49152, *ids[tokens // 5 + 1 :]]
    one, two = (opened(model, tuple(each)) for each in (ids, other))
    layers = [round((n + 0.5) * LAYERS / tried - 0.5) for n in range(tried)]
    sites = [Site(layer, "heads") for layer in layers]
    source = record(parts, two, sites)
    every = torch.arange(tokens)
    rows = [
        (Replacement(site, part, (every,), (source.values[site][0][:tokens, part],)),)
        for site in sites
        for part in [slice(64 * head, 64 * head + 64) for head in range(HEADS)]
    ]
    serially(parts, one, rows[:1])  # warm
    began = clocks()
    run = record(parts, one, sites)
    batched = replaced(parts, run, rows).log_odds
    between = clocks()
    serial = serially(parts, one, rows)
    ended = clocks()
    apart = np.abs(batched - serial).max()
    quick, slow = between - began, ended - between
    print(
        f"{len(rows)} heads in layers {layers}, {tokens} tokens, {torch.get_num_threads()} threads"
    )
    for name, short, long in zip(("wall clock", "processor"), quick, slow, strict=True):
        print(f"{name:10} one by one {long:7.2f} s   batched, resumed {short:7.2f} s", end="   ")
        print(f"ratio {long / short:.2f} (target 4)")
    print(f"largest difference {apart:.1e} nats")


def clocks():
    """Wall clock and processor time; on a busy machine the second is the fairer one."""
    return np.array([time.perf_counter(), time.process_time()])


def serially(parts, side, rows):
    found = []
    with torch.inference_mode():
        for ((one),) in rows:

            def edit(tensor, one=one):
                changed = tensor.clone()
                changed[0, one.places[0], one.columns] = one.values[0]
                return changed

            with edited(parts, {one.site: edit}):
                found.append(float(side.log_odds(side.embeddings[None])))
    return np.array(found)


def opened(model, ids):
    encoded = Encoded("", ids, ((0, 0),) * len(ids), (0,), None, (((7,),), ((8,),)))
    return Opened(model, OUTCOME, ("yes", "no"), encoded, model.embed(ids).detach(), ())


def shape():
    from transformers import LlamaConfig, LlamaForCausalLM

    from audit.models.causal import CausalModel
    from audit.records.runs import ModelIdentity

    config = LlamaConfig(
        vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=LAYERS,
        num_attention_heads=HEADS, num_key_value_heads=3, tie_word_embeddings=True,
    )  # fmt: skip
    torch.manual_seed(0)
    network = LlamaForCausalLM(config).eval().requires_grad_(requires_grad=False)
    identity = ModelIdentity.model_construct(name="random")
    encoder = Encoder.__new__(Encoder)  # ids are given, nothing is encoded
    return CausalModel(identity, None, encoder, make_network(network))


if __name__ == "__main__":
    tried, *lengths = (int(each) for each in sys.argv[1:] or ("5", "16", "64"))
    network = shape()
    for length in lengths:
        main(network, length, tried)
