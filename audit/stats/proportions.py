"""Intervals for shares.

Prompts of one template hang together, so a share over prompts is less sure than its count says.
The template means tell by how much: the exact interval takes the count that is left, made
smaller once more because few templates tell it badly. Where fewer than five of either kind are
left, nothing tells enough, and each template counts once, as it does at 0 % and 100 %: no
failure in 20 templates leaves up to 16.8 %, never zero. Wilson's interval on the same count
covered 82 to 95 % where one template in ten holds most of the failures; this one 93.5 % or more.

Source: Clopper & Pearson 1934, Biometrika 26:404, and Wilson 1927, JASA 22:209, by statsmodels;
design effect, Kish 1965, Survey Sampling, ch. 5.4; effective count, Korn & Graubard 1998, Survey
Methodology 24:193.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

_LEAST = 2
_FEWEST = 5  # of the rarer kind, from which on the templates tell how they hang together
_UPPER = 0.975


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
    templates = len(trials)
    if hits in (0, n):
        return exact(templates if hits else 0, templates)
    if templates < _LEAST:
        return (0.0, 1.0)
    share = hits / n
    count = _effective(successes, trials)
    if min(share, 1 - share) * count < _FEWEST:
        count = min(count, templates)
    return _interval(share * count, count, "beta")


def _effective(successes: NDArray[np.intp], trials: NDArray[np.intp]) -> float:
    """Return how many independent trials the clusters are worth, by the design effect."""
    n, share = int(trials.sum()), int(successes.sum()) / int(trials.sum())
    apart = float(((successes - share * trials) ** 2).sum())
    variance = apart * len(trials) / (len(trials) - 1) / n**2
    effect = max(1.0, variance / (share * (1 - share) / n))
    few = (float(ndtri(_UPPER)) / float(stdtrit(len(trials) - 1, _UPPER))) ** 2
    return n / effect * few


def _interval(successes: float, n: float, method: str) -> tuple[float, float]:
    from statsmodels.stats.proportion import proportion_confint  # noqa: PLC0415 (slow to import)

    low, high = proportion_confint(successes, n, alpha=0.05, method=method)
    # Rounding can leave the share itself outside by one part in 10^16.
    return (min(max(0.0, float(low)), successes / n), max(min(1.0, float(high)), successes / n))
