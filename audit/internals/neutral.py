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
from typing import TYPE_CHECKING, Any, Literal

from audit.models.asking import listings
from audit.models.contract import Ask, NotScored
from audit.records.probes import Answer, Frame, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from torch import Tensor

    from audit.models.asking import Listing
    from audit.models.contract import Encoded, Intervenes

    Changing = Callable[[], AbstractContextManager[None]]

_MATERIAL = Path(__file__).with_name("neutral_texts.toml")
_ANY_ANSWER = (("x",),)  # a prompt that is only read is encoded with an answer all the same


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
    model: Intervenes, items: Sequence[Passage | Fact], changing: Changing
) -> list[Read | Unread]:
    """Return what every item gives under a change, in order.

    Args:
        changing: Enters the change; called anew for every item.
    """
    return [
        _right(model, item, changing) if isinstance(item, Fact) else _read(model, item, changing)
        for item in items
    ]


def _fact(found: dict[str, Any], frame: Frame) -> Fact:
    answers = tuple(Answer(key=str(n), text=text) for n, text in enumerate(found["answers"]))
    outcome = Outcome(key="fact", kind="choice", answers=answers, favourable="0", unfavourable="1")
    # a question stands by itself here: the case is the question, and the frame asks
    return Fact(f"fact/{found['id']}", (found["question"],), "", frame, outcome)


def _read(model: Intervenes, item: Passage, changing: Changing) -> Read | Unread:
    import torch  # noqa: PLC0415 - readings are pooled where torch is not loaded

    encoded = model.encode(Ask((item.text,), "", _ANY_ANSWER))
    if isinstance(encoded, NotScored):
        return Unread(item.id, encoded.detail)
    before = _log_probs(model, encoded)
    with changing():
        after = _log_probs(model, encoded)
    if not torch.isfinite(after).all():
        return Unread(item.id, "logits are not finite under the change")
    told = torch.tensor(encoded.ids[1:], device=after.device)
    nats = -after[:-1].gather(1, told[:, None]).sum().item()
    gap = (before.exp() * (before - after)).sum(dim=1).mean().item()
    return Read(item.id, item.kind, len(told), nats=nats, divergence=max(0.0, gap))


def _log_probs(model: Intervenes, encoded: Encoded) -> Tensor:
    """Return the log-probabilities of every next token, (tokens, vocabulary), in float32."""
    import torch  # noqa: PLC0415 - as above

    with torch.no_grad():
        ids = torch.tensor([encoded.ids], device=model.embed(encoded.ids[:1]).device)
        logits: Tensor = model.module(input_ids=ids, use_cache=False).logits[0]
        return logits.float().log_softmax(dim=-1)


def _right(model: Intervenes, item: Fact, changing: Changing) -> Read | Unread:
    """Return whether the right answer is the likeliest, both orders of the options together."""
    with changing():
        found = [_answers(model, listing) for listing in listings(item)]
    totals = {answer.key: 0.0 for answer in item.outcome.answers}
    for order in found:
        if isinstance(order, NotScored):
            return Unread(item.id, order.detail)
        for key, value in order.items():
            totals[key] += value
    best = max(totals, key=lambda key: (totals[key], key))
    return Read(item.id, "fact", right=best == item.outcome.favourable)


def _answers(model: Intervenes, listing: Listing) -> dict[str, float] | NotScored:
    import torch  # noqa: PLC0415 - as above

    encoded = model.encode(listing.ask)
    if isinstance(encoded, NotScored):
        return encoded
    with torch.no_grad():
        found = model.answer_log_probs(encoded, model.embed(encoded.ids)[None])[0]
    if not torch.isfinite(found).all():
        return NotScored("error", "logits are not finite under the change")
    return dict(zip(listing.order, found.tolist(), strict=True))
