"""Complete cases: which rows and columns of a matrix with gaps to keep.

The crossed estimators need every template with every name. Filling gaps would invent
answers, so rows or columns go. The rule looks at which answers are missing and never at
what was answered, and does not depend on any order:

1. what is empty throughout goes (a name that could not be encoded, a blocked template);
2. then every row that lacks anything goes;
3. if that loses more than half of the rows, every column that lacks anything goes instead.

What went missing is not forgotten: it lowers the coverage of the cell.
"""

import numpy as np
from numpy.typing import NDArray

_MOST_ROWS_LOST = 0.5


def complete_cases(m: NDArray[np.float64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows and which columns to keep, so that no gap remains.

    Args:
        m: Shape (rows, columns), NaN where missing.

    Returns:
        Masks of shape (rows,) and (columns,).
    """
    present = ~np.isnan(m)
    rows = np.asarray(present.any(axis=1))
    columns = np.asarray(present.any(axis=0))
    full_rows = rows & np.asarray(present[:, columns].all(axis=1))
    if full_rows.sum() >= (1 - _MOST_ROWS_LOST) * rows.sum():
        return full_rows, columns
    return rows, columns & np.asarray(present[rows].all(axis=0))
