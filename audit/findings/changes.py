"""Changes: what became of each finding between two runs of one system.

A difference that is no longer confirmed is not mended: mended is what was found before and is
now shown to lie within the margin. Likewise regressed is what was shown clear before.
"""

from collections.abc import Sequence

from audit.records.comparisons import Change, ChangeState
from audit.records.findings import Finding, Verdict

_CLEAR = (Verdict.TRIVIAL, Verdict.NO_MATERIAL_BIAS)


def changes(earlier: Sequence[Finding], later: Sequence[Finding]) -> tuple[Change, ...]:
    """Return what was found in either run, in the later run's order.

    Args:
        earlier: Every judged comparison of the earlier run.
        later: Every judged comparison of the later run, by the same policy.
    """
    before = {finding.fingerprint: finding for finding in earlier}
    found = []
    for now in later:
        then = before.get(now.fingerprint)
        state = None if then is None else _state(then, now)
        if then is not None and state is not None:
            found.append(Change(fingerprint=now.fingerprint, state=state, earlier=then, later=now))
    return tuple(found)


def _state(then: Finding, now: Finding) -> ChangeState | None:
    if now.counts:
        if then.counts:
            return "persisting"
        return "regressed" if then.verdict in _CLEAR else "new"
    if not then.counts:
        return None
    return "mended" if now.verdict in _CLEAR else "unsettled"
