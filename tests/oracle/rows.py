"""Rows of the agreement table, and the networks and prompts that every library is asked about.

Networks are random, in float64 so that a disagreement is one of formulas and not of rounding,
and loaded as the product loads any model.
"""

import json
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

import torch

from audit.attribution.orders import Explained
from audit.models.causal import load
from audit.models.contract import Encoded
from audit.models.words import Word
from audit.records.probes import Answer, Outcome
from audit.records.runs import ModelRequest
from tests.conftest import random_network, train_tokenizer

PROMPT = "The clinic should see the patient because Meena said that"
THIS, OTHER = " he was late", " she was late"
OUTCOME = Outcome(
    key="o", kind="choice", favourable="this", unfavourable="other",
    answers=(Answer(key="this", text="this"), Answer(key="other", text="other")),
)  # fmt: skip


def tell(library, row, off, bar, size):
    """Print one row as JSON: the largest difference, the bar, and how large the numbers are."""
    print(
        json.dumps(
            {
                "library": f"{library} {version(library)}",
                "row": row,
                "off": float(off),
                "bar": bar,
                "size": float(size),
            }
        ),
        flush=True,
    )


def loaded(family):
    """Return a random model of a family."""
    tokenizer = train_tokenizer()
    network = random_network(family, len(tokenizer)).double()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        place = Path(folder) / family
        network.save_pretrained(place)
        tokenizer.save_pretrained(place)
        return load(ModelRequest(reference=str(place)), date="2026-07-01", threads=1)


def tokens(model, text, *, start=False):
    """Return a text's tokens; with the special ones where it is the start."""
    return model.wording.tokenizer(text, add_special_tokens=start)["input_ids"]


def explained(model, this=THIS, other=OTHER):
    """Return the prompt ready for a method, each token a word, the first one kept."""
    ids = tuple(tokens(model, PROMPT, start=True))
    answers = tuple((tuple(tokens(model, text)),) for text in (this, other))
    encoded = Encoded(PROMPT, ids, ((0, 0),) * len(ids), (0,), None, answers)
    embeddings = model.embed(ids).detach()
    found = Explained(
        model=model,
        outcome=OUTCOME,
        order=("this", "other"),
        encoded=encoded,
        embeddings=embeddings,
        baseline=embeddings.clone(),
        words=tuple(Word(n, n, "", "fact", ("", n), -1, ((n, 1.0),)) for n in range(1, len(ids))),
        rows=16,
    )
    found.baseline[found.in_words] = model.mean_embedding().double()
    return found


def largest(difference):
    """Return the largest size in a tensor."""
    return torch.as_tensor(difference).abs().max()
