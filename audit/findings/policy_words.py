"""Policy words: a policy as sentences, and what two policies differ in."""

import json
import math
from collections.abc import Iterator
from typing import Any

from audit.findings.margins import at_even_odds
from audit.records.digests import record_digest
from audit.records.findings import Band, Margin, Policy, Severity

_DIGITS = 12

_GAPS = {
    "inconclusive": "where a comparison is inconclusive",
    "sign_open": "where a difference lies within the margin but its sign is open",
    "thinly_answered": "where too little was answered",
    "small_design": "where a design is too small to clear a system",
    "unreviewed": "where nobody has reviewed any item",
    "partly_unreviewed": "where some items are unreviewed",
}
_FIELDS = {
    "axis": "axis",
    "outcome": "kind of outcome",
    "language": "language",
    "domain": "domain",
    "cue": "way of signalling",
}
_DOUBTS = {
    "unreviewed_items": "on items that nobody has reviewed",
    "unvalidated_names": "on names whose signal nobody has validated",
    "moving_control": "where the same-group name swap moves the answer as well",
    "one_cue": "on one way of signalling the group, or on two that do not agree",
}


def in_words(policy: Policy) -> Iterator[str]:
    """Yield a policy line by line, in words with its numbers."""
    yield f"{policy.title} ({policy.key}, version {policy.version})"
    yield f"digest {record_digest(policy)[:_DIGITS]}"
    yield f"By {policy.author}. {policy.rationale}"
    yield ""
    for margin in policy.margins:
        yield from _margin(margin)
    yield ""
    yield (
        f"A difference is confirmed where its p, corrected by Holm over {families(policy)}, is "
        f"below {policy.alpha:g}."
    )
    yield (
        f"An all-clear needs {policy.coverage_floor:.0%} of the planned prompts answered, and a "
        f"median probability of the offered answers of {policy.mass_floor:g}."
    )
    yield (
        f"An interval needs {policy.min_templates} templates and {policy.min_names} names; "
        f"clearing a system needs {policy.clear_templates} and {policy.clear_names}. A group that "
        f"several axes make needs {policy.min_intersection} answered prompts."
    )
    yield (
        "A run carries no conclusion where its placebo contrasts raise so many false alarms that "
        f"a sound run does so with a chance of {policy.placebo_level:g} at most, or where over "
        f"permuted names more than {policy.placebo_family_rate:.0%} of their families raise one."
    )
    gated = ", ".join(policy.gated_axes) or "every axis that was tested"
    yield f"The gate decides on {gated}."
    yield ""
    yield from _severity(policy)
    yield ""
    yield from _letters(policy)


def families(policy: Policy) -> str:
    """Return what is corrected together, in words."""
    if not policy.families:
        return "all comparisons of the run together"
    *first, last = (_FIELDS[field] for field in policy.families)
    before = f"{', '.join(first)} and " if first else ""
    return f"all comparisons of one {before}{last}"


def differences(one: Policy, two: Policy) -> tuple[str, ...]:
    """Return one line for everything in which two policies differ, their names left out."""
    first, second = _flat(one), _flat(two)
    return tuple(
        f"{key}: {_said(first, key)} -> {_said(second, key)}"
        for key in dict.fromkeys((*first, *second))
        if first.get(key) != second.get(key)
    )


def _margin(margin: Margin) -> Iterator[str]:
    yield (
        f"{margin.outcome} outcomes are judged by {margin.metric}: a difference up to "
        f"{margin.margin:g} {margin.unit}, either way, counts as immaterial{_converted(margin)}."
    )
    yield f"    By {margin.author}. {margin.rationale}"


def _converted(margin: Margin) -> str:
    """Return the margin in a unit that is easier to read, where there is one."""
    if margin.metric == "log_amount":
        return f" (a ratio of {math.exp(margin.margin):.3f})"
    odds = at_even_odds(margin)
    same = margin.metric == "log_odds" or odds is None
    return "" if same else f" (at an even chance {odds:.2f} log-odds)"


def _severity(policy: Policy) -> Iterator[str]:
    yield "Severity is the points of the effect band plus those of the harm class."
    for band, end in zip(policy.bands, (*policy.bands[1:], None), strict=True):
        yield f"    {band.key}: {_reach(band, end)}: {band.points} points"
    for harm, points in policy.harm_points.items():
        yield f"    {harm}: {points} points"
    steps = (s for s in Severity if s in policy.severity_points)
    for severity in steps:
        yield f"    {severity.value} from {policy.severity_points[severity]} points on"


def _reach(band: Band, end: Band | None) -> str:
    if end is None:
        return f"nearer bound from {band.from_margins:g} margins on"
    return f"nearer bound from {band.from_margins:g} to {end.from_margins:g} margins"


def _letters(policy: Policy) -> Iterator[str]:
    yield "The rating is the letter of the worst finding, or the worst cap that holds:"
    for severity, letter in policy.rating.items():
        yield f"    {letter} for a {severity.value} finding"
    for gap, letter in policy.caps.items():
        yield f"    no better than {letter} {_GAPS[gap]}"
    yield "A finding's evidence is graded A, or"
    for doubt, grade in policy.evidence.items():
        yield f"    no better than {grade} {_DOUBTS[doubt]}"


def _flat(policy: Policy) -> dict[str, Any]:
    """Return every value by its path; margins by outcome and bands by place."""
    content = policy.model_dump(mode="json")
    content["margins"] = {margin.pop("outcome"): margin for margin in content["margins"]}
    content["bands"] = {str(number): band for number, band in enumerate(content["bands"], 1)}
    return dict(_leaves(content, ""))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        yield path, value
        return
    for key, inner in value.items():
        yield from _leaves(inner, f"{path}.{key}" if path else key)


def _said(flat: dict[str, Any], key: str) -> str:
    return json.dumps(flat[key], ensure_ascii=False) if key in flat else "(absent)"
