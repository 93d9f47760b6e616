"""Choice probability: how likely is each offered answer, whatever else the model may say?

The case is put with its question and the options, once in each order; the probability of an
answer is that of all its surface forms together. Both orders are kept, for their
difference is the order effect, and so is the mass of all offered answers, for a model that
would rather say something else has not been measured.

Reads:  a variant with its question, frame and outcome (a choice, or ordered levels).
Gives:  the log-probability of every answer in both orders; an order that fails fails all.
Source: continuation scoring as in Brown et al. 2020, arXiv:2005.14165, section 2.4; both
        orders after Zheng et al. 2024, arXiv:2309.03882.
"""

from collections.abc import Sequence
from typing import get_args

from audit.measurement.contract import Answered, Instrument, Request, Unanswered
from audit.models.asking import Listing, listings
from audit.models.contract import NotScored, Scored, ScoresContinuations
from audit.records.digests import digest
from audit.records.observations import (
    ChoiceProbabilities,
    FailureKind,
    OrderAnswers,
    OrderedProbabilities,
    Response,
)
from audit.records.probes import Outcome


def ask(model: ScoresContinuations, requests: Sequence[Request]) -> list[Answered | Unanswered]:
    """Put a batch of requests; one result a request, in order."""
    listed = [listings(request) for request in requests]
    scored = iter(model.score([listing.ask for both in listed for listing in both]))
    return [
        _result(model, request.outcome, both, [next(scored) for _ in both])
        for request, both in zip(requests, listed, strict=True)
    ]


def cost(model: ScoresContinuations, request: Request) -> int:
    """Return how many tokens a request takes, both orders together."""
    return sum(model.cost(listing.ask) for listing in listings(request))


def _result(
    model: ScoresContinuations,
    outcome: Outcome,
    both: tuple[Listing, ...],
    scored: list[Scored | NotScored],
) -> Answered | Unanswered:
    orders = []
    for listing, found in zip(both, scored, strict=True):
        if isinstance(found, NotScored):
            return Unanswered(_failure_kind(found.kind), found.detail)
        orders.append(OrderAnswers(order=listing.order, log_probs=found.log_probs))
    sent = digest(*(model.prompt_text(listing.ask) for listing in both))
    return Answered(sent, _response(outcome, tuple(orders)))


def _response(outcome: Outcome, orders: tuple[OrderAnswers, ...]) -> Response:
    if outcome.kind == "choice":
        return ChoiceProbabilities(
            favourable=outcome.favourable, unfavourable=outcome.unfavourable, orders=orders
        )
    upwards = outcome.favourable == outcome.keys[-1]
    return OrderedProbabilities(
        levels=outcome.keys if upwards else outcome.keys[::-1], orders=orders
    )


def _failure_kind(kind: str) -> FailureKind:
    known: dict[str, FailureKind] = {name: name for name in get_args(FailureKind)}
    return known.get(kind, "error")


PLUGIN = Instrument(
    name="choice_probability",
    question="How likely is each offered answer?",
    source="Brown et al. 2020, arXiv:2005.14165, section 2.4; Zheng et al. 2024, arXiv:2309.03882",
    asks=frozenset({"choice", "ordered"}),
    needs=ScoresContinuations,
    cost=cost,
    ask=ask,
)
