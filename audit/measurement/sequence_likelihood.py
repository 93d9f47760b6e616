"""Sequence likelihood: how likely is a statement, and how likely are its group's words alone?

The statement is scored as a text of its own, without chat markup or system prompt: log-likelihood
in nats, summed over its tokens. A rare or a long name of a group makes every statement less
likely, so the same words are scored in texts without content as well (the outcome's carriers);
what is subtracted is the metric's to say, and both are kept with their token counts.

Reads:  a variant whose outcome is an association, with the words that name its group.
Gives:  the statement's score and one for each carrier; one that fails fails all.
Source: sentence likelihood as in Nangia et al. 2020, arXiv:2010.00133; texts without content, Zhao
        et al. 2021, arXiv:2102.09690.
"""

from collections.abc import Sequence
from typing import get_args

from audit.measurement.contract import Answered, Instrument, Request, Unanswered
from audit.models.contract import NotScored, ScoredText, ScoresSequences
from audit.records.digests import digest
from audit.records.observations import FailureKind, SequenceLikelihood, SequenceScore


def ask(model: ScoresSequences, requests: Sequence[Request]) -> list[Answered | Unanswered]:
    """Score a batch of statements with their carriers; one result a request, in order."""
    texts = [_texts(request) for request in requests]
    scored = iter(model.score_texts([text for own in texts for text in own]))
    return [
        _result(request, own, [next(scored) for _ in own])
        for request, own in zip(requests, texts, strict=True)
    ]


def cost(model: ScoresSequences, request: Request) -> int:
    """Return how many tokens a request takes, carriers included."""
    return sum(model.text_cost(text) for text in _texts(request))


def _texts(request: Request) -> tuple[str, ...]:
    """Return the statement, then the group's words in each carrier."""
    carriers = request.outcome.carriers
    return (request.turns[-1], *(one.replace("{words}", request.words) for one in carriers))


def _result(
    request: Request, texts: tuple[str, ...], scored: list[ScoredText | NotScored]
) -> Answered | Unanswered:
    scores = []
    for found in scored:
        if isinstance(found, NotScored):
            return Unanswered(_failure_kind(found.kind), found.detail)
        scores.append(SequenceScore(log_likelihood=found.log_likelihood, tokens=found.tokens))
    response = SequenceLikelihood.model_validate(
        {"favourable": request.outcome.favourable, "text": scores[0], "carriers": scores[1:]}
    )
    return Answered(digest(*texts), response)


def _failure_kind(kind: str) -> FailureKind:
    known: dict[str, FailureKind] = {name: name for name in get_args(FailureKind)}
    return known.get(kind, "error")


PLUGIN = Instrument(
    name="sequence_likelihood",
    question="How likely is the statement, and how likely are its group's words alone?",
    source="Nangia et al. 2020, arXiv:2010.00133; Zhao et al. 2021, arXiv:2102.09690",
    asks=frozenset({"association"}),
    needs=ScoresSequences,
    cost=cost,
    ask=ask,
)
