"""Doctor: does this machine have what an audit and its report need, and how is it mended?"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from audit import models, plugins
from audit.errors import CapabilityError
from audit.models.contract import Backend
from audit.reporting.pdf import engine
from audit.reporting.scripts import all_scripts, undrawable

LEAST_DISK = 2 * 10**9
"""Bytes: a deep run's folder with room to spare."""

_FONTS = "apt-get install fontconfig fonts-noto-core"


@dataclass(frozen=True)
class Check:
    """One thing looked at.

    Attributes:
        needed: Whether an audit cannot run without it.
        mend: What to do if it is not well.
    """

    name: str
    well: bool
    said: str
    needed: bool = False
    mend: str = ""


def checks(folder: Path) -> Iterator[Check]:
    """Yield every check, the needed ones first.

    Args:
        folder: Where run folders would go.
    """
    for package in ("torch", "transformers"):
        yield _package(package)
    yield _device()
    yield _disk(folder)
    yield _pdf()
    yield from _fonts()


def _package(name: str) -> Check:
    try:
        return Check(name, well=True, said=version(name), needed=True)
    except PackageNotFoundError:
        mend = f"pip install {name}"
        return Check(name, well=False, said="not installed", needed=True, mend=mend)


def _device() -> Check:
    backend = plugins.load(models, "causal", Backend)
    return Check("device", well=True, said=backend.devices())


def _disk(folder: Path) -> Check:
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(there).free
    said = f"{free / 1e9:.1f} GB free below {there}"
    return Check("disk", free >= LEAST_DISK, said, needed=True, mend="make room, or use --out")


def _pdf() -> Check:
    try:
        found = engine()
    except CapabilityError as fault:
        mend = str(fault).rsplit("with: ", 1)[-1]
        return Check("PDF", well=False, said="Pango is missing: no PDF, HTML only", mend=mend)
    return Check("PDF", well=True, said=f"WeasyPrint {found.__version__} with Pango")


def _fonts() -> Iterator[Check]:
    if shutil.which("fc-list") is None:
        yield Check("fonts", well=False, said="fc-list is missing: cannot tell", mend=_FONTS)
        return
    missing = set(undrawable(all_scripts()))
    for script in all_scripts():
        well = script not in missing
        said = "a font is there" if well else "no font: empty boxes in the PDF"
        yield Check(f"font {script}", well, said, mend="" if well else _FONTS)
