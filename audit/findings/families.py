"""Families: which comparisons are corrected together, by the policy's own fields.

By default one axis and kind of outcome: every group, language, domain and cue of it. Fewer fields
make larger families. Where a difference is expected the question is another one, so its cells
are a family apart whatever the policy says.
"""

from collections.abc import Sequence

from audit.records.estimates import Disparity
from audit.records.findings import Policy
from audit.stats.multiplicity import holm

Family = tuple[str, ...]


def family(one: Disparity, policy: Policy) -> Family:
    """Return the family of a primary disparity."""
    apart = () if one.expected == "invariance" else (one.expected,)
    return (*(str(getattr(one, field)) for field in policy.families), *apart)


def holm_by_family(
    families: Sequence[Family], p_values: Sequence[float | None]
) -> list[float | None]:
    """Return the p-values, each adjusted over its family; what was not tested stays None."""
    members: dict[Family, list[int]] = {}
    for place, one in enumerate(families):
        members.setdefault(one, []).append(place)
    adjusted: list[float | None] = [None] * len(p_values)
    for places in members.values():
        for place, p in zip(places, holm([p_values[n] for n in places]), strict=True):
            adjusted[place] = p
    return adjusted
