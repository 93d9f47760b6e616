"""A small network that is taught one mechanism, so that the right words are known.

Among filler words stands one of four words for a man or four for a woman, and in half of the
texts FLIP, which turns the answer round; at the query word the network says he or she. It is
trained until it makes no mistake on fresh texts, so the cue and FLIP are what its answer
rests on, and nothing else can be.
"""

from dataclasses import dataclass

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from audit.attribution.orders import Explained
from audit.models.contract import Encoded
from audit.models.words import Word
from audit.records.probes import Answer, Outcome

HE, SHE, QUERY, FLIP = 0, 1, 2, 3
MEN, WOMEN, FILLER = range(4, 8), range(8, 12), range(12, 48)
LENGTH = 20
ANSWERS = Outcome(
    key="p", kind="choice", favourable="he", unfavourable="she",
    answers=(Answer(key="he", text="he"), Answer(key="she", text="she")),
)  # fmt: skip


@dataclass(frozen=True)
class Texts:
    """Token ids (texts, LENGTH), the right answers, and where cue and FLIP stand."""

    ids: torch.Tensor
    answers: torch.Tensor
    causes: tuple[tuple[int, ...], ...]


def texts(rng, count):
    """Draw texts; FLIP stands in every second."""
    ids = rng.integers(FILLER.start, FILLER.stop, (count, LENGTH))
    ids[:, -1] = QUERY
    woman, flips = rng.integers(0, 2, count), rng.integers(0, 2, count)
    places = np.argsort(rng.random((count, LENGTH - 1)), axis=1)[:, :2]
    row = np.arange(count)
    ids[row, places[:, 0]] = np.where(woman, WOMEN.start, MEN.start) + rng.integers(0, 4, count)
    ids[row[flips == 1], places[flips == 1, 1]] = FLIP
    causes = tuple(tuple(p[: 1 + f]) for p, f in zip(places.tolist(), flips, strict=True))
    return Texts(torch.tensor(ids), torch.tensor(woman ^ flips), causes)


def trained(seed, most=1200):
    """Return a network that makes no mistake on 1,024 fresh texts; raise if there is none."""
    rng = np.random.default_rng(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=FILLER.stop, hidden_size=64, intermediate_size=128,
                num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=4,
                max_position_embeddings=64, bos_token_id=None, eos_token_id=None,
                initializer_range=0.1,
            )
        )  # fmt: skip
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    for step in range(1, most + 1):
        drawn = texts(rng, 64)
        loss = torch.nn.functional.cross_entropy(answers(model, drawn.ids), drawn.answers)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 50 == 0 and _flawless(model, rng):
            return model.requires_grad_(False).eval()
    raise AssertionError(f"no flawless network after {most} steps")


def answers(model, ids):
    """Logits of he and she at the query, (texts, 2)."""
    return model(input_ids=ids, logits_to_keep=1).logits[:, -1, [HE, SHE]]


@torch.no_grad()
def _flawless(model, rng):
    drawn = texts(rng, 1024)
    return bool((answers(model, drawn.ids).argmax(-1) == drawn.answers).all())


@dataclass(frozen=True)
class Saying:
    """Offers the one capability that an explanation of a ready prompt needs."""

    module: object

    def answer_log_probs(self, encoded, embeddings):
        logits = self.module(inputs_embeds=embeddings, logits_to_keep=1).logits[:, -1]
        return logits.log_softmax(-1)[:, [HE, SHE]]


def explained(model, ids):
    """One text, ready for a method; the query is markup."""
    table = model.get_input_embeddings().weight.detach()
    places = range(LENGTH - 1)
    prompt = Explained(
        model=Saying(model),
        outcome=ANSWERS,
        order=("he", "she"),
        encoded=Encoded("", tuple(ids.tolist()), ((0, 0),) * LENGTH, (0,), None, ((), ())),
        embeddings=table[ids],
        baseline=table[ids].clone(),
        words=tuple(Word(n, n + 1, "", "fact", ("", n), -1, ((n, 1.0),)) for n in places),
        rows=64,
    )
    prompt.baseline[list(places)] = table.mean(dim=0)
    return prompt


def mass_accuracy(values, causes):
    """The part of all values' sizes that falls on the causes."""
    sizes = np.abs(np.array(values))
    return float(sizes[list(causes)].sum() / sizes.sum())
