"""Two-way layouts: how rows, columns and the rest share in the variance of a matrix.

Source: two-way random effects without replication, by mean squares, e.g. Searle, Casella &
McCulloch 1992, Variance Components, ch. 4.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """A part of the mean's variance, and its degrees of freedom."""

    variance: float
    df: float


def two_way(m: Matrix) -> tuple[Part, Part, Part]:
    """Return the parts of rows, columns and residual in the variance of a matrix' mean.

    The parts are the mean squares over the number of cells; those of rows and columns hold
    the residual's part as well.

    Args:
        m: Shape (rows, columns), at least two of each, without gaps.
    """
    templates, names = m.shape
    rows, columns = m.mean(axis=1), m.mean(axis=0)
    residual = m - rows[:, np.newaxis] - columns[np.newaxis, :] + m.mean()
    df = (templates - 1) * (names - 1)
    return (
        Part(float(rows.var(ddof=1)) / templates, templates - 1),
        Part(float(columns.var(ddof=1)) / names, names - 1),
        Part(float((residual**2).sum()) / df / m.size, df),
    )
