"""Compare with independent libraries, each in a throw-away environment, and print one table.

    python tests/oracle/run.py [LIBRARY ...]

The libraries' pins clash, so each gets an environment of its own on top of this one: what it
pins otherwise is installed there and stands first. Exit code 1 where any number is off by more
than its bar, or where a library could not be asked; the reason stands in its row.
"""

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIBRARIES = ("captum", "inseq", "nnsight", "concept-erasure")
LIMIT = 1200  # seconds for one library


def main(libraries):
    rows = [row for library in libraries for row in asked(library)]
    for row in rows:
        print(told(row))
    return 0 if all(agrees(row) for row in rows) else 1


def asked(library):
    """Return a library's rows; one that says why where it could not be asked."""
    script = ROOT / "tests" / "oracle" / f"with_{library.replace('-', '_')}.py"
    with tempfile.TemporaryDirectory() as folder:
        try:
            python = environment(Path(folder), library)
            found = run([python, str(script)])
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as fault:
            said = (getattr(fault, "stderr", "") or str(fault)).strip().splitlines()
            return [{"library": library, "row": "could not be asked", "why": said[-1]}]
    return [json.loads(line) for line in found.splitlines() if line.startswith('{"library"')]


def environment(folder, library):
    """Make an environment with the library, on top of this one; return its Python."""
    venv.create(folder, with_pip=True)
    places = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", "venv", places))
    (packages / "below.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    python = str(Path(sysconfig.get_path("scripts", "venv", places)) / "python")
    run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", library])
    return python


def run(command):
    done = subprocess.run(
        command,
        check=True,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"},
    )
    return done.stdout


def agrees(row):
    return "why" not in row and row["off"] <= row["bar"] and row["size"] > row["bar"]


def told(row):
    if "why" in row:
        return f"--  {row['library']:24} {row['row']}: {row['why']}"
    numbers = f"off by {row['off']:.1e} of {row['size']:.1e}, bar {row['bar']:.0e}"
    return f"{'ok' if agrees(row) else 'NO'}  {row['library']:24} {row['row']:46} {numbers}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or LIBRARIES))
