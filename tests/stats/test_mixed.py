"""The mixed model: it agrees with the crossed estimate, and says what went wrong."""

import numpy as np
import pytest

from audit.records.context import MixedModel
from audit.stats.crossed import Floor, paired
from audit.stats.mixed import MOST_CELLS, crossed_model


def layout(seed, T, N, template, name):
    rng = np.random.default_rng(seed)
    parts = template * rng.standard_normal((T, 1)) + name * rng.standard_normal((1, N))
    return 0.5 + parts + rng.standard_normal((T, N))


def test_it_agrees_with_the_crossed_estimate():
    d = layout(1, 20, 10, 1.0, 0.8)
    crossed, mixed = paired(d, floor=Floor(4, 3)), crossed_model(d)
    assert mixed.value == pytest.approx(crossed.value, abs=1e-6)
    assert mixed.se == pytest.approx(crossed.se, rel=0.1)
    assert mixed.template_variance > 0.3
    assert mixed.converged


def test_gaps_are_dropped_as_everywhere():
    d = layout(2, 12, 6, 1.0, 0.8)
    holes = d.copy()
    holes[4, 1] = np.nan
    kept = crossed_model(np.delete(d, 4, axis=0))
    assert crossed_model(holes).value == pytest.approx(kept.value)


def test_what_is_too_large_or_does_not_vary_has_no_model():
    large = layout(0, MOST_CELLS // 10 + 1, 10, 1, 1)
    assert "more than" in crossed_model(large).reason
    flat = crossed_model(np.full((6, 5), 0.3))
    assert flat.kind == "undefined" or not flat.converged or flat.warnings


def test_warnings_are_kept_and_not_raised():
    """Variances of zero lie at the border, where the optimiser complains."""
    found = [crossed_model(layout(seed, 8, 5, 0, 0)) for seed in range(6)]
    models = [one for one in found if isinstance(one, MixedModel)]
    assert models
    assert any(one.warnings for one in models)


def test_a_fit_that_fails_says_so(monkeypatch):
    from audit.stats import mixed

    def broken(_d):
        raise np.linalg.LinAlgError("singular")

    monkeypatch.setattr(mixed, "_fit", broken)
    got = mixed.crossed_model(np.random.default_rng(0).standard_normal((6, 4)))
    assert got.reason == "the mixed model was not fitted: singular"
