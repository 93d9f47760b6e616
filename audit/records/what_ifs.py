"""What-ifs: what was tried on a network, what it answered then, and what that cost."""

from typing import Annotated, Literal

from pydantic import Field

from audit.records.findings import Verdict
from audit.records.observations import Observation
from audit.records.probes import Cue, OutcomeKind
from audit.records.quantities import Number, Quantity
from audit.records.record import Record

WhatIfKind = Literal["nothing", "ablation", "erasure", "steering", "removal"]


class Fitted(Record):
    """What the what-ifs of a run were fitted on, and what was chosen there.

    Attributes:
        fitted_on: Variants of the half of the templates that nothing is reported on.
        layer: The layer that writes most of the difference between the groups there; -1 and
            no file where the network could not be looked into.
        file: Below the run folder; safetensors.
        detail: Why there is no file.
    """

    fitted_on: tuple[str, ...]
    layer: int = Field(ge=-1)
    file: str = ""
    digest: str = ""
    detail: str = ""


class Reanswered(Record):
    """What a variant was answered while the network was changed."""

    record: Literal["reanswered"] = "reanswered"
    batch: int
    change: str
    observation: Observation


class NeutralReading(Record):
    """What became of one neutral text, prompt or question while the network was changed.

    Attributes:
        nats: Sum of -log p over the tokens of a text; none for a question.
        divergence: Mean over places of the divergence KL(before || after) of the next token,
            in nats; none for a question.
        right: Whether a question was answered rightly; none for a text.
    """

    record: Literal["neutral"] = "neutral"
    batch: int
    change: str
    item: str
    kind: Literal["text", "prompt", "fact"]
    tokens: int = 0
    nats: float | None = None
    divergence: float | None = None
    right: bool | None = None


class NotRead(Record):
    """A neutral item, or all of them, that could not be read, with the reason."""

    record: Literal["not_read"] = "not_read"
    batch: int
    change: str
    item: str
    detail: str


Trial = Annotated[Reanswered | NeutralReading | NotRead, Field(discriminator="record")]


class Upkeep(Record):
    """What a change does to the model apart from the disparity.

    Attributes:
        log_perplexity: Change of the mean -log p of a token of neutral text, in nats.
        divergence: Mean KL divergence of the next token on neutral prompts, in nats.
        right: Neutral questions answered rightly.
        questions: Asked.
        chance: Share that guessing would get right.
        mass: Mean probability of the offered answers in the sets measured again.
        unanswered: Share of those prompts without a usable answer.
    """

    log_perplexity: Quantity
    divergence: Quantity
    right: int
    questions: int
    chance: float = Field(ge=0, le=1)
    mass: Number
    unanswered: float = Field(ge=0, le=1)


class WhatIf(Record):
    """One change of the network, measured twice: on the disparity and on the model.

    Attributes:
        key: Names the change; a control has the key of what it is a control of.
        control: Whether it is the negative control: as much of something drawn at random.
        what: What was changed, as a phrase.
        sets: Sets that were measured again, none of which anything was fitted on.
        fitted_sets: Sets of the other half of the templates.
        disparity: Under the change, by the ordinary estimator.
        change: The disparity under the change minus that without, from the same prompts.
        moved: Mean absolute change of a prompt's log-odds, in nats.
        verdict: By the ordinary rule, over the sets measured again.
    """

    record: Literal["what_if"] = "what_if"
    key: str
    kind: WhatIfKind
    control: bool
    what: str
    axis: str
    cue: Cue
    group: str
    reference: str
    language: str
    domain: str
    outcome: OutcomeKind
    counted: bool
    sets: int
    fitted_sets: int
    disparity: Quantity
    change: Quantity
    moved: Quantity
    verdict: Verdict
    upkeep: Upkeep
