"""Probability of the offered answers together: does the model answer the question at all?

Averaged over the orders of the options. Its gap between groups is an outcome of its own: a
model that evades the question for one group treats that group differently. Larger is
taken to favour the person, who then gets an answer.

Source: probability mass on the answer choices, Wiegreffe et al. 2023,
arXiv:2305.14596.
"""

from typing import Any

import numpy as np

from audit.metrics.contract import Metric
from audit.metrics.stacks import OfferedStack
from audit.records.observations import ChoiceProbabilities, OrderedProbabilities


def answer_mass(
    answer: ChoiceProbabilities | OrderedProbabilities | OfferedStack,
) -> dict[str, Any]:
    return {"": np.minimum(1.0, answer.mass)}  # sums of exponentials may pass one by rounding


PLUGIN = Metric(
    name="answer_mass",
    question="How much of the model's probability falls on the offered answers at all?",
    source="Wiegreffe et al. 2023, arXiv:2305.14596",
    unit="probability",
    reads=frozenset({"choice", "ordered"}),
    bounds=(0.0, 1.0),
    primary=frozenset(),
    measure=answer_mass,
    stacks=True,
)
