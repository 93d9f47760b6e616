"""Where the shipped probes and templates lie, in a checkout and in an installed wheel.

In the wheel they travel inside the package (`audit/_probes`, `audit/_templates`); in the
checkout they stand beside it.
"""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(folder: str) -> Path:
    """Return the shipped folder of that name: "probes" or "templates"."""
    installed = _PACKAGE / f"_{folder}"
    return installed if installed.is_dir() else _PACKAGE.parent / folder
