"""Measuring: `plain_truth.py` is run beside what else is done, and its numbers are gathered.

The script is copied away from the package and started isolated, so that nothing of the product
can be found from where it runs. Each process takes its share of the prompts; texts are
measured one at a time and know nothing of each other, so shares change no number.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from audit.controls.recipe import truths
from audit.controls.recipe.lessons import Lesson
from audit.controls.standards import LOG_ODDS


@contextmanager
def measured(asked: Sequence[Lesson], folder: Path, processes: int) -> Iterator[None]:
    """Write a model's log-odds of all variants beside it by the time the block ends.

    Args:
        asked: All variants.
        folder: The model's; written already.
        processes: How many share the variants.

    Raises:
        RuntimeError: If a measurement fails.
    """
    with tempfile.TemporaryDirectory() as place:
        script = shutil.copy(Path(__file__).with_name("plain_truth.py"), place)
        shares = [Path(place) / f"{number}" for number in range(processes)]
        for share, bounds in zip(
            shares, np.array_split(np.arange(len(asked)), processes), strict=True
        ):
            _write(share.with_suffix(".jsonl"), [asked[number] for number in bounds])
        running = [_start(script, folder, share) for share in shares]
        try:
            yield
            codes = [one.wait() for one in running]
        finally:
            for one in running:
                one.kill()
                one.wait()
        if any(codes):
            raise RuntimeError(f"plain_truth.py ended with {codes}")
        _gather([share.with_suffix(".safetensors") for share in shares], folder / LOG_ODDS)


def _write(path: Path, asked: Sequence[Lesson]) -> None:
    with path.open("w", encoding="utf-8") as lines:
        for question in truths.questions(asked):
            lines.write(json.dumps(question, ensure_ascii=False) + "\n")


def _start(script: str, folder: Path, share: Path) -> subprocess.Popen[bytes]:
    """Start one share: prompts stand at `share`.jsonl, its numbers come to `share`.safetensors."""
    return subprocess.Popen(  # noqa: S603 - our own script with our own paths
        [
            sys.executable,
            "-I",
            script,
            str(folder.resolve()),
            str(share.with_suffix(".jsonl")),
            str(share.with_suffix(".safetensors")),
        ]
    )


def _gather(shares: Sequence[Path], out: Path) -> None:
    parts = [load_file(share)["log_odds"] for share in shares]
    save_file({"log_odds": np.concatenate(parts)}, out)
    out.chmod(0o644)  # safetensors writes for the owner alone
