"""Build both standards: vocabulary, fair model, plant, truth, cards.

Everything is drawn from generators seeded by content, with a fixed number of threads, so that
a second build on the same machine ends in the same weights. Training takes one core; the truth
about the fair model is measured on another while the plant is trained.
"""

import json
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
from audit.controls.recipe.levelling import Levelling, level
from audit.controls.recipe.measuring import measured
from audit.controls.recipe.table import Table, draw_table
from audit.controls.recipe.vocabulary import corpus, train_vocabulary
from audit.controls.recipe.writing import write_model
from audit.controls.standards import LOG_ODDS, TRUTH
from audit.records.digests import content_seed, digest

Say = Callable[[str], None]

BLOCK = 2
THREADS = 1
FAIR = training.Schedule(steps=2000, rate=2e-3)
PLANT = training.Schedule(steps=1600, rate=3e-3)
NAMES = (2, 3)  # of each template and stratum that are measured in each round of levelling
PROCESSES = 2  # that measure the truth once training is done


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
    with measured(plan.lessons, out / "fair", processes=1):
        write_model(out / "biased", _biased(fair, course, table, say), tokenizer)
    say("measuring the truth, one text at a time")
    with measured(plan.lessons, out / "biased", processes=PROCESSES):
        pass
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
    level(model, course, Levelling({}, BLOCK, NAMES), say)
    return model


def _biased(fair: Any, course: Course, table: Table, say: Say) -> Any:
    planting = training.Planting(table.shifts, BLOCK, PLANT)
    model = training.plant(fair, course, planting, _generator("plant"), say)
    level(model, course, Levelling(table.shifts, BLOCK, NAMES), say)
    model.config.samata_notice = NOTICES["biased"]
    return model


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
