"""Disparities by hand."""

from scipy import stats

from audit.records.estimates import Disparity, Estimate, Undefined


def estimate(value, se=0.05, df=30.0, *, templates=20, names=10):
    low, high = stats.t.interval(0.95, df, value, se)
    low90, high90 = stats.t.interval(0.90, df, value, se)
    return Estimate(
        value=value,
        se=se,
        df=df,
        low=low,
        high=high,
        low90=low90,
        high90=high90,
        p=2 * stats.t.sf(abs(value) / se, df),
        mde=se * (stats.t.ppf(0.975, df) + stats.t.ppf(0.8, df)),
        templates=templates,
        names=names,
        observations=2 * templates * names,
        estimator="test",
    )


def bounded(low, high, low90, high90, p=0.001):
    """An estimate by its bounds alone."""
    shape = estimate((low90 + high90) / 2).model_dump()
    return Estimate(
        **{**shape, "low": low, "high": high, "low90": low90, "high90": high90, "p": p}
    )


def disparity(quantity, **changes):
    fields = {
        "id": "d" + str(sorted(changes.items())),
        "metric": "log_odds",
        "unit": "log-odds",
        "primary": True,
        "outcome": "choice",
        "axis": "religion",
        "cue": "label",
        "group": "muslim",
        "reference": "hindu",
        "language": "en",
        "domain": "employment",
        "suites": ("employment/shortlisting.en",),
        "harm": "allocation",
        "estimate": quantity,
        "null": Undefined(reason="not drawn"),
        "planned": 100,
        "failed": 0,
        "median_mass": 0.9,
    }
    return Disparity(**{**fields, **changes})
