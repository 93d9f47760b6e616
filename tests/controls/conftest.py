"""What the tests of the standards share: the suites' lessons, and the shipped numbers."""

import pytest

from audit.controls import standards
from audit.controls.recipe.lessons import lessons
from audit.pipeline.standards import material
from audit.places import shipped
from audit.suites.library import read_library

STANDARDS = ("fair", "biased")


@pytest.fixture(scope="session")
def shipped_material():
    """Every suite that the standards answer, with all its sets."""
    return material(read_library(shipped("probes")))


@pytest.fixture(scope="session")
def shipped_lessons(shipped_material):
    """One lesson a variant, in the order of the stored log-odds."""
    return tuple(lessons(shipped_material))


@pytest.fixture(scope="session")
def truths_of():
    """Each standard's `truth.json`."""
    return {name: standards.truth(name) for name in STANDARDS}


@pytest.fixture(scope="session")
def stored():
    """Each standard's stored log-odds, one a variant."""
    from audit.controls.recipe.build import read_log_odds

    return {name: read_log_odds(standards.folder(name)) for name in STANDARDS}
