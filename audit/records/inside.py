"""Inside: what was concluded about the network over all pairs, each number with its doubt."""

from typing import Annotated, Literal

from pydantic import Field

from audit.records.mediation import Mediation, Mediator, Path, RankAgreement
from audit.records.quantities import Quantity
from audit.records.readings import Readability, Selectivity
from audit.records.record import Record
from audit.records.units import LayerHealth, OutlierDimensions
from audit.records.what_ifs import WhatIf
from audit.records.writing import Contributions, LayerShares


class LayerCurve(Record):
    """A number for each layer, pooled over pairs with templates as clusters.

    Attributes:
        question: The plugin that saw it.
        quantity: What is counted, e.g. "log-odds read at the answer".
        layers: One a layer, from the first block up.
        control: The same for two names of one group, or for shuffled pairs; empty for none.
    """

    record: Literal["layer_curve"] = "layer_curve"
    question: str
    quantity: str
    unit: str
    layers: tuple[Quantity, ...]
    control: tuple[Quantity, ...] = ()


Inside = Annotated[
    Contributions
    | LayerCurve
    | LayerHealth
    | LayerShares
    | Mediation
    | Mediator
    | OutlierDimensions
    | Path
    | RankAgreement
    | Readability
    | Selectivity
    | WhatIf,
    Field(discriminator="record"),
]
