"""Logarithm of an amount: two amounts are compared by their ratio.

A loan of 52,500 rupees beside one of 50,000 is a ratio of 1.05, and so is a price of 10.50 beside
10: prompts about small and large sums weigh alike, and the unit does not matter. The sign is
turned where a low number favours the person. An amount of zero has no ratio: it gives no number
here, and counts as missing in its cell, so that it lowers coverage and is not lost.

Source: log ratio of amounts, Bland & Altman 1996, BMJ 312:770.
"""

import math
from typing import Any

from audit.metrics.contract import Metric
from audit.metrics.stacks import NumberStack, each
from audit.records.observations import NumberAnswer


def log_amount(answer: NumberAnswer | NumberStack) -> dict[str, Any]:
    value: Any = answer.value
    sign = 1.0 if answer.favourable == "high" else -1.0
    return {"": sign * each(_log, value)}


def _log(value: float) -> float:
    return math.log(value) if value > 0 else math.nan


PLUGIN = Metric(
    name="log_amount",
    question="Which amount or rate is answered, on a scale where equal ratios are equal steps?",
    source="Bland & Altman 1996, BMJ 312:770",
    unit="log amount",
    reads=frozenset({"number"}),
    bounds=(-math.inf, math.inf),
    primary=frozenset({"number"}),
    measure=log_amount,
    stacks=True,
)
