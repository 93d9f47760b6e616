"""Margins: what a margin by any metric amounts to in log-odds, about an even chance.

Two groups whose chances stand evenly on both sides of one half, a log-odds gap of d apart,
differ by tanh(d/4) in probability, and their chances stand to each other as exp(d/2).
"""

import math

from audit.records.findings import Margin

_OTHER = ("log_amount", "share_of_scale", "association")


def at_even_odds(margin: Margin) -> float | None:
    """Return the margin in log-odds, or None for a metric that has none.

    A metric of somebody's own that is unknown here counts as log-odds.
    """
    if margin.metric in _OTHER:
        return None
    if margin.metric == "favourable_probability":
        return 4 * math.atanh(min(margin.margin, 1 - 1e-9))
    if margin.metric == "impact_ratio":
        return 2 * margin.margin
    return margin.margin
