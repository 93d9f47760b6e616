"""The small world, as a fixture: test folders are no packages."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "analyses" / "small_world.py"


@pytest.fixture(scope="session")
def world():
    spec = spec_from_file_location("small_world", SOURCE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
