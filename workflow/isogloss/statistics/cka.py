"""Linear centred kernel alignment of two representations of the same items."""

import threading
from dataclasses import dataclass

import numpy as np

from isogloss.errors import IsoglossError
from isogloss.statistics.jackknife import blocks_of, interval

KEPT = threading.local()
USUAL = 2.0**30  # single precision ends at 2 ** 128, and products of squares are taken


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
    check_items(base.shape, tuned.shape, 4 if debiased else 2)
    x, y = centred(base), centred(tuned)
    score = unbiased if debiased else biased
    return float(score(x, y) / np.sqrt(score(x, x) * score(y, y)))


def check_items(base: tuple[int, ...], tuned: tuple[int, ...], least: int) -> None:
    """Raise an IsoglossError unless both shapes are matrices of the same items, at least ``least``."""
    if len(base) != 2 or len(tuned) != 2 or base[0] != tuned[0] or base[0] < least:
        raise IsoglossError(
            f"CKA compares two matrices with the same number of rows, at least {least}; "
            f"found {' x '.join(map(str, base))} and {' x '.join(map(str, tuned))}."
        )


def centred(matrix: np.ndarray) -> np.ndarray:
    """Give a matrix in double precision with column means of 0; raise an IsoglossError if it has no CKA."""
    # A copy: the caller's array stays as it is.
    x = np.array(matrix, dtype=np.float64)
    if not np.isfinite(x).all():
        raise IsoglossError("A matrix holds values that are not finite (NaN or infinity), so it has no CKA.")
    # Before centring: the mean of equal numbers need not be that number to the last digit.
    if (x == x[0]).all():
        raise IsoglossError("A matrix is constant: all its rows are the same, so it has no CKA.")
    x = scaled(x)
    x -= x.mean(0)
    return x


def scaled(matrix: np.ndarray) -> np.ndarray:
    """Bring numbers so large or small that their squares would be infinite or 0 near 1, by a power of two.

    For measures that do not depend on the scale. Any other matrix is given back as it is.
    """
    largest = np.abs(matrix).max()
    if 1 / USUAL < largest < USUAL:
        return matrix
    return np.ldexp(matrix, -np.frexp(largest)[1])


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


class Representation:
    """One side of many comparisons: centred once, its own terms computed once.

    Column 0 of the arrays below stands for all items, column 1 + b for all items but those of block b.

    Parameters
    ----------
    matrix
        ``[n, d]``; the caller's array is not kept. Products of half and single precision vectors are taken in single
        precision within a block of items; they are added up, and everything else is computed, in double precision.

    Attributes
    ----------
    n, d
        Items and dimensions.
    items
        ``[n, d]``, column means 0; float32 or float64.
    blocks
        20 runs of neighbouring items as slices; below 40 items one.
    kept
        int ``[1 + blocks]``: number of items that are not left out.
    squares
        float64 ``[n]``: squared lengths of the items, the diagonal of the kernel K.
    pulls
        float64 ``[n, 1 + blocks]``: product of an item with the sum of the items left out; 0 for those themselves.
    rows
        float64 ``[n, 1 + blocks]``: row sums of K over the items kept, without its diagonal; 0 for those left out.
    lengths
        float64 ``[1 + blocks]``: squared length of the sum of the items left out.
    own
        float64 ``[2, 1 + blocks]``: HSIC with itself, see :func:`hsics`.

    Raises
    ------
    IsoglossError
        If there are fewer than two items, a value is not finite, or the matrix is constant.
    """

    def __init__(self, matrix: np.ndarray):
        check_items(matrix.shape, matrix.shape, 2)
        self.n, self.d = matrix.shape
        x = centred(matrix)
        self.blocks = blocks_of(self.n)
        self.kept = self.n - np.r_[0, [block.stop - block.start for block in self.blocks]]
        self.squares = np.square(x).sum(1)
        sums = np.stack([np.zeros(self.d), *(x[block].sum(0) for block in self.blocks)])
        self.lengths = np.square(sums).sum(1)
        self.pulls = x @ sums.T
        # All columns sum to 0, so the sum of the items kept is the negative of the sum of those left out.
        self.rows = -self.pulls - self.squares[:, None]
        for column, block in enumerate(self.blocks, 1):
            self.pulls[block, column] = self.rows[block, column] = 0
        self.items = x.astype(np.float32) if matrix.dtype in (np.float16, np.float32) else x
        self.own = hsics(self, self)


@dataclass(frozen=True)
class Alignment:
    """CKA of two representations and what must stand beside it.

    Attributes
    ----------
    cka, debiased
        With the biased (Kornblith et al. 2019, equations 3 and 4) and the unbiased estimator of HSIC (Song et al.
        2012, equation 5); the second is NaN below 4 items.
    low, high, debiased_low, debiased_high
        95 % intervals, see :func:`isogloss.statistics.jackknife.interval`; NaN below 40 items.
    null_mean
        The mean of ``cka`` over all permutations of one side's items, exactly: tr K · tr L / ((n − 1) ‖K‖ ‖L‖) of the
        centred kernels K and L.
    n
        Items.
    without
        ``[2, blocks]``: ``cka`` and ``debiased`` with each block of items left out.
    """

    cka: float
    debiased: float
    low: float
    high: float
    debiased_low: float
    debiased_high: float
    null_mean: float
    n: int
    without: np.ndarray


def compare(base: Representation, tuned: Representation, norms: np.ndarray | None = None) -> Alignment:
    """Compute linear CKA, plain and debiased, with intervals.

    Parameters
    ----------
    base, tuned
        The two sides.
    norms
        What :func:`cross_norms` gives of them, for callers that have it more cheaply, see :func:`kernel_norms`.

    Raises
    ------
    IsoglossError
        If the numbers of items differ.
    """
    check_items((base.n, base.d), (tuned.n, tuned.d), 2)
    # A few equal rows may be all that is left when a block is out: no value then, and no interval.
    with np.errstate(divide="ignore", invalid="ignore"):
        plain, debiased = hsics(base, tuned, norms) / np.sqrt(base.own * tuned.own)
    null = base.squares.sum() * tuned.squares.sum() / ((base.n - 1) * np.sqrt(base.own[0, 0] * tuned.own[0, 0]))
    sizes = base.n - base.kept[1:]
    intervals = (*interval(plain[0], plain[1:], sizes), *interval(debiased[0], debiased[1:], sizes))
    without = np.stack([plain[1:], debiased[1:]])
    return Alignment(float(plain[0]), float(debiased[0]), *intervals, float(null), base.n, without)


def hsics(x: Representation, y: Representation, norms: np.ndarray | None = None) -> np.ndarray:
    """Give HSIC, plain and unbiased, of all items and with each block of items left out, at the cost of one XᵀY.

    Leaving out block b moves the means. With s_b and t_b the sums of the block's items and m items left, the plain
    form is ``‖XᵀY − X_bᵀY_b − s_b t_bᵀ / m‖²``. The unbiased form, see :func:`unbiased`, does not depend on the
    means; only its sums change.

    Returns
    -------
    float64 ``[2, 1 + blocks]``
        Plain HSIC times (n − 1)² and unbiased HSIC times n(n − 3): the factors cancel in CKA. NaN where too few
        items are left.
    """
    norms = cross_norms(x, y) if norms is None else norms
    diagonal = x.squares * y.squares
    diagonals = diagonal.sum() - np.r_[0, [diagonal[block].sum() for block in x.blocks]]
    m = x.kept
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = norms - 2 * (x.pulls * y.pulls).sum(0) / m + x.lengths * y.lengths / m**2
        sums = x.rows.sum(0) * y.rows.sum(0) / ((m - 1) * (m - 2))
        debiased = norms - diagonals + sums - 2 * (x.rows * y.rows).sum(0) / (m - 2)
    return np.stack([np.where(m >= 2, plain, np.nan), np.where(m >= 4, debiased, np.nan)])


def cross_norms(x: Representation, y: Representation) -> np.ndarray:
    """Give ``‖XᵀY‖²`` of all items, and of all but each block: ``‖XᵀY − X_bᵀY_b‖²``; float64 ``[1 + blocks]``."""
    products, squared = scratch((len(x.blocks), x.d, y.d)), []
    for place, block in enumerate(x.blocks):
        products[place] = x.items[block].T @ y.items[block]
        squared.append(np.vdot(products[place], products[place]))
    whole = products.sum(0).ravel()
    total = whole @ whole
    return np.r_[total, total - 2 * (products.reshape(len(x.blocks), -1) @ whole) + squared]


def kernel_norms(k: np.ndarray, m: np.ndarray, blocks: list[slice]) -> np.ndarray:
    """Give what :func:`cross_norms` gives from the kernels ``[n, n]`` of both sides: n² steps, not n·d².

    ``‖XᵀY‖²`` is the sum of the entries of K ∘ M, K = XXᵀ and M = YYᵀ of centred items.
    """
    starts = [block.start for block in blocks]
    cells = np.add.reduceat(np.add.reduceat(k * m, starts, axis=1, dtype=np.float64), starts, axis=0)
    return cells.sum() - np.r_[0, cells.sum(0) + cells.sum(1) - np.diag(cells)]


def scratch(shape: tuple[int, ...]) -> np.ndarray:
    """Give an array whose content is of no account, the same one again while the shape stays the same.

    At 768 dimensions it takes 94 MB, and fresh memory of that size takes longer to be had than to be filled.
    """
    if getattr(KEPT, "shape", None) != shape:
        KEPT.shape, KEPT.array = shape, np.empty(shape)
    return KEPT.array
