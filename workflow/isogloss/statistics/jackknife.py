"""95 % intervals by leaving out one block of neighbouring items after another."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy import stats

BLOCKS = 20
# Below this a block is a single item, and 20 of them say too little about the spread.
FEWEST_FOR_INTERVAL = 2 * BLOCKS


def blocks_of(n: int) -> list[slice]:
    """Cut ``n`` items into 20 runs of neighbours of nearly equal size; below 40 items into one."""
    bounds = np.linspace(0, n, (BLOCKS if n >= FEWEST_FOR_INTERVAL else 1) + 1).astype(int)
    return [slice(begin, end) for begin, end in pairwise(bounds.tolist())]


def interval(value: float, without: np.ndarray, sizes: np.ndarray, bounded: bool = True) -> tuple[float, float]:
    """Give the 95 % interval of a value by the delete-a-block jackknife.

    The variance is that of Busing, Meijer & van der Leeden 1999 for blocks of unequal sizes; Student's t with
    blocks − 1 degrees of freedom.

    Parameters
    ----------
    value
        The value of all items.
    without
        ``[blocks]``: the value with each block left out.
    sizes
        ``[blocks]``: items in each block.
    bounded
        The value is like a correlation: the variance is that of Fisher's z, so that the interval stays between −1
        and 1.

    Returns
    -------
    tuple of float
        NaN where a value is, and of a single block.
    """
    if len(without) < 2 or not np.isfinite([value, *without]).all():
        return np.nan, np.nan
    z, z_without = value, without
    if bounded:
        # Identical matrices have CKA 1, where z is infinite.
        z, z_without = (np.arctanh(np.clip(v, -1 + 1e-12, 1 - 1e-12)) for v in (value, without))
    half = stats.t.ppf(0.975, len(without) - 1) * standard_errors(np.r_[z, z_without], sizes)
    low, high = np.tanh([z - half, z + half]) if bounded else (z - half, z + half)
    return float(low), float(high)


def standard_errors(replicates: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Give standard errors by the delete-a-block jackknife, see :func:`interval`.

    Parameters
    ----------
    replicates
        ``[..., 1 + blocks]``: a value of all items, then without each block.
    sizes
        ``[blocks]``: items in each block.

    Returns
    -------
    float64 ``[...]``
    """
    values, without = replicates[..., :1], replicates[..., 1:]
    ratios = sizes.sum() / sizes
    pseudo = ratios * values - (ratios - 1) * without
    centre = len(sizes) * values - ((1 - 1 / ratios) * without).sum(-1, keepdims=True)
    return np.sqrt((np.square(pseudo - centre) / (ratios - 1)).mean(-1))


def replicates_of(value: float, without: Sequence[float] | np.ndarray) -> np.ndarray:
    """Put a value before those without each block, float64 ``[1 + blocks]``; without a single block nothing is left."""
    return np.r_[value, without] if len(without) > 1 else np.array([value])


def kept_without(n: int) -> np.ndarray:
    """Tell, 1 or 0, which of ``n`` items are kept when a block is left out, float64 ``[blocks, n]``.

    There are no blocks where there are too few items for an interval.
    """
    blocks = blocks_of(n)
    if len(blocks) < 2:
        return np.empty((0, n))
    kept = np.ones((len(blocks), n))
    for row, block in zip(kept, blocks, strict=True):
        row[block] = 0
    return kept


def shares_without(hits: np.ndarray) -> np.ndarray:
    """Give the means of columns of ``[n, columns]`` without each block of items, float64 ``[columns, blocks]``."""
    kept = kept_without(len(hits))
    return (kept @ hits / kept.sum(1, keepdims=True)).T
