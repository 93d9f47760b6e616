"""Intervals for shares.

Prompts of one template hang together, so a share over prompts is less sure than its count says.
Between 0 and 100 % the template means tell by how much, and Wilson's interval takes the
count that is left. At 0 % and 100 % nothing tells, so each template counts once, by the
exact interval: no failure in 20 templates leaves up to 16.8 %, never zero.

Source: Wilson 1927, JASA 22:209, and Clopper & Pearson 1934, Biometrika 26:404, by statsmodels;
design effect, Kish 1965, Survey Sampling, ch. 5.4.
"""

import numpy as np
from numpy.typing import NDArray

_LEAST = 2


def wilson(successes: float, n: float) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a share; (0, 1) where nothing was observed.

    Raises:
        ValueError: If there are more successes than trials, or fewer than none.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} are impossible")
    if n == 0:
        return (0.0, 1.0)
    return _interval(successes, n, "wilson")


def exact(successes: int, n: int) -> tuple[float, float]:
    """Return the 95 % Clopper-Pearson interval of a share; (0, 1) where nothing was observed."""
    return _interval(successes, n, "beta") if n else (0.0, 1.0)


def clustered(successes: NDArray[np.intp], trials: NDArray[np.intp]) -> tuple[float, float]:
    """Return the 95 % interval of a share whose trials come in clusters.

    Args:
        successes: One count a cluster, shape (clusters,).
        trials: Likewise, at least one each.
    """
    n, hits = int(trials.sum()), int(successes.sum())
    if hits in (0, n):
        return exact(len(trials) if hits else 0, len(trials))
    if len(trials) < _LEAST:
        return (0.0, 1.0)
    share = hits / n
    apart = float(((successes - share * trials) ** 2).sum())
    variance = apart * len(trials) / (len(trials) - 1) / n**2
    effect = max(1.0, variance / (share * (1 - share) / n))
    return wilson(hits / effect, n / effect)


def _interval(successes: float, n: float, method: str) -> tuple[float, float]:
    from statsmodels.stats.proportion import proportion_confint  # noqa: PLC0415 (slow to import)

    low, high = proportion_confint(successes, n, alpha=0.05, method=method)
    # Rounding can leave the share itself outside by one part in 10^16.
    return (min(max(0.0, float(low)), successes / n), max(min(1.0, float(high)), successes / n))
