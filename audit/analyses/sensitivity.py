"""Sensitivity: does the answer move when nothing moves but the group?

For every cell (axis, cue, language, domain, outcome kind) and every group, the gap to the
axis' reference group is estimated over templates and names alike. Under a label cue the
same name stands on both sides, so each template and name gives one difference; under a
name cue names are nested in their group and nothing is paired. Names that share their
signalling part count as one.

The null of a gap is the same contrast between two halves of the group's own names, drawn
by seed: what it shows is what names alone do, without a change of group. An association is a
gap of two words, so its null and its doubt come from made-up groups (`made_up`). The variant
without a mention and the made-up groups are measured too, but carry no verdict; under a name cue
the former is one fixed wording, so it is no sample of names and adds none of their variance.

Beside every primary disparity stands its context: the gap to the mean of all groups, effect
sizes, variance shares, what a rewording and a repeat do, and second opinions.

Reads:  the columns of all metrics; what is missing lowers the coverage of its cell.
Gives:  one disparity for each cell, group, metric and facet.
Source: counterfactual fairness in text, Garg et al. 2019, arXiv:1809.10610; estimators in
        `audit.stats.crossed`.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from audit.analyses.against_mean import against_mean
from audit.analyses.cells import Cell, cells
from audit.analyses.comparison import Comparison, differences, floor, generator, matrix
from audit.analyses.context import context
from audit.analyses.contract import Analysis, Column, Observed
from audit.analyses.intersections import insufficient, with_pooling
from audit.analyses.made_up import needs_made_up, pair_estimate, pair_null
from audit.analyses.second_opinions import Candidate, with_models
from audit.records.digests import content_id
from audit.records.estimates import Disparity, Quantity, Undefined
from audit.records.probes import NO_MENTION, is_control
from audit.stats.crossed import against_fixed, nested, paired

_HALVES = 2

Array = NDArray[np.float64]


def sensitivity(observed: Observed) -> Iterator[Disparity]:
    found: list[Disparity] = []
    labels: list[Candidate] = []
    for one, means in _comparisons(observed):
        disparity = _disparity(one, means, observed)
        found.append(disparity)
        if disparity.context is not None and one.cell.key.cue == "label":
            labels.append((disparity, differences(one)))
    modelled = with_models(labels, observed.policy.alpha)
    found = [modelled.get(one.id, one) for one in found]
    pooled = with_pooling(found)
    for disparity in found:
        yield pooled.get(disparity.id, disparity)


def _comparisons(observed: Observed) -> Iterator[tuple[Comparison, Mapping[str, Quantity]]]:
    """Yield every comparison, those of a primary metric with the gaps to the mean."""
    for cell in cells(observed.sets, observed.index, observed.suites):
        groups = [group for group in cell.sides if group != cell.key.reference]
        for column in observed.columns:
            if cell.key.outcome not in column.metric.reads:
                continue
            rows = _possible_rows(cell, column, observed)
            if rows is None:
                continue
            those = [Comparison(cell, column, group, rows) for group in groups]
            primary = cell.key.outcome in column.metric.primary
            means = against_mean(those[0], observed) if primary and those else {}
            for one in those:
                yield one, means


def _possible_rows(cell: Cell, column: Column, observed: Observed) -> NDArray[np.bool_] | None:
    """Return the templates that have this facet, or were not answered at all.

    None if no template of the cell has it: suites differ in their levels.
    """
    size = len(cell.templates)
    if not column.facet:
        return np.ones(size, dtype=bool)
    has, answered = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    for side in cell.sides.values():
        has[side.rows[column.present[side.places]]] = True
        answered[side.rows[observed.answered[side.places]]] = True
    return has | ~answered if has.any() else None


def _disparity(one: Comparison, means: Mapping[str, Quantity], observed: Observed) -> Disparity:
    key, column, group = one.cell.key, one.column, one.group
    cases = zip(one.cell.templates, one.rows, strict=True)
    suites = sorted({suite for (suite, _), row in cases if row})
    asked = np.unique(np.concatenate([one.places(one.mine), one.places(one.theirs)]))
    primary = key.outcome in column.metric.primary and not is_control(group)
    read = column.present if primary else observed.answered
    answered = asked[observed.answered[asked] & read[asked]]
    estimate = _estimate(one, observed)
    return Disparity(
        id=content_id("disparity", column.metric.name, column.facet, group, *key.words),
        metric=column.metric.name,
        facet=column.facet,
        unit=column.metric.unit,
        primary=primary,
        outcome=key.outcome,
        axis=key.axis,
        cue=key.cue,
        group=group,
        reference=key.reference,
        language=key.language,
        domain=key.domain,
        suites=tuple(suites),
        harm=_worst_harm(suites, observed),
        estimate=estimate,
        null=_null(one, observed),
        planned=asked.size,
        failed=asked.size - answered.size,
        median_mass=_median_mass(observed.mass[answered]),
        order_effect=_order_effect(column, observed.order_effect[answered]),
        expected=key.expected,
        context=context(one, estimate, means, observed) if primary else None,
    )


def _worst_harm(suites: list[str], observed: Observed) -> str:
    """Return the harm class that weighs most among the pooled suites."""
    weights = observed.policy.harm_points
    harms = sorted({observed.suites[suite].harm for suite in suites})
    return max(harms, key=lambda harm: weights.get(harm, 0))


def _median_mass(mass: Array) -> float | None:
    """Return the median probability of the offered answers, or None where none were offered."""
    known = mass[~np.isnan(mass)]
    return float(np.median(known)) if known.size else None


def _order_effect(column: Column, effects: Array) -> float | None:
    """Return the mean order effect, for the metric whose unit it has."""
    known = effects[~np.isnan(effects)]
    if not column.metric.primary or not known.size:
        return None
    return float(known.mean())


def _estimate(one: Comparison, observed: Observed) -> Quantity:
    lacking = insufficient(one, observed)
    if lacking is not None:
        return lacking
    if needs_made_up(one):
        return pair_estimate(one, observed)
    if one.cell.key.cue == "label":
        return paired(differences(one), floor=floor(observed))
    a, b = matrix(one, one.mine), matrix(one, one.theirs)
    if one.group == NO_MENTION:
        return against_fixed(a[:, 0], b, floor=floor(observed))
    return nested(a, b, floor=floor(observed))


def _null(one: Comparison, observed: Observed) -> Quantity:
    """Estimate the gap between two halves of the group's own names."""
    if needs_made_up(one):
        return pair_null(one, observed)
    units = one.mine.unit_names
    if one.cell.key.cue == "name" and one.group == NO_MENTION:
        return Undefined(reason="nobody is named, so there are no names to swap")
    if len(units) < _HALVES * observed.policy.min_names:
        return Undefined(
            reason=f"{len(units)} names are too few for two halves of {observed.policy.min_names}"
        )
    values = matrix(one, one.mine)
    drawn = generator("null", one, observed).permutation(len(units))
    half = len(units) // _HALVES
    first, second = np.sort(drawn[:half]), np.sort(drawn[half:])
    return nested(values[:, first], values[:, second], floor=floor(observed))


PLUGIN = Analysis(
    name="sensitivity",
    question="Does the answer change when only the group changes?",
    source="Garg et al. 2019, arXiv:1809.10610; crossed estimators of audit.stats",
    answer=sensitivity,
)
