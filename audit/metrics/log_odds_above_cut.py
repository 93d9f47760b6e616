"""Log-odds above each cut: at which step of an ordered answer the lean sits.

One number for each cut between two levels: log p(a level above) - log p(a level below or
at the cut), averaged over the orders of the options as log-odds. A facet is named for the
level just below its cut, e.g. "above today". The mean over cuts is the metric `log_odds`.

Source: cumulative logits as in McCullagh 1980, JRSS B 42:109.
"""

import math
from typing import Any

from audit.metrics.contract import Metric
from audit.metrics.stacks import OrderedStack, mean
from audit.records.observations import OrderedProbabilities


def log_odds_above_cut(answer: OrderedProbabilities | OrderedStack) -> dict[str, Any]:
    orders: list[Any] = list(answer.log_odds_above())
    by_cut = zip(*orders, strict=True)
    lower = answer.levels[:-1]
    return {f"above {level}": mean(list(cut)) for level, cut in zip(lower, by_cut, strict=True)}


PLUGIN = Metric(
    name="log_odds_above_cut",
    question="At which step of the ordered answers does the lean sit?",
    source="McCullagh 1980, JRSS B 42:109",
    unit="log-odds",
    reads=frozenset({"ordered"}),
    bounds=(-math.inf, math.inf),
    primary=frozenset(),
    measure=log_odds_above_cut,
    stacks=True,
)
