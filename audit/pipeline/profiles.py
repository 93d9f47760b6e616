"""Profiles: named depths of a run, everywhere the same; a depth stands in the run's digest."""

from audit.records.runs import Depth, Profile

_METHODS = ("integrated_gradients", "occlusion")

_INTERNALS = ("activation_functions", "activation_map", "attention_map", "logit_lens", "writers")

_DEPTHS: dict[Profile, Depth] = {
    "quick": Depth(
        templates=12,
        names=6,
        explained=2,
        explained_findings=5,
        methods=_METHODS,
        internals=_INTERNALS,
        screened=24,
        what_if_sets=16,
    ),
    "standard": Depth(
        templates=0,
        names=10,
        explained=4,
        explained_findings=8,
        methods=_METHODS,
        internals=_INTERNALS,
        screened=120,
        what_if_sets=32,
    ),
    "deep": Depth(
        templates=0,
        names=0,
        explained=12,
        explained_findings=16,
        methods=_METHODS,
        internals=_INTERNALS,
        screened=500,
        what_if_sets=48,
    ),
}
_NETWORK_SPIKES: dict[Profile, int] = {"quick": 3, "standard": 12, "deep": 30}


def depth(profile: Profile) -> Depth:
    """Return what a profile means."""
    return _DEPTHS[profile].model_copy(update={"network_spikes": _NETWORK_SPIKES[profile]})
