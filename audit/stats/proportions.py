"""Intervals for shares.

Source: Wilson 1927, JASA 22:209, by statsmodels.
"""


def wilson(successes: int, n: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a share; (0, 1) where nothing was observed.

    Raises:
        ValueError: If there are more successes than trials, or fewer than none.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} are impossible")
    if n == 0:
        return (0.0, 1.0)
    from statsmodels.stats.proportion import proportion_confint  # noqa: PLC0415 (slow to import)

    low, high = proportion_confint(successes, n, alpha=0.05, method="wilson")
    # Rounding can leave the share itself outside by one part in 10^16.
    return (min(max(0.0, float(low)), successes / n), max(min(1.0, float(high)), successes / n))
