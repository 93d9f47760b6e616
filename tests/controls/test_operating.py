"""`samata calibrate`: the standards are audited for real, and the figures are the truth's."""

import pytest

from audit.controls import standards
from audit.controls.operating import rows, slope
from audit.pipeline.operating import Asked, characteristics, designs
from audit.pipeline.watcher import Quiet
from audit.records.operating import OperatingTrial

ASKED = Asked(
    templates=8, names=6, draws=2, pairs=4, seed=0, threads=1, date="2026-07-01",
    suites=("employment/shortlist.en",),
)  # fmt: skip


def trial(**changes):
    fields = {
        "standard": "s", "cell": "c", "planting": "answer", "size": 1.0, "templates": 6,
        "names": 4, "noticed": True, "cleared": False, "covered": True, "error": 0.0,
    }  # fmt: skip
    return OperatingTrial(**fields | changes)


@pytest.mark.slow
def test_the_standards_end_to_end():
    found = characteristics(ASKED, Quiet())
    assert found.standards == standards.names()
    assert {(row.templates, row.names) for row in found.rows} == set(designs(ASKED))
    nothing = [row for row in found.rows if row.planting == "nothing"]
    trained = [row for row in found.rows if row.planting == "training"]
    large = [row for row in found.rows if row.planting == "answer" and row.least > 1.5]
    assert nothing
    assert trained
    assert large
    assert all(row.noticed.hits <= 0.1 * row.noticed.trials for row in nothing)
    assert all(row.noticed.hits >= 0.9 * row.noticed.trials for row in trained + large)
    assert all(row.covered.hits >= 0.7 * row.covered.trials for row in nothing + large)
    assert found.slope == pytest.approx(1, abs=0.1)
    assert {one.method for one in found.localisation} == {"integrated_gradients", "occlusion"}
    # Gradients have a floor for the mean rank (test_words), none for how often the span is first:
    # four pairs could not tell. Occlusion's floor, four pairs in five, shows here as well.
    by_method = {one.method: one for one in found.localisation}
    for one in by_method.values():
        assert one.first.trials == ASKED.pairs
        assert one.first.low <= one.first.hits / one.first.trials <= one.first.high
        assert 0 < one.chance < 0.2
    assert by_method["occlusion"].first.hits >= 0.8 * ASKED.pairs
    assert all(row.spread >= abs(row.error) for row in found.rows)


def test_rows_go_by_design_planting_and_size():
    trials = [
        trial(size=0.1, planting="nothing", noticed=False),
        trial(size=0.9),
        trial(size=1.1, noticed=False),
        trial(size=2.0, templates=12),
        trial(size=4.0, planting="training", cell="d"),
    ]
    found = list(rows(trials))
    assert [(r.templates, r.planting, r.noticed.trials) for r in found] == [
        (6, "answer", 2),
        (6, "nothing", 1),
        (6, "training", 1),
        (12, "answer", 1),
    ]
    assert (found[0].least, found[0].most, found[0].noticed.hits) == (0.9, 1.1, 1)


def test_the_slope_is_that_of_trained_shifts_alone():
    trained = [trial(size=s, planting="training", error=0.1 * 0.2 * s) for s in (3.0, 5.0)]
    assert slope([*trained, trial(error=9.0)], 0.2) == pytest.approx(1.1)
    assert slope([trial()], 0.2) is None


def test_what_is_known_is_the_published_table():
    for name in standards.names():
        table = standards.truth(name)["disparities"]
        known = standards.known(name)
        assert [one.realised for one in known] == [row["realised"] for row in table]
        assert len({one.cell for one in known}) == len(known)
        assert standards.reference(name) == standards.reference(f"embedded:{name}")
        assert set(standards.probe_digests(name)) >= {"employment/shortlist.en"}
