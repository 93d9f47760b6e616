"""Probability of the favourable answer, between it and the unfavourable one.

The logistic function of the mean log-odds over the orders of the options: the same
quantity as `log_odds` in a unit that people read without training. It shrinks gaps where
the answer is nearly certain, so the verdict rests on the log-odds.

Source: decision probability as in Tamkin et al. 2023, arXiv:2312.03689.
"""

import math
from statistics import fmean

from audit.metrics.contract import Metric
from audit.records.observations import ChoiceProbabilities


def favourable_probability(answer: ChoiceProbabilities) -> dict[str, float]:
    # tanh and not exp, which overflows where the answer is certain
    return {"": 0.5 * (1 + math.tanh(fmean(answer.log_odds_by_order()) / 2))}


PLUGIN = Metric(
    name="favourable_probability",
    question="How probable is the favourable answer, set against the unfavourable one?",
    source="Tamkin et al. 2023, arXiv:2312.03689",
    unit="probability",
    reads=frozenset({"choice"}),
    bounds=(0.0, 1.0),
    primary=frozenset(),
    measure=favourable_probability,
)
