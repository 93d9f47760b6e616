"""Neutral: what does a change of the network cost where nobody is named?

Every neutral text and prompt is run twice, as the model is and under the change, in one
breath, so that nothing but the change lies between. A text gives the log-likelihood of its
tokens, a prompt the divergence of the next token's distribution at each of its places. A
question with one right answer is put with its options in both orders; the answer of greatest
probability, both orders together, is the model's.

The material stands in `neutral_texts.toml`, written for this project in English and Hindi. It is
small: it shows that a change breaks a model, not that it leaves every ability as it was.

Source: Kullback & Leibler 1951, Annals of Mathematical Statistics 22:79.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from audit.models.asking import listings
from audit.models.contract import Ask, Intervenes, NotScored, ScoresContinuations
from audit.records.probes import Answer, Frame, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from torch import Tensor

    Changing = Callable[[], AbstractContextManager[None]]

_MATERIAL = Path(__file__).with_name("neutral_texts.toml")
_LOGITS = 2**24  # kept at once: 64 MB
_ANY_ANSWER = (("x",),)  # a prompt that is only read is encoded with an answer all the same


@runtime_checkable
class Reader(Intervenes, ScoresContinuations, Protocol):
    """What reading takes: a network that can be changed, and the scores of given answers."""


@dataclass(frozen=True)
class Passage:
    """A text to predict, or a prompt to go on from."""

    id: str
    kind: Literal["text", "prompt"]
    text: str


@dataclass(frozen=True)
class Fact:
    """A question with one right answer; `turns` and `frame` as a case has them."""

    id: str
    turns: tuple[str, ...]
    question: str
    frame: Frame
    outcome: Outcome


@dataclass(frozen=True)
class Read:
    """What one item gave; what it cannot give is None (see `records.what_ifs`)."""

    item: str
    kind: Literal["text", "prompt", "fact"]
    tokens: int = 0
    nats: float | None = None
    divergence: float | None = None
    right: bool | None = None


@dataclass(frozen=True)
class Unread:
    """Why an item gave nothing."""

    item: str
    detail: str


def material() -> tuple[Passage | Fact, ...]:
    """Return all neutral items, in the order of the file."""
    found = tomllib.loads(_MATERIAL.read_text(encoding="utf-8"))
    frames = {key: Frame.model_validate(frame) for key, frame in found["frames"].items()}
    passages = [
        *(Passage(f"text/{one['id']}", "text", one["text"]) for one in found["texts"]),
        *(Passage(f"prompt/{one['id']}", "prompt", one["text"]) for one in found["prompts"]),
    ]
    return (*passages, *(_fact(one, frames[one["language"]]) for one in found["facts"]))


def chance(items: Sequence[Passage | Fact]) -> float:
    """Return the share of the facts that guessing would get right."""
    options = [len(one.outcome.answers) for one in items if isinstance(one, Fact)]
    return sum(1 / count for count in options) / len(options)


def read(
    model: Reader, items: Sequence[Passage | Fact], changing: Changing
) -> list[Read | Unread]:
    """Return what every item gives under a change, in order.

    Args:
        changing: Enters the change; called several times.
    """
    found: dict[str, Read | Unread] = {}
    facts = [one for one in items if isinstance(one, Fact)]
    for chunk in _chunks(model, [one for one in items if isinstance(one, Passage)]):
        found |= {one.item: one for one in _passages(model, chunk, changing)}
    found |= {one.item: one for one in _facts(model, facts, changing)}
    found |= {
        one.id: Unread(one.id, "the tokenizer cannot encode it")
        for one in items
        if one.id not in found
    }
    return [found[one.id] for one in items]


def _fact(found: dict[str, Any], frame: Frame) -> Fact:
    answers = tuple(Answer(key=str(n), text=text) for n, text in enumerate(found["answers"]))
    outcome = Outcome(key="fact", kind="choice", answers=answers, favourable="0", unfavourable="1")
    # a question stands by itself here: the case is the question, and the frame asks
    return Fact(f"fact/{found['id']}", (found["question"],), "", frame, outcome)


def _chunks(model: Reader, items: Sequence[Passage]) -> Iterator[list[tuple[Passage, list[int]]]]:
    """Yield passages as tokens, as many at a time as their logits leave room for."""
    vocabulary = int(model.module.get_output_embeddings().weight.shape[0])
    chunk: list[tuple[Passage, list[int]]] = []
    for item in items:
        encoded = model.encode(Ask((item.text,), "", _ANY_ANSWER))
        if isinstance(encoded, NotScored):
            continue
        longest = max(len(encoded.ids), *(len(ids) for _, ids in chunk), 1)
        if chunk and longest * (len(chunk) + 1) * vocabulary > _LOGITS:
            yield chunk
            chunk = []
        chunk.append((item, list(encoded.ids)))
    if chunk:
        yield chunk


def _passages(
    model: Reader, chunk: Sequence[tuple[Passage, list[int]]], changing: Changing
) -> Iterator[Read | Unread]:
    import torch  # noqa: PLC0415 - readings are pooled where torch is not loaded

    before = _log_probs(model, [ids for _, ids in chunk])
    with changing():
        after = _log_probs(model, [ids for _, ids in chunk])
    for row, (item, ids) in enumerate(chunk):
        one, two = before[row, : len(ids)], after[row, : len(ids)]
        if not torch.isfinite(two).all():
            yield Unread(item.id, "logits are not finite under the change")
            continue
        told = torch.tensor(ids[1:], device=two.device)
        nats = -two[:-1].gather(1, told[:, None]).sum().item()
        gap = (one.exp() * (one - two)).sum(dim=1).mean().item()
        yield Read(item.id, item.kind, len(told), nats=nats, divergence=max(0.0, gap))


def _log_probs(model: Reader, rows: Sequence[Sequence[int]]) -> Tensor:
    """Return the log-probabilities of every next token, (rows, places, vocabulary), float32.

    Rows are padded on the right; what stands there is never looked at.
    """
    import torch  # noqa: PLC0415 - as above

    longest = max(len(ids) for ids in rows)
    padded = [[*ids, *([0] * (longest - len(ids)))] for ids in rows]
    places = torch.arange(longest).expand(len(rows), -1)
    lengths = torch.tensor([len(ids) for ids in rows])
    device = model.embed(rows[0][:1]).device
    with torch.no_grad():
        logits: Tensor = model.module(
            input_ids=torch.tensor(padded, device=device),
            attention_mask=(places < lengths[:, None]).long().to(device),
            position_ids=places.to(device),
            use_cache=False,
        ).logits
        return logits.float().log_softmax(dim=-1)


def _facts(model: Reader, facts: Sequence[Fact], changing: Changing) -> Iterator[Read | Unread]:
    """Yield whether the right answer is the likeliest, both orders of the options together."""
    listed = [listings(one) for one in facts]
    with changing():
        scored = iter(model.score([listing.ask for both in listed for listing in both]))
    for fact, both in zip(facts, listed, strict=True):
        totals = {answer.key: 0.0 for answer in fact.outcome.answers}
        missing = ""
        for listing in both:
            found = next(scored)
            if isinstance(found, NotScored):
                missing = found.detail
                continue
            for key, value in zip(listing.order, found.log_probs, strict=True):
                totals[key] += value
        best = max(totals, key=lambda key: (totals[key], key))
        yield (
            Unread(fact.id, missing)
            if missing
            else Read(fact.id, "fact", right=best == fact.outcome.favourable)
        )
