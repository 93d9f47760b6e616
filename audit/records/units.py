"""Units: how a network's neurons and dimensions work on one suite, counted."""

from typing import Literal

from pydantic import Field

from audit.records.record import Record


class LayerHealth(Record):
    """How the units of one layer work on this suite.

    Attributes:
        function: The activation function's name.
        neurons: Of the MLP.
        positions: Places counted: words' tokens, each distinct prompt once a pair, the first
            place of a prompt never.
        firing: Share of (position, neuron) at which the neuron fires.
        inactive: Neurons that fired at no position.
        inactive_bound: With 95 % confidence such a neuron fires at no more than this share of
            positions like these, by the rule of three; positions of one text hang together, so
            the true bound is wider.
        always_on: Neurons that fired at more than 99 % of positions.
        kurtosis: Excess kurtosis of the residual stream after the layer; 0 for a normal one.
        greatest: Largest absolute value in that stream.
        massive: (position, dimension) at which it is massive by the fixed rule.
        massive_adaptive: The same by the rule that knows the state's median alone.
        first_greatest: As `greatest`, at the first place of the prompts.
        first_massive: Prompts' first places counted likewise.
    """

    record: Literal["layer_health"] = "layer_health"
    layer: int = Field(ge=0)
    function: str
    neurons: int
    positions: int
    pairs: int
    templates: int
    firing: float = Field(ge=0, le=1)
    inactive: int
    inactive_bound: float = Field(ge=0, le=1)
    always_on: int
    kurtosis: float
    greatest: float
    massive: int
    massive_adaptive: int
    first_greatest: float
    first_massive: int
    first_massive_adaptive: int


class OutlierDimensions(Record):
    """Dimensions of the residual stream whose values are far larger than the others'.

    Attributes:
        form: "fixed": |x| >= 6 at 6 % of positions or more, in a quarter of the layers or more;
            "adaptive": the same for |x| >= 6 times the state's root mean square.
        dimensions: Their numbers, counted from 0.
        width: Of the stream.
        share_bound: With 95 % confidence a dimension that never was that large is so at no more
            than this share of positions like these, by the rule of three.
    """

    record: Literal["outlier_dimensions"] = "outlier_dimensions"
    form: Literal["fixed", "adaptive"]
    dimensions: tuple[int, ...]
    width: int
    layers: int
    positions: int
    share_bound: float = Field(ge=0, le=1)
