"""Each method finds what a network that was taught one mechanism rests on, as far as it can.

Floors on the mean over networks of the part of a map that falls on the true causes, of texts
that every network answers rightly. A map that knows nothing gets `chance`.
"""

import numpy as np
import pytest
import torch

from audit.attribution import (
    integrated_gradients,
    occlusion,
    relevance_shares,
    saliency,
)
from audit.attribution.relevance_flow import relevance_flow
from tests.attribution.planted_cue import explained, mass_accuracy, texts, trained

SEEDS = (0, 1)
TEXTS = 50


@pytest.fixture(scope="module")
def networks():
    torch.set_num_threads(1)
    return [trained(seed) for seed in SEEDS]


def mass(networks, share, through=None):
    """The mean mass accuracy over networks and texts."""
    found = []
    for seed, model in enumerate(networks):
        drawn = texts(np.random.default_rng(1000 + seed), TEXTS)
        prompts = [explained(model, ids) for ids in drawn.ids]
        if through is None:
            maps = [share(prompt).values for prompt in prompts]
        else:
            with relevance_flow(model, through):
                maps = [share(prompt).values for prompt in prompts]
        found += [mass_accuracy(m, c) for m, c in zip(maps, drawn.causes, strict=True)]
    return float(np.mean(found))


def test_the_floors(networks):
    assert mass(networks, integrated_gradients.share) >= 0.55
    assert mass(networks, relevance_shares.share, "weights and values") >= 0.55
    assert mass(networks, relevance_shares.share, "values") >= 0.55
    assert mass(networks, occlusion.share) >= 0.65


def test_a_map_that_knows_nothing_stays_below(networks):
    """Controls: random maps, and the plain gradient's length, which the floors tell apart."""
    rng = np.random.default_rng(0)

    def chance(prompt):
        return relevance_shares.Shares(tuple(rng.random(len(prompt.words))), 0.0, 0.0)

    assert mass(networks, chance) < 0.15
    assert mass(networks, saliency.share) < 0.55


def test_relevance_of_a_network_that_learnt_nothing_falls_anywhere(networks):
    """Control: the floors are the trained mechanism's, not the method's taste for rare words."""
    from transformers import LlamaForCausalLM

    torch.manual_seed(0)
    untaught = [LlamaForCausalLM(m.config).requires_grad_(False).eval() for m in networks]
    assert mass(untaught, relevance_shares.share, "weights and values") < 0.3
