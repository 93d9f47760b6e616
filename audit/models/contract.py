"""What a model under audit can be asked for: small capabilities, each a Protocol.

A backend offers the capabilities that it has and names them in `identity.capabilities`;
instruments and methods ask for what they need and are refused by name where it is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from audit.models.keeping import Beginning
    from audit.records.runs import ModelIdentity, ModelRequest


@dataclass(frozen=True)
class Ask:
    """One prompt, and the answers whose probability is wanted.

    Attributes:
        turns: User and assistant in turn, the user last.
        cue: What stands before the answer where there is no chat template.
        answers: For each answer its surface forms.
    """

    turns: tuple[str, ...]
    cue: str
    answers: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Scored:
    """Log-probabilities in nats, one an answer, summed over its surface forms."""

    log_probs: tuple[float, ...]


@dataclass(frozen=True)
class NotScored:
    """Why an ask got no probabilities: `unencodable` or `error`."""

    kind: str
    detail: str


@dataclass(frozen=True)
class Encoded:
    """An ask as tokens, with the places in the prompt where they and its parts stand.

    Attributes:
        text: The prompt as the model reads it.
        ids: The prompt's tokens that every answer has in common, special tokens included.
        offsets: First and past-last character of `text` for each token; equal numbers for a
            token that stands for no character. Several tokens may share a character.
        turns: For each turn of the ask, the character of `text` where it starts.
        cue: The character where the cue starts, or None where there is no cue.
        answers: For each answer its counted token sequences, prefix-free over all answers.
    """

    text: str
    ids: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]
    turns: tuple[int, ...]
    cue: int | None
    answers: tuple[tuple[tuple[int, ...], ...], ...]


@runtime_checkable
class Model(Protocol):
    """Any model under audit."""

    @property
    def identity(self) -> ModelIdentity: ...
    @property
    def device(self) -> str:
        """Return where it computes, e.g. "cpu"."""


@runtime_checkable
class ScoresContinuations(Model, Protocol):
    """Tells the probability of given answers after a prompt."""

    def prompt_text(self, ask: Ask) -> str:
        """Return the prompt as the model reads it, chat template and cue included."""

    def cost(self, ask: Ask) -> int:
        """Return the number of tokens that scoring this ask takes; needs no forward pass."""

    def score(self, asks: Sequence[Ask]) -> list[Scored | NotScored]:
        """Return one answer an ask, in order; the asks make one batch.

        Out of memory is raised as `MemoryError`, so that the caller can split the batch.
        """


@dataclass(frozen=True)
class ScoredText:
    """How likely a text is: log-likelihood in nats, summed over the tokens that were counted."""

    log_likelihood: float
    tokens: int


@runtime_checkable
class ScoresSequences(Model, Protocol):
    """Tells the likelihood of a whole text, as it stands: no chat markup, no system prompt."""

    def text_cost(self, text: str) -> int:
        """Return the number of tokens that scoring a text takes; needs no forward pass."""

    def score_texts(self, texts: Sequence[str]) -> list[ScoredText | NotScored]:
        """Return one score a text, in order; the texts make one batch.

        Out of memory is raised as `MemoryError`, so that the caller can split the batch.
        """


@runtime_checkable
class Differentiable(Model, Protocol):
    """Lets a method change the prompt's embeddings and follow the answer's gradients."""

    def encode(self, ask: Ask) -> Encoded | NotScored:
        """Return the ask as tokens with their places, or why it cannot be encoded."""

    def embed(self, ids: Sequence[int]) -> Tensor:
        """Return the embeddings of the tokens, (tokens, width)."""

    def mean_embedding(self) -> Tensor:
        """Return the mean embedding of the whole vocabulary, (width,)."""

    def keep(self, ids: Sequence[int]) -> Beginning | None:
        """Return what a prompt's first tokens leave behind, so that passes go on after them.

        None where there are none, or the family's passes do not go on exactly.

        Raises:
            MemoryError: If they are too many.
        """

    def answer_log_probs(
        self, encoded: Encoded, embeddings: Tensor, beginning: Beginning | None = None
    ) -> Tensor:
        """Return the answers' log-probabilities for changed prompts, in nats.

        Differentiable in `embeddings`; the answers' own tokens keep their embeddings, and
        the model's parameters collect no gradient.

        Args:
            encoded: What `encode` returned.
            embeddings: What stands in place of `encoded.ids`, (batch, tokens, width).
            beginning: What `keep` returned of the first of them, fewer than all; the
                embeddings are those of the others.

        Returns:
            Float32, (batch, answers).

        Raises:
            MemoryError: If the batch is too large.
        """


@runtime_checkable
class Intervenes(Differentiable, Protocol):
    """Lets a question look into the network, and change what flows through it."""

    @property
    def module(self) -> Any:
        """Return the torch module; a hook put on it goes on and off in a context manager."""


class Load(Protocol):
    """How a backend loads a model."""

    def __call__(self, request: ModelRequest, *, date: str, threads: int) -> Model:
        """Return the model, ready to be asked.

        Args:
            request: Which model, and how.
            date: The plan's date, ISO 8601: the only date that a chat template may see.
            threads: Processor threads to use, 0 to leave the library's own choice.

        Raises:
            ModelError: If the model cannot be loaded as asked.
        """


@dataclass(frozen=True)
class Backend:
    """A way to reach a model.

    Attributes:
        references: What a reference to such a model looks like, for help and messages.
        devices: Says in words what this machine can compute on.
    """

    name: str
    question: str
    source: str
    references: tuple[str, ...]
    load: Load
    devices: Callable[[], str]
