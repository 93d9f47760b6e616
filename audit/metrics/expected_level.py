"""Expected level: the mean level of an ordered answer, the least favourable counted zero.

The levels' log-probabilities are averaged over the orders of the options, then normalised
over the offered levels, then the level numbers are averaged with these weights. Averaging
logs and not probabilities cancels a preference for a place in the list, as in `log_odds`.

Source: the category mean of an ordinal response, Agresti 2010, Analysis of Ordinal
Categorical Data, ch. 2.
"""

import math
from statistics import fmean

from audit.metrics.contract import Metric
from audit.records.observations import OrderedProbabilities, log_sum_exp


def expected_level(answer: OrderedProbabilities) -> dict[str, float]:
    logs = [fmean(o.log_prob(level) for o in answer.orders) for level in answer.levels]
    total = log_sum_exp(logs)
    return {"": math.fsum(n * math.exp(log - total) for n, log in enumerate(logs))}


PLUGIN = Metric(
    name="expected_level",
    question="Which level does the answer amount to in the mean?",
    source="Agresti 2010, Analysis of Ordinal Categorical Data, ch. 2",
    unit="levels",
    reads=frozenset({"ordered"}),
    bounds=(0.0, math.inf),
    primary=frozenset(),
    measure=expected_level,
)
