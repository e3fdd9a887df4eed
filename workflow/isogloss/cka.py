"""Linear centred kernel alignment of two representations of the same items."""

import numpy as np

from isogloss.errors import IsoglossError


def linear_cka(base: np.ndarray, tuned: np.ndarray, debiased: bool = False) -> float:
    """Compute linear CKA in feature space (Kornblith et al. 2019, equations 3 and 4).

    ``‖XᵀY‖² / (‖XᵀX‖ ‖YᵀY‖)`` of centred columns costs n·d² where the Gram form costs n²·d.

    Parameters
    ----------
    base, tuned
        ``[n, d1]`` and ``[n, d2]``: the same n items. Computed in double precision.
    debiased
        Use the unbiased estimator of HSIC (Song et al. 2012, equation 5).

    Raises
    ------
    IsoglossError
        If the numbers of items differ or are too small, a value is not finite, or a matrix is constant.
    """
    least = 4 if debiased else 2
    if base.ndim != 2 or tuned.ndim != 2 or len(base) != len(tuned) or len(base) < least:
        raise IsoglossError(
            f"CKA compares two matrices with the same number of rows, at least {least}; "
            f"found {' x '.join(map(str, base.shape))} and {' x '.join(map(str, tuned.shape))}."
        )
    x, y = (np.asarray(matrix, dtype=np.float64) for matrix in (base, tuned))
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise IsoglossError("A matrix holds values that are not finite (NaN or infinity), so it has no CKA.")
    x, y = x - x.mean(0), y - y.mean(0)
    if not (x.any() and y.any()):
        raise IsoglossError("A matrix is constant: all its rows are the same, so it has no CKA.")
    score = unbiased if debiased else biased
    return float(score(x, y) / np.sqrt(score(x, x) * score(y, y)))


def biased(x: np.ndarray, y: np.ndarray) -> float:
    """Give the squared Frobenius norm of XᵀY of centred matrices."""
    return float(np.square(x.T @ y).sum())


def unbiased(x: np.ndarray, y: np.ndarray) -> float:
    """Give n(n − 3) times the unbiased HSIC of linear kernels, without the n × n matrices.

    With the diagonals of K = XXᵀ and L = YYᵀ set to 0 it needs tr(KL), the sums of K and L, and the sum of KL.
    """
    n = len(x)
    a, b = np.square(x).sum(1), np.square(y).sum(1)
    trace = np.square(x.T @ y).sum() - a @ b
    rows_k, rows_l = x @ x.sum(0) - a, y @ y.sum(0) - b
    return float(trace + rows_k.sum() * rows_l.sum() / ((n - 1) * (n - 2)) - 2 * (rows_k @ rows_l) / (n - 2))
