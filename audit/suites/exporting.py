"""Exporting: expanded sets as lines that other tools read.

`jsonl` is one variant a line, for `datasets.load_dataset("json", ...)`. `lm_eval` adds a task
file for lm-evaluation-harness: a multiple choice a line, whose target is the favourable answer,
so that the share of "correct" answers is the share of favourable ones; compare it by group.

Source: task format of lm-evaluation-harness 0.4 (`output_type: multiple_choice`).
"""

import json
from collections.abc import Iterable, Iterator, Mapping

from audit.records.counterfactuals import CounterfactualSet, Variant
from audit.records.probes import Outcome, ProbeSuite

DATA = "variants.jsonl"
TASK = "samata.yaml"

_TASK = """\
# Counterfactual variants of Samata, for lm-evaluation-harness. "acc" is the share of favourable
# answers, not of right ones: no answer here is right or wrong. Compare it between groups. Run
# lm_eval in the folder of this file, for the data is found from there.
task: samata
dataset_path: json
dataset_kwargs:
  data_files:
    test: {data}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{prompt}}}}"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: "{{{{favourable}}}}"
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
metadata:
  version: 1
"""


def lines(
    sets: Iterable[CounterfactualSet],
    suites: Mapping[str, ProbeSuite],
    *,
    choices_only: bool = False,
) -> Iterator[str]:
    """Yield one JSON object a variant.

    Args:
        sets: Any.
        suites: By suite key.
        choices_only: Leave out outcomes without listed answers, which no multiple choice holds.
    """
    for one in sets:
        if choices_only and one.outcome not in ("choice", "ordered"):
            continue
        suite = suites[one.suite_key]
        template = suite.template(one.template)
        outcome = suite.outcome(template.outcome)
        for variant in one.variants:
            yield json.dumps(
                {
                    "set": one.id,
                    "variant": variant.id,
                    "suite": one.suite_key,
                    "version": suite.version,
                    "language": one.language,
                    "domain": one.domain,
                    "template": one.template,
                    "axis": one.axis,
                    "cue": one.cue,
                    "reference": one.reference,
                    "group": variant.group,
                    "name": variant.name,
                    "turns": list(variant.turns),
                    "spans": [[span.turn, span.start, span.end] for span in variant.spans],
                    "outcome": outcome.kind,
                    "prompt": _prompt(suite, variant, template.question, outcome),
                    "choices": [f" {answer.text}" for answer in outcome.answers],
                    "favourable": _favourable(outcome),
                    "canary": suite.canary,
                },
                ensure_ascii=False,
            )


def task(data: str) -> str:
    """Return the task file over a data file."""
    return _TASK.format(data=data)


def _prompt(suite: ProbeSuite, variant: Variant, question: str, outcome: Outcome) -> str:
    options = suite.frame.separator.join(answer.text for answer in outcome.answers)
    asked = suite.frame.ask.replace("{options}", options) if outcome.answers else ""
    text = "\n\n".join(variant.turns)
    return "\n".join(part for part in (f"{text}\n\n{question}", asked, suite.frame.cue) if part)


def _favourable(outcome: Outcome) -> int | None:
    """Return the place of the favourable answer, None where answers are not listed."""
    return outcome.keys.index(outcome.favourable) if outcome.answers else None
