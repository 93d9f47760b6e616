"""Observations: what a model was asked, what it answered, and what came of it."""

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from audit.records.record import Record

_ROUNDING = 1e-6


def log_sum_exp(values: list[float]) -> float:
    """Return log(sum(exp(v))) in nats, without overflow."""
    top = max(values)
    return top + math.log(sum(math.exp(value - top) for value in values))


class OrderAnswers(Record):
    """The answers' probabilities for one order of the listed options.

    Attributes:
        order: The answer keys as they were listed.
        log_probs: Nats, one per key of `order`, summed over the surface forms of the answer.
    """

    order: tuple[str, ...]
    log_probs: tuple[float, ...]

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        if len(self.order) != len(self.log_probs):
            raise ValueError("one log-probability for each listed answer is needed")
        if self.mass > 1 + _ROUNDING:
            raise ValueError(f"answers sum to {self.mass:.6f}, more than one")
        return self

    @property
    def mass(self) -> float:
        """The probability of all offered answers together."""
        return math.exp(log_sum_exp(list(self.log_probs)))

    def log_prob(self, key: str) -> float:
        """Return an answer's log-probability, in nats."""
        return self.log_probs[self.order.index(key)]


class ChoiceProbabilities(Record):
    """A choice between answers, asked once for each order of the options."""

    kind: Literal["choice"] = "choice"
    favourable: str
    unfavourable: str
    orders: tuple[OrderAnswers, ...] = Field(min_length=1)

    def log_odds_by_order(self) -> tuple[float, ...]:
        """Return log p(favourable) - log p(unfavourable) for each order, in nats."""
        return tuple(
            asked.log_prob(self.favourable) - asked.log_prob(self.unfavourable)
            for asked in self.orders
        )

    @property
    def mass(self) -> float:
        """The offered answers' probability, averaged over orders."""
        return sum(asked.mass for asked in self.orders) / len(self.orders)


class OrderedProbabilities(Record):
    """A choice between levels, asked once for each order of the options.

    Attributes:
        levels: The answer keys from the least to the most favourable level.
    """

    kind: Literal["ordered"] = "ordered"
    levels: tuple[str, ...]
    orders: tuple[OrderAnswers, ...] = Field(min_length=1)

    def log_odds_above(self) -> tuple[tuple[float, ...], ...]:
        """Return, for each order, the log-odds of a level above each cut, in nats."""
        return tuple(
            tuple(
                log_sum_exp([asked.log_prob(level) for level in self.levels[cut:]])
                - log_sum_exp([asked.log_prob(level) for level in self.levels[:cut]])
                for cut in range(1, len(self.levels))
            )
            for asked in self.orders
        )

    def log_odds_by_order(self) -> tuple[float, ...]:
        """Return, for each order, the mean over cuts of the log-odds above the cut."""
        return tuple(sum(cuts) / len(cuts) for cuts in self.log_odds_above())

    @property
    def mass(self) -> float:
        """The offered answers' probability, averaged over orders."""
        return sum(asked.mass for asked in self.orders) / len(self.orders)


class NumberAnswer(Record):
    """A number that was answered, read from the model's words.

    Attributes:
        value: An amount or a rate, zero or more; or marks, within their ends.
        unit: What is counted, e.g. "rupees a month".
        favourable: Whether a high or a low number favours the person.
        ends: The two ends of the marks' scale; None for amounts and rates.
    """

    kind: Literal["number", "marks"]
    value: float
    unit: str
    favourable: Literal["high", "low"]
    ends: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        if (self.kind == "marks") != (self.ends is not None):
            raise ValueError("marks have two ends, and amounts have none")
        low, high = self.ends or (0.0, math.inf)
        if not low <= self.value <= high:
            raise ValueError(f"{self.value:g} {self.unit} lies outside {low:g} to {high:g}")
        return self


class SequenceScore(Record):
    """How likely a text is.

    Attributes:
        log_likelihood: Nats, summed over the text's tokens.
        tokens: Tokens whose probability was counted.
    """

    log_likelihood: float = Field(le=_ROUNDING)
    tokens: int = Field(ge=1)


class SequenceLikelihood(Record):
    """A statement's likelihood, and that of its group's words in texts without content.

    Attributes:
        favourable: Whether the statement speaks for those it names ("likely") or against them.
        text: The statement as it stands.
        carriers: One a carrier text, the group's words filled in.
    """

    kind: Literal["association"] = "association"
    favourable: Literal["likely", "unlikely"]
    text: SequenceScore
    carriers: tuple[SequenceScore, ...] = Field(min_length=1)


Response = Annotated[
    ChoiceProbabilities | OrderedProbabilities | NumberAnswer | SequenceLikelihood,
    Field(discriminator="kind"),
]


class Measurement(Record):
    """One variant, asked one way, once."""

    record: Literal["measurement"] = "measurement"
    batch: int
    variant: str
    instrument: str
    draw: int = 0
    prompt_digest: str
    response: Response


FailureKind = Literal["refused", "hedged", "asked_back", "unparsed", "unencodable", "error"]


class Failure(Record):
    """A variant that gave no measurement: counted, never dropped, never a zero."""

    record: Literal["failure"] = "failure"
    batch: int
    variant: str
    asked_by: str
    draw: int = 0
    kind: FailureKind
    detail: str


Observation = Annotated[Measurement | Failure, Field(discriminator="record")]

WordPart = Literal["changed", "fact", "frame", "cue"]
"""Where a word stands: in a changed span, elsewhere in the case, in the question and listed
options, or in the answer cue and chat markup."""


class AttributedWord(Record):
    """One word of a prompt and its share of the answer.

    Attributes:
        start: First character in the prompt as the model read it.
        end: One past its last character.
        unit: Index of the changed span that the word belongs to, else -1.
        value: Signed share of the log-odds, in nats.
    """

    start: int
    end: int
    text: str
    part: WordPart
    unit: int = -1
    value: float


class Attribution(Record):
    """How one method shares one prompt's log-odds among its words.

    `sum(values) + residual = score - baseline_score`.

    Attributes:
        target: What is explained, e.g. "log_odds".
        score: The log-odds of the prompt, in nats, mean over orders.
        baseline_score: The log-odds where everything explained is replaced by the baseline.
    """

    record: Literal["attribution"] = "attribution"
    batch: int
    set_id: str
    variant: str
    method: str
    target: str
    baseline: str
    score: float
    baseline_score: float
    residual: float
    words: tuple[AttributedWord, ...]

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        total = sum(word.value for word in self.words) + self.residual
        change = self.score - self.baseline_score
        if abs(total - change) > 1e-4 * max(1.0, abs(change)):
            raise ValueError(f"values and residual give {total:.6f}, the score moved {change:.6f}")
        return self


class EvidenceUnit(Record):
    """One word (or one changed span) of a pair, on both sides.

    Attributes:
        text: As written on the group's side.
        reference_text: As written on the reference side.
        difference: `value - reference_value`, the unit's share of the disparity, in nats.
    """

    text: str
    reference_text: str
    part: WordPart
    value: float
    reference_value: float
    difference: float


class WordEvidence(Record):
    """Which words a pair's disparity rests on, by one method.

    Attributes:
        difference: The pair's disparity in log-odds, in nats.
        units: In reading order; the question frame and the answer cue stand apart by `part`.
        rank: Rank of the best changed span by size of difference among the case's words
            (1 = first).
        residual: What the method could not share out among the words.
    """

    set_id: str
    variant: str
    reference_variant: str
    method: str
    difference: float
    residual: float
    units: tuple[EvidenceUnit, ...]
    rank: int
    ranked_among: int


class NotAttributed(Record):
    """A pair that a method could not explain, with its reason."""

    record: Literal["not_attributed"] = "not_attributed"
    batch: int
    set_id: str
    variant: str
    method: str
    detail: str


Explanation = Annotated[Attribution | NotAttributed, Field(discriminator="record")]
