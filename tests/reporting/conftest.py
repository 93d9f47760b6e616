"""Builders and rendered pages as fixtures: test folders are no packages."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest


def pytest_addoption(parser):
    """Offer the flag where this folder is named on the command line."""
    parser.addoption(
        "--rewrite-golden", action="store_true", default=False, help="write golden files anew"
    )


def load(path):
    name = f"samata_tests_{path.stem}"
    spec = spec_from_file_location(name, path)
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def made():
    load(Path(__file__).parent / "material.py")  # the dossiers import it by that name
    load(Path(__file__).parent / "beside.py")
    return load(Path(__file__).parent / "dossiers.py")


@pytest.fixture(scope="session")
def biased(made):
    return made.build(made.BIASED)


@pytest.fixture(scope="session")
def small(made):
    return made.build(made.SMALL)


@pytest.fixture(scope="session")
def pages(made):
    """The screen page of every kind of run, by its name."""
    from audit.reporting.page import SCREEN, render

    return {name: render(made.build(kind), SCREEN) for name, kind in made.KINDS.items()}


@pytest.fixture
def rewrite(request):
    return request.config.getoption("--rewrite-golden", default=False)
