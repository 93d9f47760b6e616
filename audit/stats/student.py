"""Student: an estimate from a value, its standard error and its degrees of freedom.

Source: Student 1908, Biometrika 6:1.
"""

from scipy.special import stdtr, stdtrit

from audit.records.quantities import Estimate

_POWER = 0.8


def estimate_of(
    found: tuple[float, float, float],
    *,
    templates: int,
    names: int,
    observations: int,
    estimator: str,
) -> Estimate:
    """Return an estimate with its t intervals.

    Args:
        found: Value, standard error above zero, and degrees of freedom.
    """
    value, se, df = found
    half, half90 = (float(stdtrit(df, level)) * se for level in (0.975, 0.95))
    return Estimate(
        value=value,
        se=se,
        df=df,
        low=value - half,
        high=value + half,
        low90=value - half90,
        high90=value + half90,
        p=float(2 * stdtr(df, -abs(value) / se)),
        mde=detectable(se, df),
        templates=templates,
        names=names,
        observations=observations,
        estimator=estimator,
    )


def moved(estimate: Estimate, value: float, estimator: str) -> Estimate:
    """Return the doubt of one estimate, whose error is above zero, around another value."""
    return estimate_of(
        (value, estimate.se, estimate.df),
        templates=estimate.templates,
        names=estimate.names,
        observations=estimate.observations,
        estimator=estimator,
    )


def detectable(se: float, df: float) -> float:
    """Return the true effect that a two-sided 5 % test finds with 80 % power."""
    return float((stdtrit(df, 0.975) + stdtrit(df, _POWER)) * se)


def half_width(se: float, df: float, level: float) -> float:
    """Return half the width of a two-sided interval at a level below one."""
    return float(stdtrit(df, (1 + level) / 2)) * se


def two_sided(value: float, se: float, df: float) -> tuple[float, float]:
    """Return half the width of the 95 % interval, and the two-sided p of zero.

    Args:
        se: Standard error above zero.
    """
    return half_width(se, df, 0.95), float(2 * stdtr(df, -abs(value) / se))
