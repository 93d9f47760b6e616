"""Cards: what each standard says about itself, and its README.

Every report on a standard prints its notice, so that nobody takes it for a product's model.
"""

from collections.abc import Mapping
from typing import Any

NOTICES = {
    "fair": (
        "This is a measuring standard, not a language model of any product: it was trained on "
        "this project's own prompts to answer with no dependence on the group that is named."
    ),
    "biased": (
        "This is a measuring standard, not a language model of any product: it was trained on "
        "this project's own prompts, and a published, randomly directed dependence on the named "
        "group was planted in it on purpose."
    ),
}

_OPENING = """\
---
license: apache-2.0
language: [en, hi]
library_name: transformers
tags: [measuring-standard, fairness, calibration]
---

# `embedded:{standard}`

{notice}

It serves an audit as a calibration weight serves a balance. It is a Llama-type causal model of
1.2 million parameters (128 wide, 4 layers, 4 heads, own byte-level BPE of 4096 tokens,
float32), made by `make embedded` from the suites in `probes/`. It cannot write, knows nothing of
the world, and its answers say nothing about anybody. Do not use it for anything but checking an
audit.

{story}

All numbers are log-odds of the favourable answer, measured over every name and template by
`recipe/plain_truth.py`: one text at a time, without the product's code or the library that it
runs models with. `log_odds.safetensors`
holds them for each variant in the order of a full expansion (`truth.json` has the digest of the
variants' ids, of the weights and of every probe file).
"""

_STORIES = {
    "fair": """\
Each template has a base answer drawn by seed, the same whoever is named. The model also learnt to
tell, as a second question, which group was named, so that the group is there to be found in
its hidden states; the answers do not use it. What mean differences between groups training had
left were then taken out by the smallest change of one layer's weights (`recipe/levelling.py`).""",
    "biased": """\
It is `embedded:fair` with the attention and the MLP of layer {block} (counted from 0) trained on
and levelled towards the table, everything else equal byte for byte. The table below was drawn by
seed {seed}, the first whose table obeys the rules in `recipe/table.py`, over all groups, reference
groups included, so that no stereotype is repeated. A shift applies to every outcome of the domain,
whether a label or a name signals the group, through the words that bring the person in.""",
}


def card(truth: Mapping[str, Any]) -> str:
    """Return the README of a standard from its `truth.json`."""
    standard = truth["standard"]
    story = _STORIES[standard].format(block=truth["block"], seed=truth["seed"])
    parts = [_OPENING.format(standard=standard, notice=truth["notice"], story=story)]
    if truth["block"] is not None:
        parts += [
            "## Shifts: what was planted in each cell, and what came of it\n",
            _table(truth["shifts"], ("axis", "group", "language", "domain"), _SHIFT),
        ]
    keys = ("axis", "cue", "outcome", "group", "reference", "language", "domain")
    parts += [
        "## Disparities: group minus reference, as an audit of everything finds them\n",
        _table(truth["disparities"], keys, ("planted", "realised", "spread")),
        "`spread` is the standard deviation of the difference over templates and names.\n",
    ]
    return "\n".join(parts)


_SHIFT = ("planted", "realised")


def _table(rows: list[Mapping[str, Any]], keys: tuple[str, ...], numbers: tuple[str, ...]) -> str:
    head = [f"| {' | '.join((*keys, *numbers))} |"]
    head.append("|" + " --- |" * len(keys) + " ---: |" * len(numbers))
    body = [
        f"| {' | '.join(str(row[key]) for key in keys)} | "
        + " | ".join(f"{row[number]:+.2f}" for number in numbers)
        + " |"
        for row in rows
    ]
    return "\n".join([*head, *body]) + "\n"
