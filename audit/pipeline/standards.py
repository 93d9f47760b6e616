"""`python -m audit.pipeline.standards build [--out DIR] [--check]`: make the embedded standards.

The room that owns the recipe knows no suite; here it is fed with the shipped ones, over all
names and templates. With `--check` the new standards are compared with the shipped ones.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from audit.controls import standards
from audit.controls.recipe.lessons import Material
from audit.errors import ExitCode
from audit.places import shipped
from audit.records.digests import content_digest
from audit.suites.expansion import Selection, expand
from audit.suites.library import Library, read_library

TOLERANCE = 0.1  # log-odds by which a second build may differ from the shipped one

_ASKED = ("choice", "ordered")  # the kinds of outcome that the standards answer


def main(arguments: list[str]) -> ExitCode:
    """Build, and compare if asked to."""
    parser = argparse.ArgumentParser(prog="python -m audit.pipeline.standards")
    parser.add_argument("act", choices=["build"])
    parser.add_argument("--out", type=Path, default=standards.SHIPPED)
    parser.add_argument("--check", action="store_true", help="build aside and compare")
    asked = parser.parse_args(arguments)
    if not asked.check:
        build(asked.out)
        return ExitCode.OK
    with tempfile.TemporaryDirectory() as aside:
        build(Path(aside))
        faults = differences(Path(aside), asked.out)
    for fault in faults:
        _say(fault)
    return ExitCode.FAULTS if faults else ExitCode.OK


def build(out: Path) -> None:
    """Train, measure and write the standards below `out`."""
    from audit.controls.recipe import build as recipe  # noqa: PLC0415 - loads torch

    library = read_library(shipped("probes"))
    recipe.build(material(library), digests(library), out, _say)


def material(library: Library) -> Material:
    """Return every suite that the standards answer, with all its sets."""
    suites = {
        key: suite
        for key, suite in library.suites.items()
        if all(outcome.kind in _ASKED for outcome in suite.outcomes)
    }
    everything = Selection(
        suites=tuple(suites),
        axes=tuple(library.axes),
        cues=("label", "name"),
        templates=0,
        names=0,
        seed=0,
    )
    return Material(suites, tuple(expand(library, everything)))


def digests(library: Library) -> dict[str, str]:
    """Return the digest of the contents of every suite, axis and name list."""
    records = {
        **library.suites,
        **{f"identities/{key}": axis for key, axis in library.axes.items()},
        **{f"names/{key}": names for key, names in library.name_lists.items()},
    }
    return {key: content_digest(record) for key, record in sorted(records.items())}


def differences(one: Path, two: Path) -> list[str]:
    """Return a line for each number of the truth in which two builds differ too much."""
    names = sorted(truth.parent.name for truth in two.glob(f"*/{standards.TRUTH}"))
    return [
        f"{name}: {fault}"
        for name in names
        for fault in _differences(*(_rows(build / name / standards.TRUTH) for build in (one, two)))
    ]


def _differences(ours: dict[str, float], theirs: dict[str, float]) -> list[str]:
    alone = [f"{key} is in one build only" for key in sorted(ours.keys() ^ theirs.keys())]
    apart = [
        f"{key}: {ours[key]:+.3f} here, {theirs[key]:+.3f} there"
        for key in sorted(ours.keys() & theirs.keys())
        if abs(ours[key] - theirs[key]) > TOLERANCE
    ]
    return alone + apart


def _rows(path: Path) -> dict[str, float]:
    truth: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {
        " ".join((kind, *(v for v in row.values() if isinstance(v, str)))): row["realised"]
        for kind in ("shifts", "disparities")
        for row in truth[kind]
    }


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
