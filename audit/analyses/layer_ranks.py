"""Layer ranks: where the difference stands layer by layer, and whether sensitive layers carry it.

The curves of the stream (moved at the group's words, at the place of the answer) and of the
gradient's length are means over pairs with templates as clusters. A layer that reacts to any
small perturbation need not be one that passes the group's difference on; how alike the two
rank the layers is a rank correlation, pair by pair.

Reads:  the views of `network_sensitivity`, `patching` and `stream_patching`.
Gives:  one `LayerCurve` for each curve, and a `RankAgreement`.
Source: Spearman 1904, American Journal of Psychology 15:72.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from audit.analyses.contract import Account, View
from audit.analyses.views import Array, bearing, numbers, over_templates
from audit.records.inside import LayerCurve
from audit.records.mediation import RankAgreement
from audit.records.quantities import Undefined
from audit.stats.ranks import spearman

STREAM = {
    "words": "log-odds moved with the stream at the group's words",
    "answer": "log-odds moved with the stream where the answer is read",
}
SENSITIVE = "length of the gradient of the log-odds"
LAYERS = "exact effect of what a layer adds"


def layer_ranks(views: Mapping[str, Iterable[View]]) -> Iterator[LayerCurve | RankAgreement]:
    """Yield the curves, then how alike two of them rank the layers."""
    stream = list(views["stream_patching"])
    for name, quantity in STREAM.items() if stream else ():
        rows = np.stack([bearing(one) * numbers(one, name).mean(axis=0) for one in stream])
        yield _curve("stream_patching", quantity, rows, stream)
    sensitive = {_key(view): view for view in views["network_sensitivity"]}
    if sensitive:
        every = list(sensitive.values())
        rows = np.stack([numbers(view, "norm")[:, 0] for view in every])
        yield _curve("network_sensitivity", SENSITIVE, rows, every)
    both = [(sensitive[key], one) for one in views["patching"] if (key := _key(one)) in sensitive]
    if both:
        yield _agreement(both)


def _curve(question: str, quantity: str, rows: Array, views: Sequence[View]) -> LayerCurve:
    return LayerCurve(
        question=question,
        quantity=quantity,
        unit="log-odds",
        layers=over_templates(rows, [view.look.template for view in views]),
    )


def _agreement(both: Sequence[tuple[View, View]]) -> RankAgreement:
    layers = both[0][0].arrays["norm"].shape[0]
    known = [
        (value, exact.look.template)
        for sensitive, exact in both
        if (value := spearman(*_sizes(sensitive, exact))) is not None
    ]
    correlation = (
        over_templates(np.array([[value] for value, _ in known]), [one for _, one in known])[0]
        if known
        else Undefined(reason="a ranking of the layers does not vary")
    )
    return RankAgreement(one=SENSITIVE, two=LAYERS, layers=layers, correlation=correlation)


def _sizes(sensitive: View, exact: View) -> tuple[Array, Array]:
    """Return a pair's two columns over layers."""
    return numbers(sensitive, "norm")[:, 0], np.abs(numbers(exact, "layer").mean(axis=0))


def _key(view: View) -> tuple[str, str, str]:
    return view.look.set_id, view.look.variant, view.look.reference_variant


PLUGIN = Account(
    name="layer_ranks",
    question="Where on its way does the difference stand, and do sensitive layers carry it?",
    source="Spearman 1904, American Journal of Psychology 15:72",
    reads=("network_sensitivity", "patching", "stream_patching"),
    answer=layer_ranks,
)
