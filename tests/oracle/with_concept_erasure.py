"""concept-erasure: the closed form of LEACE, its shrinkage off, and what it leaves of a group."""

import numpy as np
import torch
from concept_erasure import LeaceFitter

from audit.internals.erasure import fit_eraser
from tests.oracle.rows import largest, tell

STATES, WIDTH, GROUPS = 600, 32, 3


def drawn():
    """States with a mean for each group and directions of very different size."""
    rng = np.random.default_rng(0)
    group = rng.integers(0, GROUPS, STATES)
    mixing = rng.standard_normal((WIDTH, WIDTH)) * np.geomspace(0.1, 10, WIDTH)
    x = rng.standard_normal((STATES, WIDTH)) @ mixing
    return x + rng.standard_normal((GROUPS, WIDTH))[group] * 3, np.eye(GROUPS)[group]


def main():
    x, z = drawn()
    states, groups = torch.from_numpy(x), torch.from_numpy(z)
    fitter = LeaceFitter(WIDTH, GROUPS, dtype=torch.float64, shrinkage=False)
    fitter.update(states, groups)
    theirs = fitter.eraser(states)
    ours = torch.from_numpy(fit_eraser(x, z)(x))
    means = torch.stack([ours[groups[:, n] == 1].mean(dim=0) for n in range(GROUPS)])
    before = torch.stack([states[groups[:, n] == 1].mean(dim=0) for n in range(GROUPS)])
    off = largest(ours - theirs)
    tell("concept-erasure", "states after erasure", off, 1e-9, largest(ours - states))
    gap, gap_before = largest(means - means[0]), largest(before - before[0])
    tell("concept-erasure", "what is left of the groups' means", gap, 1e-10, gap_before)


if __name__ == "__main__":
    main()
