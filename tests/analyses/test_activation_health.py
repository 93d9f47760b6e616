"""Activation health: counts add up over pairs, bounds follow, outliers are found in place."""

import numpy as np
import pytest

from audit.analyses.activation_health import activation_health, health
from audit.analyses.contract import View
from audit.records.inside import LayerCurve
from audit.records.internals import Looked
from audit.records.units import LayerHealth, OutlierDimensions

LAYERS, NEURONS, WIDTH = 4, 10, 16
STRETCHES = ("off", "valley", "transition", "on")


def look(template):
    return Looked(
        batch=0, question="activation_functions", set_id="s", template=template, variant="v",
        reference_variant="r", arrays={}, file="f", digest="d",
        labels={"stretch": STRETCHES, "function": ("SiLU",) * LAYERS},
    )  # fmt: skip


def view(template, seed=0, **changes):
    """A pair in which neuron 3 never fires and neuron 4 always does."""
    rng, positions = np.random.default_rng(seed), 100
    fired = rng.integers(20, 80, (LAYERS, NEURONS))
    fired[:, 3], fired[:, 4] = 0, positions
    shares = rng.multinomial(positions * NEURONS, [0.1, 0.2, 0.4, 0.3], LAYERS)
    stream = rng.normal(size=(LAYERS, positions * WIDTH))
    moments = np.stack([[x.size, *(np.sum(x**n) for n in (1, 2, 3, 4))] for x in stream])
    none = np.zeros((LAYERS, WIDTH), dtype=np.int32)
    arrays = {
        "positions": np.full(LAYERS, positions),
        "fired": fired,
        "stretches": shares,
        "first_stretches": np.zeros((LAYERS, 4)),
        "neuron_sum": np.zeros((LAYERS, NEURONS)),
        "sparsity": np.tile([0.2, 0.6, 0.3], (LAYERS, 1)) * positions,
        "moments": moments,
        "stream_sum": np.zeros((LAYERS, WIDTH)),
        "greatest": np.full(LAYERS, 3.0 + seed),
        "first_greatest": np.full(LAYERS, 5.0),
    }
    kinds = ("large", "large_for_its_state", "massive", "massive_for_its_state",
             "first_massive", "first_massive_for_its_state")  # fmt: skip
    arrays |= dict.fromkeys(kinds, none)
    return View(look(template), arrays | changes)


def account(views):
    return list(activation_health({"activation_functions": iter(views)}))


def layers(found):
    return [one for one in found if isinstance(one, LayerHealth)]


def test_counts_add_up_and_the_bound_is_three_over_n():
    found = account([view(f"t{n}", seed=n) for n in range(6)])
    for one in layers(found):
        assert one.positions == 600
        assert (one.inactive, one.always_on) == (1, 1)
        assert one.inactive_bound == pytest.approx(3 / 600)
        assert one.greatest == 8.0
        assert abs(one.kurtosis) < 0.2  # drawn from a normal distribution
        assert (one.pairs, one.templates) == (6, 6)


def test_a_neuron_that_fires_once_anywhere_is_not_inactive():
    once = view("t0", seed=0)
    awake = once.arrays["fired"].copy()
    awake[2, 3] = 1
    views = [View(once.look, once.arrays | {"fired": awake})]
    views += [view(f"t{n}", seed=n) for n in range(1, 5)]
    assert [one.inactive for one in layers(account(views))] == [1, 1, 0, 1]


def test_shares_are_weighed_by_template_and_have_intervals():
    views = [view(f"t{n % 5}", seed=n) for n in range(10)]
    curves = {one.quantity: one for one in account(views) if isinstance(one, LayerCurve)}
    stretches = [curves[f"in the stretch {name}"].layers[0] for name in STRETCHES]
    assert sum(one.value for one in stretches) == pytest.approx(1.0)
    assert all(one.low < one.value < one.high for one in stretches)
    assert stretches[2].low < 0.4 < stretches[2].high
    assert stretches[0].templates == 5
    assert not stretches[0].low < 0.4 < stretches[0].high


@pytest.mark.parametrize(
    ("layer_count", "share", "expected"), [(1, 0.07, 1), (1, 0.05, 0), (0, 1, 0)]
)
def test_an_outlier_dimension_is_large_often_in_enough_layers(layer_count, share, expected):
    large = np.zeros((LAYERS, WIDTH), dtype=np.int32)
    large[:layer_count, 7] = round(100 * share)
    found = account([view("t0", large=large)])
    fixed, adaptive = (one for one in found if isinstance(one, OutlierDimensions))
    assert fixed.dimensions == ((7,) if expected else ())
    assert adaptive.dimensions == ()


def test_nothing_is_said_where_nothing_was_counted():
    full = view("t0")
    empty = View(full.look, full.arrays | {"positions": np.zeros(LAYERS)})
    assert account([full]) != []
    assert account([]) == []
    assert account([empty]) == []


def test_memory_does_not_grow_with_the_pairs():
    """Views are read one at a time: none is alive when the next one comes."""
    import gc
    import weakref

    alive = []

    def one_by_one():
        for n in range(12):
            gc.collect()
            alive.append(sum(ref() is not None for ref in refs))
            made = view(f"t{n % 3}", seed=n)
            refs.append(weakref.ref(made))
            yield made
            del made

    refs = []
    assert health(one_by_one()).pairs == 12
    assert max(alive) <= 1
