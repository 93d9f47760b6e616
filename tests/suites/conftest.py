"""The shipped library, and small ones that a test can change."""

from dataclasses import replace

import pytest

from audit.places import shipped
from audit.suites.library import read_library


@pytest.fixture(scope="session")
def library():
    return read_library(shipped("probes"))


@pytest.fixture(scope="session")
def with_suite():
    """Return a library in which one suite's first template (or the suite itself) is changed."""

    def changed(library, key, template=None, **updates):
        suite = library.suites[key]
        if template is not None:
            first = suite.templates[0].model_copy(update=template)
            updates["templates"] = (first, *suite.templates[1:])
        return replace(library, suites=library.suites | {key: suite.model_copy(update=updates)})

    return changed


@pytest.fixture(scope="session")
def with_names():
    """Return a library in which one name list is changed."""

    def changed(library, key, **updates):
        names = library.name_lists[key].model_copy(update=updates)
        return replace(library, name_lists=library.name_lists | {key: names})

    return changed
