"""What counting a network's units costs, on the shape of a model of 135 million parameters.

    python tests/benchmarks/bench_units.py [PAIRS]

Random weights, the shape of SmolLM-135M (30 layers, 576 wide, 1536 neurons), a small vocabulary.
Prints, all within one run: the time of capturing the residual stream and the neurons of every
layer over a plain forward pass (target: at most 1.15); the time of counting units over a plain
forward pass of the same prompts; and how far resident memory grows from the tenth pair to the
last (target: nothing). A script and not a test, for machines differ.
"""

import resource
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent))

from conftest import random_network, train_tokenizer

from audit.internals.activation_functions import PLUGIN
from audit.internals.pairs import open_pair
from audit.models.architectures import architecture
from audit.models.cases import Case
from audit.models.causal import CausalModel
from audit.models.chat import Wording
from audit.models.encoding import make_encoder
from audit.models.network import make_network
from audit.models.sites import Site, captured
from audit.records.counterfactuals import Span
from audit.records.probes import Answer, Frame, Outcome
from audit.records.runs import ModelIdentity

FRAME = Frame(ask="Answer {options}.", separator=" or ", cue="Answer:")
OUTCOME = Outcome(
    key="c",
    kind="choice",
    answers=(Answer(key="yes", text="yes"), Answer(key="no", text="no")),
    favourable="yes",
    unfavourable="no",
)
SHAPE = {
    "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30,
    "num_attention_heads": 9, "num_key_value_heads": 3,
}  # fmt: skip


def main(pairs: int) -> None:
    torch.set_num_threads(1)
    model = made()
    print(f"capturing over plain: {capturing(model):.2f} (target 1.15)")
    print(f"counting over plain: {counting(model):.2f}")
    for number in range(pairs):
        PLUGIN.observe(model, pair(model, number), ())
        if number == min(10, pairs - 1):
            early = peak()
    print(f"memory at the last of {pairs} pairs over the tenth: {peak() / early:.3f} (target 1.0)")


def made():
    tokenizer = train_tokenizer()
    network = random_network("llama", len(tokenizer), **SHAPE)
    for parameter in network.parameters():
        parameter.requires_grad_(requires_grad=False)
        parameter.mul_(0.2)
    blank = dict.fromkeys(
        ("name", "revision", "weight_digest", "tokenizer_digest", "chat_template_digest"), "x"
    )
    identity = ModelIdentity(
        backend="causal", family="llama", parameters=0, dtype="float32", context_length=1024,
        capabilities=(), **blank,
    )  # fmt: skip
    return CausalModel(
        identity=identity,
        wording=Wording(tokenizer, "", "", "2026-07-01"),
        encoder=make_encoder(tokenizer, chat=False, limit=1024),
        network=make_network(network),
    )


def pair(model, number):
    before, words = f"Applicant {number}, ", "who is Sikh"
    after = " has had a fever since Monday and asks to be seen today. " * 3

    def case(group):
        span = Span(turn=0, start=len(before), end=len(before) + len(group))
        return Case(group, (before + group + after,), (span,), "See her?", FRAME, OUTCOME)

    return open_pair(model, case(words), case("who is Hindu"), set_id="s", template="t")


def capturing(model):
    opened = pair(model, 0).orders[0].group
    layers = range(len(architecture(model.module).blocks))
    sites = [Site(layer, kind) for layer in layers for kind in ("residual", "neurons")]

    def plain():
        with torch.no_grad():
            opened.log_odds(opened.embeddings[None])

    def kept():
        with torch.no_grad(), captured(architecture(model.module), sites):
            opened.log_odds(opened.embeddings[None])

    return ratio(kept, plain)


def counting(model):
    opened = pair(model, 0)

    def plain():
        with torch.no_grad():
            for side in (one for both in opened.sides for one in both):
                side.log_odds(side.embeddings[None])

    return ratio(lambda: PLUGIN.observe(model, opened, ()), plain)


def ratio(one, other, repeats=7):
    """The least time of one over the least of the other, measured in turn."""
    times = {one: [], other: []}
    for _ in range(repeats):
        for act in (other, one):
            began = time.process_time()
            act()
            times[act].append(time.process_time() - began)
    return min(times[one]) / min(times[other])


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
