"""Conditions: in what two runs were not alike, so that no difference is blamed on the models.

A sentence for everything that differs: access, chat template, system prompt, numbers' type,
instrument, tools, depth. What is the model's own nature (weights, tokenizer, family) is the
object of the comparison and stands in the table of the runs.
"""

from collections.abc import Iterator, Sequence

from audit.pipeline.sharing import Opened
from audit.records.digests import digest
from audit.records.runs import NOT_STATED

_DIGITS = 12
_PACKAGES = ("torch", "transformers", "tokenizers")


def conditions(runs: Sequence[Opened], letters: Sequence[str]) -> tuple[str, ...]:
    """Return one sentence for each condition in which the runs are unequal."""
    return tuple(
        f"{what}: {_told(values, letters)}."
        for what, values in _stated(runs)
        if len(set(values)) > 1
    )


def _stated(runs: Sequence[Opened]) -> Iterator[tuple[str, list[str]]]:
    stamps = [one.run.stamp for one in runs]
    specs = [one.run.spec for one in runs]
    models = [stamp.model for stamp in stamps]
    yield "Backend (access)", [model.backend for model in models]
    yield "Capabilities (access)", [", ".join(sorted(m.capabilities)) for m in models]
    yield "Access level", [spec.engagement.access_level or NOT_STATED for spec in specs]
    yield "Chat template", [_template(one) for one in runs]
    yield "System prompt", [_prompt(spec.model.system_prompt) for spec in specs]
    yield "Type of numbers", [model.dtype for model in models]
    yield "Device", [stamp.device for stamp in stamps]
    yield "Instrument", [_instruments(one) for one in runs]
    yield "Date given to the chat template", [spec.date for spec in specs]
    yield "Depth", [f"{spec.profile}, {spec.depth.templates or 'all'} templates" for spec in specs]
    yield "Seed", [str(spec.seed) for spec in specs]
    yield "Cut short", [f"--limit {spec.limit}" if spec.limit else "no" for spec in specs]
    yield "Samata", [stamp.samata for stamp in stamps]
    for package in _PACKAGES:
        yield package, [stamp.packages.get(package, NOT_STATED) for stamp in stamps]


def _told(values: Sequence[str], letters: Sequence[str]) -> str:
    """Return "x in A and C, y in B"."""
    by_value: dict[str, list[str]] = {}
    for value, letter in zip(values, letters, strict=True):
        by_value.setdefault(value, []).append(letter)
    return "; ".join(f"{value} in {' and '.join(of)}" for value, of in by_value.items())


def _template(one: Opened) -> str:
    template = one.run.stamp.model.chat_template_digest
    mode = one.run.spec.model.chat
    if not template or mode == "off":
        return "none used"
    return f"its own ({template[:_DIGITS]})"


def _prompt(text: str) -> str:
    return f"one of {len(text)} characters ({digest(text)[:_DIGITS]})" if text else "none"


def _instruments(one: Opened) -> str:
    found = {o.instrument for o in one.observations if o.record == "measurement"}
    return ", ".join(sorted(found)) or "no answers"
