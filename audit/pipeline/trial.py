"""One try: a single prompt of the user's own, put for every group of one axis.

One prompt is no evidence about a system. The same-group null beside each group shows how far
answers move when only the name changes and the group does not.
"""

from dataclasses import dataclass
from statistics import fmean, stdev

from pydantic import ValidationError

from audit import measurement, metrics, plugins
from audit.errors import RequestError
from audit.measurement.contract import Answered, Instrument, Unanswered
from audit.metrics.contract import Metric
from audit.pipeline.model import load_model
from audit.pipeline.requests import request
from audit.places import shipped
from audit.records.probes import Answer, Frame, Outcome, ProbeSuite, Template
from audit.records.runs import RunSpec
from audit.suites.expansion import Selection, expand
from audit.suites.library import Library, choose, read_library

_FRAMES = {
    "en": Frame(ask="Answer with one of: {options}.", separator=", ", cue="Answer:"),
    "hi": Frame(ask="इनमें से एक उत्तर दें: {options}।", separator=", ", cue="उत्तर:"),
}
_ROLES = {"en": "the person", "hi": "व्यक्ति"}


@dataclass(frozen=True)
class Row:
    """One group's answer.

    Attributes:
        log_odds: Mean over names, in nats; None where every prompt failed.
        null: Standard deviation between names of this same group, in nats.
        failed: Why prompts failed, each reason once.
    """

    group: str
    asked: int
    log_odds: float | None
    null: float | None
    failed: tuple[str, ...]


def try_once(spec: RunSpec, text: str, answers: tuple[str, str], threads: int) -> tuple[Row, ...]:
    """Ask one prompt for every group of the spec's one axis.

    Args:
        spec: Model, one axis, one language and the depth of names.
        text: The case, with `{person}` and perhaps other slots.
        answers: The favourable answer, then the unfavourable.

    Raises:
        RequestError: If the text has no {person}, or the axis or language is unknown.
    """
    library = read_library(shipped("probes"))
    (axis,) = choose("axis", spec.axes, library.axes)
    suite = _suite(text, answers, spec.languages[0])
    own = Library({suite.key: suite}, library.axes, library.name_lists, {})
    selection = Selection((suite.key,), (axis,), ("label",), 0, spec.depth.names, spec.seed)
    sets = list(expand(own, selection))
    model = load_model(spec, threads)
    instrument = plugins.load(measurement, "choice_probability", Instrument)
    asked = [(v.group, request(one, v, own.suites)) for one in sets for v in one.variants]
    results = instrument.ask(model, [one for _, one in asked])
    by_group: dict[str, list[Answered | Unanswered]] = {}
    for (group, _), result in zip(asked, results, strict=True):
        by_group.setdefault(group, []).append(result)
    metric = plugins.load(metrics, "log_odds", Metric)
    return tuple(_row(group, found, metric) for group, found in by_group.items())


def _row(group: str, results: list[Answered | Unanswered], metric: Metric) -> Row:
    values = [metric.measure(one.response)[""] for one in results if isinstance(one, Answered)]
    reasons = {one.detail: None for one in results if isinstance(one, Unanswered)}
    return Row(
        group=group,
        asked=len(results),
        log_odds=fmean(values) if values else None,
        null=stdev(values) if len(values) > 1 else None,
        failed=tuple(reasons),
    )


def _suite(text: str, answers: tuple[str, str], language: str) -> ProbeSuite:
    if "{person}" not in text:
        raise RequestError("the prompt has no {person}; write it where the person stands")
    if language not in _FRAMES:
        known = ", ".join(_FRAMES)
        raise RequestError(f"no question frame in {language!r}; known are {known}")
    try:
        return _own(text, answers, language)
    except ValidationError as fault:
        reason = fault.errors()[0]["msg"].removeprefix("Value error, ")
        raise RequestError(f"the prompt or its answers: {reason}") from None


def _own(text: str, answers: tuple[str, str], language: str) -> ProbeSuite:
    yes, no = (Answer(key=key, text=key) for key in answers)
    outcome = Outcome(
        key="own", kind="choice", answers=(yes, no), favourable=yes.key, unfavourable=no.key
    )
    template = Template(id="own", turns=(text,), question="", role=_ROLES[language], outcome="own")
    return ProbeSuite(
        id="own/prompt",
        version="0",
        language=language,
        domain="own",
        task="decision",
        harm="allocation",
        frame=_FRAMES[language],
        outcomes=(outcome,),
        templates=(template,),
        source="the user",
        licence="the user's",
        canary="",
    )
