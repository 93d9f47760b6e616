"""Checking: is an architecture what its names say? Tried in numbers before it is looked into.

Parts found by name may do something else than the names promise. Two short prompts that
differ in one token are run, and each check opens one capability; what fails is refused by
name, in a sentence that also says by how much it failed.

    stream     embeddings and everything that attention and MLPs add sum to the last residual
    readout    the final norm and the output head, applied to the last residual, give the
               model's own log-probabilities, and the norm divides by one number
    patch      its own values put back change nothing, and the other prompt's values put into
               every layer give the other prompt's answer
    attention  an eager pass hands out attention maps whose rows sum to one, and answers alike
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import torch

from audit.errors import CapabilityError
from audit.models.architectures import architecture
from audit.models.contract import Ask, Encoded, NotScored
from audit.models.eager import attention_maps
from audit.models.readout import readout
from audit.models.sites import EMBEDDINGS, Site, captured, edited
from audit.models.tracing import Passage, at, trace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from audit.models.contract import Intervenes

Check = Literal["stream", "readout", "patch", "attention"]
"""What a question rests on."""

_TRIAL = Ask(
    turns=("The office opens at ten. Should the clerk write to the applicant today?",),
    cue="Answer:",
    answers=(("Yes",), ("No",)),
)
_AGREES = {torch.float32: 1e-3, torch.float64: 1e-4}  # many norms compute in float32 always
_AGREES_HALF = 5e-2  # sixteen-bit numbers
_CHANGED = 4  # tokens from the end that is changed in the other prompt
_WATCHED = 8  # tokens whose log-probabilities are compared


@dataclass(frozen=True)
class Trial:
    """Two prompts of equal length that differ in one token."""

    model: Intervenes
    one: Encoded
    other: Encoded

    def answer(self, prompt: Encoded) -> Tensor:
        """Return log-probabilities after the prompt, (answers,)."""
        with torch.no_grad():
            return self.model.answer_log_probs(prompt, self.model.embed(prompt.ids)[None])[0]

    def must_agree(self, found: Tensor, expected: Tensor, said: str) -> None:
        """Raise `CapabilityError` unless two tensors agree, in parts of the larger's size."""
        size = max(1.0, float(expected.abs().max()))
        apart = float((found - expected).abs().max()) / size
        if not apart <= _AGREES.get(self.model.module.dtype, _AGREES_HALF):
            raise CapabilityError(f"{said} (off by {apart:.1e})")


def checked(model: Intervenes) -> dict[str, str]:
    """Return, for each check, why it failed; empty where it holds."""
    trial = _trial(model)
    if isinstance(trial, str):
        return dict.fromkeys(_CHECKS, trial)
    return {name: _failure(check, trial) for name, check in _CHECKS.items()}


def refusal(needed: tuple[Check, ...], failures: Mapping[str, str]) -> str:
    """Return why a question that needs these checks cannot be asked; empty if it can."""
    return "; ".join(dict.fromkeys(failures[name] for name in needed if failures[name]))


def _failure(check: Callable[[Trial], None], trial: Trial) -> str:
    try:
        check(trial)
    except (AttributeError, CapabilityError, MemoryError, RuntimeError, TypeError) as fault:
        family = trial.model.module.config.model_type
        return f"not verified for the family {family!r}: {str(fault) or type(fault).__name__}"
    return ""


def _trial(model: Intervenes) -> Trial | str:
    encoded = model.encode(_TRIAL)
    if isinstance(encoded, NotScored):
        return f"the trial prompt cannot be encoded: {encoded.detail}"
    ids = encoded.ids
    known = tuple(dict.fromkeys(ids))[:_WATCHED]
    answers = tuple(((token,),) for token in known)
    changed = len(ids) - _CHANGED
    new = next(token for token in ids if token != ids[changed])
    other = (*ids[:changed], new, *ids[changed + 1 :])
    one = replace(encoded, answers=answers)
    return Trial(model, one, replace(one, ids=other))


def _sums_up(trial: Trial) -> None:
    """The stream is the sum of what is added to it."""
    layers = range(len(architecture(trial.model.module).blocks))
    added = [Site(layer, kind) for layer in layers for kind in ("attention", "mlp")]
    sites = [Site(EMBEDDINGS, "residual"), *added, Site(layers[-1], "residual")]
    kept = _kept(trial, sites)
    total = torch.stack([kept[site] for site in sites[:-1]]).sum(dim=0)
    trial.must_agree(
        total, kept[sites[-1]], "what attention and MLPs add does not sum to the residual stream"
    )


def _reads_out(trial: Trial) -> None:
    """The last residual gives the model's own log-probabilities."""
    module = trial.model.module
    parts = architecture(module)
    last = Site(len(parts.blocks) - 1, "residual")
    stream = _kept(trial, [last])[last]
    ours = readout(parts, module.config)
    with torch.no_grad():
        known = torch.log_softmax(ours.logits(stream), dim=-1)[0]
        frozen = ours.head(ours.frozen(stream[0], ours.normaliser(stream[0])))
    expected = trial.answer(trial.one)
    wanted = [token for ((token,),) in trial.one.answers]
    said = "the lens at the last layer does not give the model's own answer"
    trial.must_agree(known[wanted], expected, said)
    trial.must_agree(torch.log_softmax(frozen, dim=-1)[wanted], expected, said)


def _patches(trial: Trial) -> None:
    """Own values change nothing; the other prompt's in every layer give its answer."""
    parts = architecture(trial.model.module)
    sites = [Site(layer, "residual") for layer in range(len(parts.blocks))]
    streams = []
    for prompt in (trial.one, trial.other):
        with captured(parts, sites) as kept:
            trial.answer(prompt)
        streams.append({site: tensors[-1] for site, tensors in kept.items()})
    mine, theirs = trial.answer(trial.one), trial.answer(trial.other)
    with edited(parts, {site: _putting(streams[0][site]) for site in sites}):
        trial.must_agree(trial.answer(trial.one), mine, "own values put back change the answer")
    said = "the other prompt's values put into every layer do not give its answer"
    with edited(parts, {site: _putting(streams[1][site]) for site in sites}):
        trial.must_agree(trial.answer(trial.one), theirs, said)
    if torch.equal(mine, theirs):
        raise CapabilityError("two prompts that differ get the same answer: nothing to patch")


def _maps_attention(trial: Trial) -> None:
    """An eager pass gives a map for each head, and the same stream."""
    parts = architecture(trial.model.module)
    last = Site(len(parts.blocks) - 1, "residual")
    expected = _kept(trial, [last])[last]
    every = [(layer, head) for layer in range(len(parts.blocks)) for head in range(parts.heads)]
    with captured(parts, [last]) as kept:
        maps = attention_maps(trial.model, trial.one.ids, every)
    sums = maps.sum(dim=-1)
    trial.must_agree(sums, torch.ones_like(sums), "rows of attention maps do not sum to one")
    trial.must_agree(
        kept[last][0][:, -1].to(expected.dtype), expected, "an eager pass answers otherwise"
    )


def _kept(trial: Trial, sites: list[Site]) -> dict[Site, Tensor]:
    """Return what flows at the last place of the first prompt: site -> (1, width)."""
    ids = trial.one.ids
    (kept,), _ = trace(trial.model, [Passage(ids, at([len(ids) - 1], len(ids)))], sites)
    return kept


def _putting(values: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda _stream: values


_CHECKS: Mapping[str, Callable[[Trial], None]] = {
    "stream": _sums_up,
    "readout": _reads_out,
    "patch": _patches,
    "attention": _maps_attention,
}
