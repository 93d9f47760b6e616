"""Erasure: what if no linear reader could tell the group from the states of one layer?

LEACE is the affine map that makes a concept linearly unreadable and moves the states least:

    r(x) = x - W^+ P W (x - mu),    W = Sigma_xx^(-1/2),    P onto the columns of W Sigma_xz

with mu and Sigma_xx the mean and covariance of the states x and Sigma_xz their covariance with
the concept z. After it Sigma_xz is zero, so no linear classifier does better than the majority
*on the states it was fitted on*; what it does on others is to be measured. It guards against
linear readers only.

Everything is computed in float64: in float32 a gap of about 1e-5 stays.

Source: Belrose et al. 2023, arXiv:2306.03819, theorem 4.2.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from audit.models.architectures import architecture
from audit.models.sites import Site, edited

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from torch import Tensor

    from audit.models.contract import Intervenes

    Matrix = NDArray[np.float64]

_TOLERANCE = 1e-8


@dataclass(frozen=True)
class Eraser:
    """An affine map that takes a concept away; it can only be applied.

    Attributes:
        mean: (d,).
        left: W^+ U, (d, k), with U the directions of the concept in whitened space.
        right: U' W, (k, d).
    """

    mean: Matrix
    left: Matrix
    right: Matrix

    @property
    def rank(self) -> int:
        """How many directions are taken away."""
        return int(self.right.shape[0])

    def __call__(self, x: Matrix) -> Matrix:
        """Return the states without the concept, (..., d)."""
        return x - (x - self.mean) @ self.right.T @ self.left.T


class Moments(NamedTuple):
    """All that an eraser is made of.

    Attributes:
        mean: Of the states, (d,).
        sigma_xx: Their covariance, (d, d).
        sigma_xz: Their covariance with the concept, (d, k).
    """

    mean: Matrix
    sigma_xx: Matrix
    sigma_xz: Matrix


def fit_eraser(x: Matrix, z: Matrix, *, tolerance: float = _TOLERANCE) -> Eraser:
    """Return the least-squares eraser of a concept.

    Args:
        x: States, (n, d), taken in float64.
        z: The concept, one or more numbers a state, (n, k); one-hot for groups.
        tolerance: Directions whose share of the greatest one is smaller count as none.

    Raises:
        ValueError: If there are fewer than two states.
    """
    x, z = np.asarray(x, dtype=np.float64), np.asarray(z, dtype=np.float64)
    n = x.shape[0]
    if n < 2:  # noqa: PLR2004
        raise ValueError(f"an eraser needs two states or more, has {n}")
    mean = x.mean(axis=0)
    centred = x - mean
    cross = centred.T @ (z - z.mean(axis=0)) / n
    moments = Moments(mean, centred.T @ centred / n, cross)
    return eraser_of(moments, tolerance=tolerance)


def eraser_of(moments: Moments, *, tolerance: float = _TOLERANCE) -> Eraser:
    """Return the least-squares eraser of a concept, from moments that were added up."""
    whiten, unwhiten = _roots(moments.sigma_xx, tolerance)
    cross = whiten @ moments.sigma_xz
    directions, sizes, _ = np.linalg.svd(cross, full_matrices=False)
    kept = directions[:, sizes > tolerance * max(float(sizes.max(initial=0.0)), tolerance)]
    return Eraser(mean=moments.mean, left=unwhiten @ kept, right=kept.T @ whiten)


@contextmanager
def erased(model: Intervenes, site: Site, eraser: Eraser) -> Iterator[None]:
    """Take the concept away at every place of a site.

    The first place is left alone, as in ablation: nothing was read before it.

    Raises:
        CapabilityError: If the family has no such part under a known name.
    """

    def edit(flow: Tensor) -> Tensor:
        import torch  # noqa: PLC0415 - erasers are fitted where torch is not loaded

        mean, left, right = (
            torch.from_numpy(part).to(flow.device)
            for part in (eraser.mean, eraser.left, eraser.right)
        )
        states = flow[:, 1:].double()
        changed = states - (states - mean) @ right.T @ left.T
        return torch.cat((flow[:, :1], changed.to(flow.dtype)), dim=1)

    with edited(architecture(model.module), {site: edit}):
        yield


def _roots(sigma: Matrix, tolerance: float) -> tuple[Matrix, Matrix]:
    """Return Sigma^(-1/2) and Sigma^(1/2), both on the space where anything varies."""
    values, vectors = np.linalg.eigh(sigma)
    varies = values > tolerance * max(float(values[-1]), 0.0)
    roots, vectors = np.sqrt(values[varies]), vectors[:, varies]
    return (vectors / roots) @ vectors.T, (vectors * roots) @ vectors.T
