"""Faithfulness: what a prompt does while its words go, and how far word maps can be trusted."""

from typing import Literal, Self

from pydantic import Field, model_validator

from audit.records.observations import WordPart
from audit.records.quantities import Quantity
from audit.records.record import Record

RANDOM = "random"
"""What `Emptying.by` holds for an order drawn by chance."""

_ROUNDING = 1e-6  # nats

Measure = Literal["deletion", "insertion", "comprehensiveness", "sufficiency"]
Change = Literal["changes", "stays", "open", "not checked"]
"""Whether maps change when the weights are random: yes, no, not settled, never asked."""


class Emptying(Record):
    """One prompt's log-odds while the words of its case go in one order.

    Attributes:
        by: The method whose map gave the order, or `RANDOM`.
        draw: Which of the random orders; 0 for a method.
        without: With the first words of the order taken out, one a size, in nats.
        only: With those words alone left in the case, one a size, in nats.
    """

    by: str
    draw: int = 0
    without: tuple[float, ...]
    only: tuple[float, ...]


class WordTrial(Record):
    """One prompt, its case emptied word by word in the order of every map and by chance.

    Attributes:
        words: Words of the case, each changed span as one.
        direction: 1 where the prompt leans to the favourable answer, else -1: orders begin
            with the word that speaks most for the answer that the prompt leans to.
        sizes: How many words go, rising, and symmetric: with d also `words - d`.
        bins: The sizes of comprehensiveness and sufficiency, in shares' order.
        score: The log-odds with every word there, in nats.
        empty: The log-odds with every word of the case taken out.
        lowest: Least mean over sizes of `without` in any order tried.
        highest: Greatest mean, likewise.
    """

    record: Literal["word_trial"] = "word_trial"
    batch: int
    set_id: str
    variant: str
    words: int = Field(ge=2)
    direction: Literal[-1, 1]
    sizes: tuple[int, ...] = Field(min_length=1)
    bins: tuple[int, ...] = Field(min_length=1)
    score: float
    empty: float
    lowest: float
    highest: float
    orders: tuple[Emptying, ...]

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        if self.sizes != tuple(sorted({self.words - size for size in self.sizes})):
            raise ValueError(f"sizes {self.sizes} of {self.words} words are not symmetric")
        if not set(self.bins) <= set(self.sizes):
            raise ValueError(f"bins {self.bins} are not among the sizes {self.sizes}")
        for order in self.orders:
            for found in (order.without, order.only):
                if len(found) != len(self.sizes):
                    raise ValueError(f"order by {order.by}: one log-odds a size is needed")
                mean = sum(found) / len(found)
                if not self.lowest - _ROUNDING <= mean <= self.highest + _ROUNDING:
                    raise ValueError(f"order by {order.by}: mean {mean:.6f} beyond the bounds")
        return self


class NotTried(Record):
    """A prompt whose words could not be taken out, with the reason."""

    record: Literal["not_tried"] = "not_tried"
    batch: int
    set_id: str
    variant: str
    detail: str


class Measured(Record):
    """One measure of faithfulness for one method, beside the same for random orders.

    Attributes:
        value: Mean over prompts; deletion and insertion from 0 (worst order tried) to 1
            (best), the others in nats towards the answer that the prompt leans to.
        random: The mean of the same over random orders of the same prompts.
        orders: How many random orders a prompt had.
        gain: How much better than random, over templates; positive is better.
    """

    measure: Measure
    prompts: int
    value: float
    random: float
    orders: int
    gain: Quantity


class MethodTrust(Record):
    """How far one method's maps can be trusted on the model under audit.

    Attributes:
        interventional: Whether the method changes the input and looks.
        pairs: Explained pairs.
        first: Share of pairs in which a changed span ranks first among the case's words.
        low: Lower bound of its 95 % interval, templates as clusters.
        high: Upper bound of it.
        rank_gain: Mean rank in shuffled maps minus mean rank, both from 0 (first) to 1.
        prompt_residual: Of the change in log-odds of one prompt, the share not given to words.
        pair_residual: Of the difference of a pair, the share not given to words.
        measures: Faithfulness; empty where no prompt was tried.
        randomised: Rank correlation of a pair's map with its map under random weights.
        randomised_pairs: Pairs behind it.
        change: What that correlation says.
    """

    method: str
    interventional: bool
    pairs: int
    first: float
    low: float
    high: float
    rank_gain: Quantity
    prompt_residual: float
    pair_residual: float
    measures: tuple[Measured, ...]
    randomised: Quantity
    randomised_pairs: int
    change: Change


class MethodAgreement(Record):
    """How far two methods' difference maps agree, over pairs that both explained.

    Attributes:
        correlation: Mean rank correlation of the words' signed differences.
        top: How many of the largest words are compared.
        overlap: Mean share of the largest words that both name.
        chance: What that share is for two maps that know nothing of each other.
    """

    method: str
    other: str
    kinds_differ: bool
    pairs: int
    correlation: Quantity
    top: int
    overlap: Quantity
    chance: float


class ResponsibleShare(Record):
    """In how many pairs of a run some word is called responsible, templates as clusters.

    Attributes:
        pairs: Pairs that both kinds of method explained.
        called: Share of them in which some word is responsible.
        low: Lower bound of its 95 % interval.
        high: Upper bound of it.
        span: Share in which a changed span is.
        span_low: Lower bound of its 95 % interval.
        span_high: Upper bound of it.
        by_chance: Mean share of shuffled maps in which some word would be.
    """

    pairs: int = Field(ge=1)
    called: float
    low: float
    high: float
    span: float
    span_low: float
    span_high: float
    by_chance: float


class ResponsibleWord(Record):
    """A word (or changed span) of a pair on which both kinds of method agree.

    Attributes:
        place: Its place among the units of the pair's word evidence.
        methods: The methods that name it.
    """

    place: int
    text: str
    reference_text: str
    part: WordPart
    methods: tuple[str, ...]


class ResponsibleWords(Record):
    """Which words of a pair are called responsible for its difference.

    Attributes:
        interventional: Methods of that kind that explained the pair.
        gradient: Methods that follow gradients or relevance.
        words: In reading order.
        reason: Why no word is; empty where one is.
        by_chance: Share of shuffled maps in which some word would be.
    """

    set_id: str
    variant: str
    reference_variant: str
    interventional: tuple[str, ...]
    gradient: tuple[str, ...]
    words: tuple[ResponsibleWord, ...]
    reason: str
    by_chance: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        if bool(self.words) == bool(self.reason):
            raise ValueError("either some word is responsible, or there is a reason why none is")
        return self
