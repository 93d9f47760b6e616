"""From counterfactual sets to requests: every variant with the words that make it a question."""

from collections.abc import Iterable, Iterator, Mapping

from audit.measurement.contract import Request
from audit.records.counterfactuals import CounterfactualSet, Variant
from audit.records.probes import OutcomeKind, ProbeSuite


def requests(
    sets: Iterable[CounterfactualSet],
    suites: Mapping[str, ProbeSuite],
    kinds: frozenset[OutcomeKind],
) -> Iterator[Request]:
    """Yield one request a variant, for outcomes of the kinds that the instrument asks."""
    for one in sets:
        if one.outcome in kinds:
            for variant in one.variants:
                yield request(one, variant, suites)


def request(one: CounterfactualSet, variant: Variant, suites: Mapping[str, ProbeSuite]) -> Request:
    """Return the request for one variant of a set."""
    suite = suites[one.suite_key]
    template = suite.template(one.template)
    return Request(
        variant=variant.id,
        turns=variant.turns,
        question=template.question,
        frame=suite.frame,
        outcome=suite.outcome(template.outcome),
        words=" ".join(dict.fromkeys(_spans(variant))),
    )


def _spans(variant: Variant) -> Iterator[str]:
    for span in variant.spans:
        yield variant.turns[span.turn][span.start : span.end].strip()
