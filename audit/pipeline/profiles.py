"""Profiles: named depths of a run, everywhere the same; a depth stands in the run's digest."""

from audit.records.runs import Depth, Profile

_METHODS = ("integrated_gradients", "occlusion")

_QUICK = Depth(
    templates=12,
    names=6,
    explained=2,
    explained_findings=5,
    tried=4,
    randomised=4,
    methods=_METHODS,
)
_STANDARD = Depth(
    templates=0,
    names=10,
    explained=4,
    explained_findings=8,
    tried=24,
    randomised=8,
    methods=_METHODS,
)
_DEEP = Depth(
    templates=0,
    names=0,
    explained=3,  # 48 pairs in all
    explained_findings=16,
    tried=48,
    randomised=12,
    methods=_METHODS,
)
_DEPTHS: dict[Profile, Depth] = {"quick": _QUICK, "standard": _STANDARD, "deep": _DEEP}


def depth(profile: Profile) -> Depth:
    """Return what a profile means."""
    return _DEPTHS[profile]
