"""Causal: any Hugging Face causal language model, from a folder or from the hub.

A batch of asks is one call: prompts are encoded with their answers, texts that share a
prefix are packed into one row where the family allows it, rows stand sorted by length,
padded on the right with explicit positions, and log-probabilities are taken in float32.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from audit.errors import ModelError
from audit.models.batching import Read, plan_batch, summed_forms
from audit.models.chat import Wording
from audit.models.contract import Ask, Backend, Encoded, NotScored, Scored, ScoredText
from audit.models.devices import devices
from audit.models.encoding import Context, Encoder, Tokens, make_encoder
from audit.models.identifying import context_length, identify
from audit.models.keeping import keep
from audit.models.loading import check_folder, load_tokenizer, load_weights
from audit.models.locating import locate
from audit.models.memory import memory_errors
from audit.models.network import Network, make_network
from audit.records.observations import log_sum_exp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from audit.models.keeping import Beginning
    from audit.models.packing import Row
    from audit.records.runs import ModelIdentity, ModelRequest

_CHUNK = 8192  # vocabulary rows read at once


def load(request: ModelRequest, *, date: str, threads: int) -> CausalModel:
    """Return the model that is asked for (see `contract.Load`).

    Raises:
        ModelError: If it cannot be loaded as asked.
    """
    if threads:
        torch.set_num_threads(threads)
    located = locate(request)
    check_folder(located.folder, request)
    tokenizer = load_tokenizer(located.folder, request)
    template = _template(tokenizer, request)
    wording = Wording(tokenizer, template, request.system_prompt, date)
    _try_wording(wording, request)
    model = load_weights(located.folder, request)
    limit = context_length(model.config)
    return CausalModel(
        identity=identify(located, model, tokenizer, template),
        wording=wording,
        encoder=make_encoder(tokenizer, chat=bool(template), limit=limit),
        network=make_network(model),
    )


@dataclass(frozen=True)
class CausalModel:
    """A causal language model; offers all capabilities of `contract`."""

    identity: ModelIdentity
    wording: Wording
    encoder: Encoder
    network: Network

    @property
    def device(self) -> str:
        return str(self.network.device)

    @property
    def module(self) -> Any:
        return self.network.model

    def prompt_text(self, ask: Ask) -> str:
        return self.wording.text(ask)

    def cost(self, ask: Ask) -> int:
        context = self.encoder.encode(self.wording.text(ask), ask.answers)
        if isinstance(context, NotScored):
            return 1
        forms = [form for answer in context.answers for form in answer]
        return len(context.tokens.ids) + sum(len(form) - 1 for form in forms)

    def score(self, asks: Sequence[Ask]) -> list[Scored | NotScored]:
        encoded = [self.encoder.encode(self.wording.text(a), a.answers) for a in asks]
        contexts = [found for found in encoded if isinstance(found, Context)]
        scored = iter(self._scored(contexts))
        return [found if isinstance(found, NotScored) else next(scored) for found in encoded]

    def text_cost(self, text: str) -> int:
        context = self.encoder.sequence(text)
        return 1 if isinstance(context, NotScored) else 1 + _length(context)

    def score_texts(self, texts: Sequence[str]) -> list[ScoredText | NotScored]:
        encoded = [self.encoder.sequence(text) for text in texts]
        contexts = [found for found in encoded if isinstance(found, Context)]
        scored = iter(self._scored(contexts))
        return [
            found if isinstance(found, NotScored) else _text(found, next(scored))
            for found in encoded
        ]

    def encode(self, ask: Ask) -> Encoded | NotScored:
        text = self.wording.text(ask)
        context = self.encoder.encode(text, ask.answers)
        if isinstance(context, NotScored):
            return context
        places = self.wording.places(ask, text)
        if places is None:
            return NotScored("error", "the chat template changes the words of a turn")
        ids, offsets = context.tokens.ids, context.tokens.offsets
        return Encoded(text, ids, offsets, places.turns, places.cue, context.answers)

    def embed(self, ids: Sequence[int]) -> Tensor:
        table = self.network.model.get_input_embeddings()
        found: Tensor = table(torch.tensor(ids, dtype=torch.long, device=self.network.device))
        return found

    def mean_embedding(self) -> Tensor:
        count, width = self.network.model.get_input_embeddings().weight.shape
        total = torch.zeros(width, device=self.network.device)
        for start in range(0, count, _CHUNK):
            total += self.embed(range(start, min(start + _CHUNK, count))).float().sum(dim=0)
        mean: Tensor = (total / count).to(self.network.model.dtype)
        return mean

    def keep(self, ids: Sequence[int]) -> Beginning | None:
        if not self.network.keeps or not ids:
            return None
        with memory_errors():
            return keep(self.network.model, ids)

    def answer_log_probs(
        self, encoded: Encoded, embeddings: Tensor, beginning: Beginning | None = None
    ) -> Tensor:
        context = Context(Tokens(encoded.ids, encoded.offsets), encoded.answers)
        plan = plan_batch([context], packs=self.network.packs, together=False)
        columns: list[Tensor | None] = [None] * len(plan.reads)
        with memory_errors():
            for number, row in enumerate(plan.rows):
                here = [n for n, read in enumerate(plan.reads) if read.row == number]
                reads = [plan.reads[n] for n in here]
                found = self._of_row(row, reads, embeddings, beginning)
                for n, column in zip(here, found.unbind(dim=1), strict=True):
                    columns[n] = column
        return summed_forms(plan, torch.stack([c for c in columns if c is not None], dim=1))

    def _of_row(
        self, row: Row, reads: list[Read], embeddings: Tensor, beginning: Beginning | None
    ) -> Tensor:
        """Return a row's wanted log-probabilities for each changed prompt, (batch, reads)."""
        batch, length = embeddings.shape[:2]
        length += 0 if beginning is None else beginning.places
        if len(row.tokens) > length:
            rest = self.embed(row.tokens[length:]).expand(batch, -1, -1)
            embeddings = torch.cat((embeddings, rest), dim=1)
        every = [Read(n, read.place, read.token) for n in range(batch) for read in reads]
        found = self.network.log_probs([row] * batch, every, embeddings, beginning)
        return found.reshape(batch, len(reads))

    def _scored(
        self, contexts: list[Context], *, together: bool = True
    ) -> list[Scored | NotScored]:
        """Score encoded asks; those again, each in a row of its own, that were not finite."""
        if not contexts:
            return []
        plan = plan_batch(contexts, packs=self.network.packs, together=together)
        with memory_errors(), torch.inference_mode():
            found = self.network.log_probs(plan.rows, plan.reads).tolist()
        scored = [_summed(answers, found) for answers in plan.forms]
        if together:  # a neighbour in the same row may have spoilt it
            for number, answer in enumerate(scored):
                if isinstance(answer, NotScored):
                    scored[number] = self._scored([contexts[number]], together=False)[0]
        return scored


def _text(context: Context, scored: Scored | NotScored) -> ScoredText | NotScored:
    if isinstance(scored, NotScored):
        return scored
    return ScoredText(scored.log_probs[0], _length(context))


def _length(context: Context) -> int:
    """Return how many tokens of a whole text are counted."""
    return len(context.answers[0][0])


def _summed(
    answers: tuple[tuple[tuple[int, int], ...], ...], found: list[float]
) -> Scored | NotScored:
    """Return each answer's log-probability, summed over its forms, in nats."""
    forms = [[sum(found[start:stop]) for start, stop in answer] for answer in answers]
    if not all(math.isfinite(form) for answer in forms for form in answer):
        return NotScored("error", "logits are not finite")
    return Scored(tuple(log_sum_exp(answer) for answer in forms))


def _template(tokenizer: Any, request: ModelRequest) -> str:
    """Return the chat template to use; empty for none."""
    if request.chat == "off":
        return ""
    try:
        return str(tokenizer.get_chat_template())
    except ValueError as fault:
        if request.chat == "on":
            raise ModelError(
                f"{request.reference}: the tokenizer has no chat template; use --no-chat"
            ) from fault
        return ""


def _try_wording(wording: Wording, request: ModelRequest) -> None:
    """See that the chat template takes the turns that it will be given.

    Raises:
        ModelError: If it refuses them, a system turn for instance.
    """
    try:
        wording.text(Ask(turns=("a",), cue="", answers=()))
    except Exception as fault:
        mend = (
            "leave the system prompt out or use --no-chat" if wording.system else "use --no-chat"
        )
        raise ModelError(
            f"{request.reference}: its chat template fails ({fault}); {mend}"
        ) from fault


PLUGIN = Backend(
    name="causal",
    question="How likely is each answer as the continuation of a prompt?",
    source="Wolf et al. 2020, arXiv:1910.03771 (transformers)",
    references=("path/to/folder", "org/name", "hf:org/name@revision"),
    load=load,
    devices=devices,
)
