"""Builders as fixtures: test folders are no packages."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


def load(path):
    spec = spec_from_file_location(path.stem, path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def world():
    return load(TESTS / "analyses" / "small_world.py")


@pytest.fixture(scope="session")
def made():
    return load(TESTS / "findings" / "disparities.py")
