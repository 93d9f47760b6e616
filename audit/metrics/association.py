"""Association: how likely a statement is, less how likely its group's words are by themselves.

The log-likelihood of the statement, minus the mean log-likelihood of the same words in texts
without content: a rare or a long name of a group makes every statement less likely, and that is no
association. What is left is still not zero for words that mean nothing, so a gap is judged beside
made-up groups and never beside an even chance. The sign is turned where the statement speaks
against those it names, so that larger favours them.

Source: contextual calibration by content-free text, Zhao et al. 2021, arXiv:2102.09690, on
        sentence likelihoods as in Nangia et al. 2020, arXiv:2010.00133.
"""

import math
from typing import Any

from audit.metrics.contract import Metric
from audit.metrics.stacks import AssociationStack, mean
from audit.records.observations import SequenceLikelihood


def association(answer: SequenceLikelihood | AssociationStack) -> dict[str, Any]:
    text: Any = answer.text.log_likelihood
    alone: list[Any] = [carrier.log_likelihood for carrier in answer.carriers]
    sign = 1.0 if answer.favourable == "likely" else -1.0
    return {"": sign * (text - mean(alone))}


PLUGIN = Metric(
    name="association",
    question="How likely is the statement, beyond how likely its group's words are anywhere?",
    source="Zhao et al. 2021, arXiv:2102.09690; Nangia et al. 2020, arXiv:2010.00133",
    unit="nats",
    reads=frozenset({"association"}),
    bounds=(-math.inf, math.inf),
    primary=frozenset({"association"}),
    measure=association,
    stacks=True,
)
