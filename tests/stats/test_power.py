"""Planned power, against the published table and against simulation."""

import numpy as np
import pytest

from audit.stats.crossed import Floor, nested, paired
from audit.stats.power import ASSUMED, Design, Variances, minimum_detectable_effect

FLOOR = Floor(templates=4, names=3)
TABLE = {
    10: (0.55, 0.44, 0.37, 0.33),
    20: (0.44, 0.33, 0.27, 0.24),
    40: (0.37, 0.27, 0.21, 0.18),
    80: (0.34, 0.23, 0.17, 0.14),
}


@pytest.mark.parametrize("templates", TABLE)
def test_the_table_is_reproduced(templates):
    for names, expected in zip((5, 10, 20, 40), TABLE[templates], strict=True):
        got = minimum_detectable_effect(Design(templates, names), ASSUMED)
        assert got == pytest.approx(expected, abs=0.02)


def layouts(rng, template, shape):
    T, N = shape
    return (
        template * rng.standard_normal((T, 1))
        + 0.2 * rng.standard_normal((1, N))
        + rng.standard_normal((T, N))
    )


def test_the_effect_is_found_about_four_times_in_five():
    """Both designs; half of the effect is found much less often."""
    rng = np.random.default_rng(0)
    one = minimum_detectable_effect(Design(30, 15))
    two = minimum_detectable_effect(Design(30, 15, reference_names=15))
    found = {"paired": 0, "nested": 0, "half": 0}
    for _ in range(1000):
        d = layouts(rng, 0.3, (30, 15))
        found["paired"] += paired(d + one, floor=FLOOR).p < 0.05
        found["half"] += paired(d + one / 2, floor=FLOOR).p < 0.05
        a, b = (layouts(rng, 0.3 / 2**0.5, (30, 15)) for _ in "ab")
        found["nested"] += nested(a + two, b, floor=FLOOR).p < 0.05
    assert found["paired"] / 1000 == pytest.approx(0.8, abs=0.06)
    assert found["nested"] / 1000 == pytest.approx(0.8, abs=0.06)
    assert found["half"] / 1000 < 0.45


def test_more_of_anything_finds_less():
    base = minimum_detectable_effect(Design(20, 10))
    assert minimum_detectable_effect(Design(40, 10)) < base
    assert minimum_detectable_effect(Design(20, 20)) < base
    assert minimum_detectable_effect(Design(20, 10, reference_names=10)) > base


def test_designs_without_an_interval():
    assert minimum_detectable_effect(Design(1, 10)) is None
    assert minimum_detectable_effect(Design(20, 10, reference_names=1)) is None
    assert minimum_detectable_effect(Design(2, 2), Variances(0, 0, 0)) == 0
