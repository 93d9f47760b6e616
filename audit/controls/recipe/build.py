"""Build both standards: vocabulary, fair model, plant, truth, cards.

Everything is drawn from generators seeded by content, with a fixed number of threads, so that
a second build on the same machine ends in the same weights.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file

from audit.controls.recipe import network, training, truths
from audit.controls.recipe.cards import NOTICES, card
from audit.controls.recipe.examples import Course, make_course
from audit.controls.recipe.lessons import Lesson, Material, cells, lessons, references
from audit.controls.recipe.table import Table, draw_table
from audit.controls.recipe.vocabulary import corpus, train_vocabulary
from audit.controls.recipe.writing import write_model
from audit.controls.standards import LOG_ODDS, TRUTH
from audit.records.digests import content_seed, digest

Say = Callable[[str], None]

BLOCK = 2
THREADS = 1
FAIR = training.Schedule(steps=2000, rate=2e-3)
PLANT = training.Schedule(steps=2500, rate=3e-3)


@dataclass(frozen=True)
class Plan:
    """What is built: the lessons, the table, and the digests of the files they come from."""

    lessons: tuple[Lesson, ...]
    references: Mapping[str, str]
    table: Table
    probes: Mapping[str, str]


def build(material: Material, probes: Mapping[str, str], out: Path, say: Say) -> None:
    """Train, plant, measure and write both standards below `out`.

    Args:
        material: All suites and sets.
        probes: Digest of every probe file.
        out: Holds one folder a standard afterwards.
        say: Takes progress lines.
    """
    torch.set_num_threads(THREADS)
    table = draw_table(cells(material), references(material))
    plan = Plan(tuple(lessons(material)), references(material), table, probes)
    say(f"{len(plan.lessons)} variants; table of seed {table.seed}")
    tokenizer, course = prepare(plan.lessons)
    fair = _fair(course, say)
    write_model(out / "fair", fair, tokenizer)
    planting = training.Planting(table.shifts, BLOCK, PLANT)
    planted = training.plant(fair, course, planting, _generator("plant"), say)
    planted.config.samata_notice = NOTICES["biased"]
    write_model(out / "biased", planted, tokenizer)
    say("measuring the truth, one text at a time")
    measure(plan.lessons, [out / "fair", out / "biased"])
    publish(plan, out)


def prepare(taught: Sequence[Lesson]) -> tuple[Any, Course]:
    """Return the vocabulary and the course of these lessons."""
    answers = sorted({f for one in taught for a in one.outcome.answers for f in a.surface_forms})
    texts = corpus(taught, _generator("corpus"))
    tokenizer = train_vocabulary(texts, answers)
    return tokenizer, make_course(taught, tokenizer)


def _fair(course: Course, say: Say) -> Any:
    model = network.build(course.targets.shape[1], _generator("weights"), notice=NOTICES["fair"])
    training.train_fair(model, course, FAIR, _generator("fair"), say)
    return model


def measure(asked: Sequence[Lesson], folders: Sequence[Path]) -> None:
    """Write each model's log-odds of all variants beside it; the models in parallel.

    Raises:
        RuntimeError: If a measurement fails.
    """
    script = Path(__file__).with_name("plain_truth.py")
    with tempfile.TemporaryDirectory() as place:
        prompts = Path(place) / "prompts.jsonl"
        with prompts.open("w", encoding="utf-8") as lines:
            lines.writelines(
                json.dumps(one, ensure_ascii=False) + "\n" for one in truths.questions(asked)
            )
        copied = shutil.copy(
            script, place
        )  # away from the package, so that nothing of it is found
        running = [
            subprocess.Popen(  # noqa: S603 - our own script with our own paths
                [
                    sys.executable,
                    "-I",
                    copied,
                    str(one.resolve()),
                    str(prompts),
                    str((one / LOG_ODDS).resolve()),
                ]
            )
            for one in folders
        ]
        codes = [one.wait() for one in running]
    if any(codes):
        raise RuntimeError(f"plain_truth.py ended with {codes}")


def publish(plan: Plan, out: Path) -> None:
    """Write `truth.json` and the card of both standards from the log-odds beside them."""
    stored = {name: read_log_odds(out / name) for name in ("fair", "biased")}
    changes = {name: stored[name] - stored["fair"] for name in stored}
    tables: dict[str, Mapping[tuple[str, str, str, str], float]] = {
        "fair": {},
        "biased": plan.table.shifts,
    }
    for name, shifts in tables.items():
        truth = {
            "standard": name,
            "notice": NOTICES[name],
            "seed": plan.table.seed,
            "block": BLOCK if shifts else None,
            "references": dict(plan.references),
            "shifts": truths.as_rows(truths.realised_shifts(plan.lessons, changes[name], shifts)),
            "disparities": truths.as_rows(
                truths.disparities(plan.lessons, stored[name], plan.references, shifts)
            ),
            "digests": {
                "weights": digest((out / name / "model.safetensors").read_bytes()),
                "log_odds": digest((out / name / LOG_ODDS).read_bytes()),
                "variants": truths.variants_digest(plan.lessons),
                "probes": dict(plan.probes),
            },
        }
        text = json.dumps(truth, ensure_ascii=False, indent=1)
        (out / name / TRUTH).write_text(text + "\n", encoding="utf-8")
        (out / name / "README.md").write_text(card(truth), encoding="utf-8")


def read_log_odds(standard: Path) -> NDArray[np.float64]:
    """Return the (variants,) stored log-odds of a standard."""
    return load_file(standard / LOG_ODDS)["log_odds"].astype(np.float64)


def _generator(purpose: str) -> np.random.Generator:
    return np.random.default_rng(content_seed("embedded standards", purpose))
