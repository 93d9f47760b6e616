"""Expected level: the mean level of an ordered answer, the least favourable counted zero.

The levels' log-probabilities are averaged over the orders of the options, then normalised
over the offered levels, then the level numbers are averaged with these weights. Averaging
logs and not probabilities cancels a preference for a place in the list, as in `log_odds`.

Source: the category mean of an ordinal response, Agresti 2010, Analysis of Ordinal
Categorical Data, ch. 2.
"""

import math
from typing import Any

from audit.metrics.contract import Metric
from audit.metrics.stacks import OrderedStack, each, log_sum_exp_each, mean
from audit.records.observations import OrderedProbabilities


def expected_level(answer: OrderedProbabilities | OrderedStack) -> dict[str, Any]:
    orders: list[Any] = list(answer.orders)
    logs = [mean([order.log_prob(level) for order in orders]) for level in answer.levels]
    total = log_sum_exp_each(logs)
    return {"": sum(number * each(math.exp, log - total) for number, log in enumerate(logs))}


PLUGIN = Metric(
    name="expected_level",
    question="Which level does the answer amount to in the mean?",
    source="Agresti 2010, Analysis of Ordinal Categorical Data, ch. 2",
    unit="levels",
    reads=frozenset({"ordered"}),
    bounds=(0.0, math.inf),
    primary=frozenset(),
    measure=expected_level,
    level=True,
    stacks=True,
)
