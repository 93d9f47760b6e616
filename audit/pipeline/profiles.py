"""Profiles: named depths of a run, everywhere the same; a depth stands in the run's digest."""

from audit.records.runs import Depth, Profile

_METHODS = ("integrated_gradients", "occlusion")
_MORE_METHODS = (*_METHODS, "relevance_propagation")
_ALL_METHODS = (
    *_MORE_METHODS,
    "conservative_propagation",
    "input_x_gradient",
    "saliency",
)

_INTERNALS = ("activation_functions", "activation_map", "attention_map", "logit_lens", "writers")

_READINGS = ("diagnostic_classifier", "neuron_selectivity")

_PATCHING = (
    "attribution_patching",
    "network_sensitivity",
    "patching",
    "path_patching",
    "stream_patching",
)

_QUICK = Depth(
    templates=12,
    names=6,
    explained=2,
    explained_findings=5,
    tried=3,
    randomised=2,
    methods=_METHODS,
    internals=_INTERNALS,
    screened=24,
)
_STANDARD = Depth(
    templates=0,
    names=10,
    explained=4,
    explained_findings=8,
    tried=24,
    randomised=8,
    methods=_MORE_METHODS,
    internals=(*_INTERNALS, *_READINGS, *_PATCHING),
    screened=120,
    what_if_sets=32,
    patched=12,
)
_DEEP = Depth(
    templates=0,
    names=0,
    explained=3,  # 48 pairs in all
    explained_findings=16,
    tried=48,
    randomised=12,
    methods=_ALL_METHODS,
    internals=(*_INTERNALS, *_READINGS, *_PATCHING),
    screened=500,
    what_if_sets=48,
    patched=48,
)
_DEPTHS: dict[Profile, Depth] = {"quick": _QUICK, "standard": _STANDARD, "deep": _DEEP}
_NETWORK_SPIKES: dict[Profile, int] = {"quick": 2, "standard": 12, "deep": 12}


def depth(profile: Profile) -> Depth:
    """Return what a profile means."""
    return _DEPTHS[profile].model_copy(update={"network_spikes": _NETWORK_SPIKES[profile]})
