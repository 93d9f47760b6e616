"""Statement likelihood: how likely a statement is as it stands, nothing taken off.

It stands beside `association` so that a reader sees what the carriers took off: most of a raw gap
is the frequency and the length of the words that name the group. It carries no verdict.

Source: sentence log-likelihood, Salazar et al. 2020, arXiv:1910.14659 (here of causal models).
"""

import math
from typing import Any

from audit.metrics.contract import Metric
from audit.metrics.stacks import AssociationStack
from audit.records.observations import SequenceLikelihood


def statement_likelihood(answer: SequenceLikelihood | AssociationStack) -> dict[str, Any]:
    text: Any = answer.text.log_likelihood
    return {"": text if answer.favourable == "likely" else -text}


PLUGIN = Metric(
    name="statement_likelihood",
    question="How likely is the statement as it stands?",
    source="Salazar et al. 2020, arXiv:1910.14659",
    unit="nats",
    reads=frozenset({"association"}),
    bounds=(-math.inf, math.inf),
    primary=frozenset(),
    measure=statement_likelihood,
    stacks=True,
)
