"""How much faster exact patching in resumed batches is than whole passes, one by one.

    python tests/benchmarks/bench_patching.py LAYERS_TRIED SHARE TOKENS ...
    python tests/benchmarks/bench_patching.py shares

Patches every head of a few layers, spread evenly over the depth, of a randomly initialised
network of the 135-million-parameter shape (30 layers, width 576, 9 heads, 3 key-value heads,
vocabulary 49,152, inner width 1,536), in both directions of one order of a pair, both ways,
sees that the numbers agree, and prints the ratio: both are timed in turn in one run. The serial
side is the product's own pass, one head at a time by a hook on a whole pass, with logits only
where they are read; beside it stands the library's own pass, with logits everywhere. Recording
both sides counts for either. A script and not a test, for machines differ; the target is 4.

SHARE is how much of a prompt stands before its sides part. The second command measures it over
all templates of the shipped English suites: 0.20 on the mean, 25 of 127 tokens (middle 0.14,
tenth and ninetieth percentile 0.04 and 0.41). It bounds what can be reached: no layer above the
patched one and no place after the beginning may be left out, so (30 + 1) / 60 * (1 - SHARE) of
the work is left, a ratio of 2.4 at a share of 0.20, of 4 at 0.52. The rest is what a machine
gains by larger matrices, on one thread of a processor next to nothing from 100 tokens on. Measured
there, at 0.20: 2.5 with 120 tokens and 3.1 with 48; against logits everywhere 3.2 and 4.5.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

import audit
from audit.internals.exchanging import exchanged
from audit.internals.pairs import Order
from audit.models.architectures import architecture
from audit.models.cases import Case, Opened
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
    batched, quick = timed(exchanged, parts, [order], movables)
    serial, slow = timed(serially, parts, [order], movables)
    plain, slower = timed(serially, parts, [everywhere(order)], movables)
    print(
        f"{len(movables)} heads in {tried} layers, {tokens} tokens of which {order.alike} come "
        f"before the sides part, {torch.get_num_threads()} threads"
    )
    for n, clock in enumerate(("wall clock", "processor")):
        print(
            f"{clock:10} batched, resumed {quick[n]:7.2f} s   one by one {slow[n]:7.2f} s, "
            f"ratio {slow[n] / quick[n]:.2f} (target 4)   with logits everywhere "
            f"{slower[n]:7.2f} s, ratio {slower[n] / quick[n]:.2f}"
        )
    apart, largest = np.abs(batched.effects - serial).max(), np.abs(serial).max()
    print(f"largest difference {apart:.1e} nats, largest effect {largest:.1e}", flush=True)
    assert np.allclose(serial, plain, atol=1e-5)


def timed(method, *given):
    """What a method gives, with its wall clock and processor time."""
    began = clocks()
    found = method(*given)
    return found, clocks() - began


def everywhere(order):
    """The same order of a model that makes logits at every place, as the library itself does."""
    model = order.group.model
    whole = replace(model, network=replace(model.network, route="all positions"))
    group, reference = (replace(one, model=whole) for one in (order.group, order.reference))
    return replace(order, group=group, reference=reference)


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


def shares():
    """Print how much of a prompt stands before its sides part, in the shipped English suites."""
    from audit.internals.pairs import open_pair
    from audit.models.causal import load
    from audit.pipeline.requests import request
    from audit.places import shipped
    from audit.records.runs import ModelRequest
    from audit.suites.expansion import Selection, expand
    from audit.suites.library import read_library

    library = read_library(shipped("probes"))
    suites = tuple(key for key in library.suites if key.endswith(".en"))
    folder = Path(audit.__file__).parent / "controls/embedded/biased"
    model = load(ModelRequest(reference=str(folder)), date="2026-01-01", threads=1)
    found = []
    for one in expand(
        library, Selection(suites, tuple(library.axes), ("label", "name"), 0, names=1, seed=1)
    ):
        others = [variant for variant in one.variants if variant.group != one.reference]
        middle = others[len(others) // 2]
        reference = next(v for v in one.variants if v.group == one.reference)
        asked = [(v, request(one, v, library.suites)) for v in (middle, reference)]
        cases = [
            Case(v.id, v.turns, v.spans, asks.question, asks.frame, asks.outcome)
            for v, asks in asked
        ]
        pair = open_pair(model, *cases, set_id=one.id, template=one.template)
        found += [(order.alike, len(order.reference.encoded.ids)) for order in pair.orders]
    alike, tokens = np.array(found).T
    low, middle, high = np.quantile(alike / tokens, [0.1, 0.5, 0.9])
    print(
        f"{len(found)} prompts: {alike.mean():.0f} of {tokens.mean():.0f} tokens, share "
        f"{(alike / tokens).mean():.2f}, middle {middle:.2f}, 10 % {low:.2f}, 90 % {high:.2f}"
    )


if __name__ == "__main__":
    if sys.argv[1] == "shares":
        shares()
        sys.exit()
    tried, share, *lengths = (float(each) for each in sys.argv[1:])
    network = shape()
    for length in lengths:
        main(network, int(tried), share, int(length))
