"""`make simulate`: regenerate the tables of error rates in docs/method.md.

python -m tests.simulation [SECTION ...] [--runs N]

Every number is seeded, so the same code gives the same tables. A rate over 10,000 runs has a
standard error of at most half a point, and of 0.2 points near five in a hundred. What must be
reached and was not is told at the end, with exit code 1.
"""

import argparse
import gc
import re
import sys
from pathlib import Path

from tests.simulation import tables
from tests.simulation.rates import behaviour

METHOD = Path(__file__).parents[2] / "docs" / "method.md"
RUNS = 10_000


def main() -> int:
    known = (*tables.DESIGNS, *tables.OTHERS)
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(known))
    asked.add_argument("--runs", type=int, default=RUNS)
    told = asked.parse_args()
    faults: list[str] = []
    gc.freeze()  # statsmodels collects garbage in every correction; there is none of ours
    for section in told.sections or known:
        lines = list(_lines(section, told.runs, faults))
        _write(section, lines)
        print(f"{section}: {len(lines) - 2} rows", flush=True)
    for fault in faults:
        print(f"missed: {fault}", file=sys.stderr)
    return 1 if faults else 0


def _lines(section: str, runs: int, faults: list[str]):
    if section in tables.OTHERS:
        yield from tables.OTHERS[section](runs)
        return
    found = []
    for design in tables.DESIGNS[section]():
        found.append(behaviour(design, runs))
        if section in tables.HELD:
            faults += tables.faults(found[-1])
        print(found[-1], flush=True)
    yield from tables.of_designs(found)


def _write(section: str, lines: list[str]) -> None:
    text = METHOD.read_text(encoding="utf-8")
    start, end = f"<!-- simulated: {section} -->", f"<!-- end of {section} -->"
    place = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    body = "\n".join((start, *lines, end))
    if not place.search(text):
        raise SystemExit(
            f"{METHOD}: no place for {section!r}; it stands between {start} and {end}"
        )
    METHOD.write_text(place.sub(lambda _: body, text, count=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
