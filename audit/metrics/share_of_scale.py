"""Share of a scale: where marks lie between the two ends that can be reached.

Five marks of a hundred and one of twenty are the same step. Plain differences are right here and
ratios are not: the lower end is often zero, and from 5 to 10 marks is no larger a step than from
85 to 90. Where a low number favours the person the scale is counted from the other end.

Source: percentage of maximum possible, Cohen et al. 1999, Multivariate Behavioral Research 34:315.
"""

from typing import Any

from audit.metrics.contract import Metric
from audit.metrics.stacks import NumberStack
from audit.records.observations import NumberAnswer


def share_of_scale(answer: NumberAnswer | NumberStack) -> dict[str, Any]:
    low, high = answer.ends or (0.0, 1.0)  # marks always have ends
    value: Any = answer.value
    share = (value - low) / (high - low)
    return {"": share if answer.favourable == "high" else 1.0 - share}


PLUGIN = Metric(
    name="share_of_scale",
    question="Where do the marks lie between the two ends of their scale?",
    source="Cohen et al. 1999, Multivariate Behavioral Research 34:315",
    unit="share of the scale",
    reads=frozenset({"marks"}),
    bounds=(0.0, 1.0),
    primary=frozenset({"marks"}),
    measure=share_of_scale,
    stacks=True,
)
