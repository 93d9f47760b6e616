"""Readings: what can be read off a network's states, which does not say that it is used."""

from typing import Annotated, Literal

from pydantic import Field

from audit.records.internals import Component
from audit.records.quantities import Number, Quantity, Undefined
from audit.records.record import Record


class SelectiveNeuron(Record):
    """A neuron that tells a group from the reference group better than names of one group.

    Attributes:
        difference: Mean paired difference over its standard deviation, group minus reference.
        control: The same between two names of the reference group.
        auroc: Chance that the group's value exceeds the reference's, ties counted half.
        same_sign: Share of pairs whose difference has the sign of the mean.
        q: Share of false alarms to expect among neurons picked at this q or below.
    """

    component: Component
    place: Literal["span", "answer"]
    difference: float
    control: float
    auroc: float = Field(ge=0, le=1)
    same_sign: float = Field(ge=0, le=1)
    q: float = Field(ge=0, le=1)


class Selectivity(Record):
    """How many neurons tell one group from the reference group.

    Attributes:
        tested: Neurons times places, all corrected for together.
        counted: How many differ between the groups by more than names of one group do.
        swapped: How many would count if the control's difference were the group's and the
            reverse: what the rule finds where nothing is to be found.
        layers: How many counted neurons each layer has, from the first block up.
        strongest: The counted neurons of least q.
    """

    record: Literal["selectivity"] = "selectivity"
    axis: str
    group: str
    reference: str
    pairs: int
    templates: int
    tested: int
    counted: int
    swapped: int
    layers: tuple[int, ...]
    strongest: tuple[SelectiveNeuron, ...]


class Accuracy(Record):
    """How many samples a classifier read rightly that it was not fitted on.

    Attributes:
        low: Lower bound of the 95 % interval, samples clustered by what was held out; the exact
            interval over clusters where all or none were right.
    """

    kind: Literal["accuracy"] = "accuracy"
    right: int
    of: int
    value: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


Reading = Annotated[Accuracy | Undefined, Field(discriminator="kind")]


class Readability(Record):
    """How well a linear classifier reads something off the states of each layer.

    Attributes:
        target: "group", or "outcome": whether the favourable answer is likelier than for most.
        place: The words that name the group (their mean), or where the answer is read.
        layers: Which, -1 for the embeddings.
        by_template: Accuracy on templates that the classifier was not fitted on, one a layer.
        by_name: The same for names.
        selectivity: Accuracy minus that for labels shuffled over (group, name), by template.
        majority: Accuracy of always saying what is most frequent in the fitted part.
        bag_of_words: Accuracy of a classifier of the words of the case, by template.
    """

    record: Literal["readability"] = "readability"
    axis: str
    target: Literal["group", "outcome"]
    place: Literal["span", "answer"]
    classes: tuple[str, ...]
    samples: int
    layers: tuple[int, ...]
    by_template: tuple[Reading, ...]
    by_name: tuple[Reading, ...]
    selectivity: tuple[Quantity, ...]
    majority: Number
    bag_of_words: Reading
