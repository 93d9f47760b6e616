"""Places: what each run answered, and refused, of the common prompts."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from audit.pipeline.sharing import Common, Opened
from audit.records.comparisons import Answered, Place

_Key = tuple[str, str, str]


def places(runs: Sequence[Opened], shared: Common) -> Iterator[Place]:
    """Yield each axis, language and domain with every run's answers there, sorted."""
    prompts: dict[_Key, set[str]] = defaultdict(set)
    for one in shared.sets:
        key = (one.axis, one.language, one.domain)
        prompts[key] |= {variant.id for variant in one.variants}
    for key in sorted(prompts):
        axis, language, domain = key
        yield Place(
            axis=axis,
            language=language,
            domain=domain,
            everyone=len(prompts[key] & shared.everyone),
            answered=tuple(
                _answered(number, run, prompts[key]) for number, run in enumerate(runs)
            ),
        )


def _answered(number: int, one: Opened, prompts: set[str]) -> Answered:
    """Count prompts and not answers: a prompt asked in several draws is answered if one was."""
    own = [o for o in one.observations if o.variant in prompts]
    answered = {o.variant for o in own if o.record == "measurement"}
    failed = {o.variant: o.kind for o in own if o.record == "failure"}
    kinds = Counter(kind for variant, kind in sorted(failed.items()) if variant not in answered)
    return Answered(
        run=number,
        planned=len(prompts),
        answered=len(answered),
        failures={kind: kinds[kind] for kind in sorted(kinds)},
    )
