"""How much faster exact patching in resumed batches is than whole passes, one by one.

    python tests/benchmarks/bench_patching.py [LAYERS TRIED] [SHARE] [TOKENS ...]

Patches every head of a few layers (by default of all), spread evenly over the depth, of a
randomly initialised network of the 135-million-parameter shape (30 layers, width 576, 9 heads,
3 key-value heads, vocabulary 49,152, inner width 1,536), in both directions of one order of a
pair, both ways, sees that the numbers agree, and prints the ratio: both are timed in turn in
one run. The serial side is the product's own pass, one head at a time by a hook on a whole
pass, with logits only where they are read; each side's recording of its activations counts for
both. A script and not a test, for machines differ; the target is 4.

SHARE is how much of a prompt stands before its sides part.
"""

import sys
import time

import numpy as np
import torch

from audit.internals.exchanging import exchanged
from audit.internals.pairs import Order
from audit.models.architectures import architecture
from audit.models.cases import Opened
from audit.models.contract import Encoded
from audit.models.encoding import Encoder
from audit.models.network import make_network
from audit.models.sites import Site, captured, edited
from audit.records.probes import Answer, Outcome

LAYERS, HEADS = 30, 9
OUTCOME = Outcome(
    key="c", kind="choice", favourable="yes", unfavourable="no",
    answers=(Answer(key="yes", text="yes"), Answer(key="no", text="no")),
)  # fmt: skip


def main(model, tried, share, tokens):
    parts = architecture(model.module)
    order = two_sides(model, tokens, round(share * tokens))
    layers = [round((n + 0.5) * LAYERS / tried - 0.5) for n in range(tried)]
    movables = [
        ((Site(layer, "heads"), slice(64 * head, 64 * head + 64)),)
        for layer in layers
        for head in range(HEADS)
    ]
    for method in (exchanged, serially):
        method(parts, [order], movables[:1])  # warm
    began = clocks()
    batched = exchanged(parts, [order], movables).effects
    between = clocks()
    serial = serially(parts, [order], movables)
    ended = clocks()
    apart, largest = np.abs(batched - serial).max(), np.abs(serial).max()
    quick, slow = between - began, ended - between
    print(
        f"{len(movables)} heads in {tried} layers, {tokens} tokens of which {order.alike} come "
        f"before the sides part, {torch.get_num_threads()} threads"
    )
    for name, short, long in zip(("wall clock", "processor"), quick, slow, strict=True):
        print(f"{name:10} one by one {long:7.2f} s   batched, resumed {short:7.2f} s", end="   ")
        print(f"ratio {long / short:.2f} (target 4)")
    print(f"largest difference {apart:.1e} nats, largest effect {largest:.1e}", flush=True)


def clocks():
    """Wall clock and processor time; on a busy machine the second is the fairer one."""
    return np.array([time.perf_counter(), time.process_time()])


def serially(parts, orders, movables):
    """The effects of moving each movable, (directions, movables), by whole passes."""
    (order,) = orders
    sites = sorted({site for ((site, _),) in movables})
    runs = []
    with torch.inference_mode():
        for side in (order.group, order.reference):
            with captured(parts, sites) as kept:
                runs.append((side, float(side.log_odds(side.embeddings[None])), kept))
        found = [
            [sign * (patched(parts, run, source, *one) - run[1]) for (one,) in movables]
            for run, source, sign in ((runs[1], runs[0], 1), (runs[0], runs[1], -1))
        ]
    return np.array(found)


def patched(parts, run, source, site, columns):
    """The log-odds of one whole pass with one stretch of one site from the other side."""
    side, _, _ = run

    def edit(tensor):
        changed = tensor.clone()
        changed[..., columns] = source[2][site][0][..., columns]
        return changed

    with edited(parts, {site: edit}):
        return float(side.log_odds(side.embeddings[None]))


def two_sides(model, tokens, alike):
    """An order whose sides differ in one token, after some that are alike."""
    ids = np.random.default_rng(0).integers(10, 49152, tokens).tolist()
    other = [*ids[:alike], (ids[alike] + 1) % 49152, *ids[alike + 1 :]]
    group, reference = (opened(model, tuple(each)) for each in (ids, other))
    return Order(group, reference, tuple((n, n) for n in range(tokens)), ())


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
    tried, share, *lengths = (float(each) for each in sys.argv[1:])
    network = shape()
    for length in lengths:
        main(network, int(tried), share, int(length))
