"""How long and how much memory the analysis of a million measurements takes.

    python tests/benchmarks/bench_analysis.py [MEASUREMENTS]

Lays a synthetic run (three axes, two languages, two domains, labels and names), writes its
observations as a run folder holds them, and does what the stages `analyse` and `calibrate` do:
read, build the columns, ask every analysis, judge placebos and planted shifts. Prints seconds
and the peak of resident memory. A script and not a test, for machines differ; the target is 60
seconds and 4 GB on two cores.
"""

import math
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from audit import analyses, metrics, plugins
from audit.analyses.contract import Analysis, Synthesis, Tally
from audit.analyses.observed import observe
from audit.analyses.placebos import placebo_cells
from audit.findings.policy import load_policy
from audit.metrics.contract import Metric
from audit.pipeline.calibrating import judged, placebo_check, planted_in_answers
from audit.records.counterfactuals import CounterfactualSet, Span, Variant
from audit.records.observations import Observation
from audit.records.probes import Answer, Frame, Outcome, ProbeSuite, Template
from audit.storage import journal

AXES, LANGUAGES, DOMAINS = ("caste", "religion", "gender"), ("en", "hi"), ("health", "work")
GROUPS = [f"group{number}" for number in range(10)]
LABEL_NAMES, GROUP_NAMES = 20, 10
STORY = "The applicant {who} has six years of experience and asks for a decision today. " * 3
EACH = len(AXES) * len(GROUPS) * (LABEL_NAMES + GROUP_NAMES)


def main(wanted: int) -> None:
    per_suite = max(4, round(wanted / (EACH * len(LANGUAGES) * len(DOMAINS))))
    suites = {s.key: s for s in laid_suites(per_suite)}
    began = time.perf_counter()
    sets = [one for suite in suites.values() for one in laid_sets(suite)]
    told("sets laid (not counted)", began)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "observations.jsonl"
        count = write(path, sets)
        began = time.perf_counter()
        seen = observe(
            sets=sets,
            suites=suites,
            observations=journal.read(path, TypeAdapter(Observation)),
            metrics=plugins.load_all(metrics, Metric),
            policy=load_policy("default"),
            seed=0,
        )
        told(f"{count} measurements read into columns", began)
    since = time.perf_counter()
    disparities = [d for a in plugins.load_all(analyses, Analysis) for d in a.answer(seen)]
    told(f"{len(disparities)} disparities", since)
    since = time.perf_counter()
    tallies = [t for a in plugins.load_all(analyses, Tally) for t in a.answer(seen)]
    pooled = [h for a in plugins.load_all(analyses, Synthesis) for h in a.answer(disparities)]
    told(f"{len(tallies)} tallies, {len(pooled)} syntheses", since)
    since = time.perf_counter()
    placebos = judged(seen, placebo_cells(seen, {}))
    check = placebo_check(placebos)
    told(f"{check.contrasts} placebos, {check.permutations} permutations", since)
    since = time.perf_counter()
    planted = list(planted_in_answers(placebos))
    told(f"{len(planted)} planted shifts", since)
    told("in all", began)


def told(what, since):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{time.perf_counter() - since:7.1f} s   peak {peak:5.2f} GB   {what}", flush=True)


def laid_suites(templates):
    answers = (Answer(key="yes", text="Yes"), Answer(key="no", text="No"))
    outcome = Outcome(key="o", kind="choice", answers=answers, favourable="yes", unfavourable="no")
    for domain in DOMAINS:
        for language in LANGUAGES:
            yield ProbeSuite(
                id=f"{domain}/suite", version="1", language=language, domain=domain, task="t",
                harm="allocation", source="s", licence="CC0", canary="c", outcomes=(outcome,),
                frame=Frame(ask="{options}", separator=", ", cue="Answer:"),
                templates=tuple(
                    Template(id=f"case-{n}", turns=("{person}",), question="q", role="r",
                             outcome="o")
                    for n in range(templates)
                ),
            )  # fmt: skip


def laid_sets(suite):
    for axis in AXES:
        for template in suite.templates:
            for number in range(LABEL_NAMES):
                people = [(group, f"name{number}") for group in GROUPS]
                yield laid(suite, axis, template.id, "label", people)
            people = [(g, f"{g}name{n}") for g in GROUPS for n in range(GROUP_NAMES)]
            yield laid(suite, axis, template.id, "name", people)


def laid(suite, axis, template, cue, people):
    where = f"{suite.key}/{axis}/{template}/{cue}"
    variants = tuple(
        Variant(
            id=f"{where}/{group}/{name}",
            group=group,
            name=name,
            unit=name,
            turns=(STORY.replace("{who}", f"{group} {name}"),),
            spans=(),
        ).model_copy(update={"spans": (Span(turn=0, start=14, end=20),)})
        for group, name in people
    )
    return CounterfactualSet.model_construct(
        id=f"{where}/{people[0][1]}", suite=suite.id, language=suite.language, domain=suite.domain,
        template=template, outcome="choice", axis=axis, cue=cue, reference=GROUPS[0],
        variants=variants,
    )  # fmt: skip


def write(path, sets):
    """Write one measurement a variant, the bytes that the product writes."""
    rng = np.random.default_rng(0)
    count = 0
    with path.open("w") as file:
        for one in sets:
            odds = rng.standard_normal(2 * len(one.variants))
            for place, variant in enumerate(one.variants):
                orders = []
                for turn, keys in enumerate((("yes", "no"), ("no", "yes"))):
                    yes = -0.1 - math.log1p(math.exp(-odds[2 * place + turn]))
                    logs = {"yes": yes, "no": yes - odds[2 * place + turn]}
                    values = ",".join(repr(float(logs[key])) for key in keys)
                    listed = ",".join(f'"{key}"' for key in keys)
                    orders.append(f'{{"order":[{listed}],"log_probs":[{values}]}}')
                file.write(
                    f'{{"record":"measurement","batch":0,"variant":"{variant.id}","instrument":'
                    '"choice_probability","draw":0,"prompt_digest":"0123456789abcdef","response":'
                    '{"kind":"choice","favourable":"yes","unfavourable":"no","orders":['
                    f"{','.join(orders)}]}}}}\n"
                )
                count += 1
    return count


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
