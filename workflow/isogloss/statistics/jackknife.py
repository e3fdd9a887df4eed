"""95 % intervals by leaving out one block of neighbouring items after another."""

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
    ratios = sizes.sum() / sizes
    pseudo = ratios * z - (ratios - 1) * z_without
    centre = len(without) * z - ((1 - 1 / ratios) * z_without).sum()
    half = stats.t.ppf(0.975, len(without) - 1) * np.sqrt((np.square(pseudo - centre) / (ratios - 1)).mean())
    low, high = np.tanh([z - half, z + half]) if bounded else (z - half, z + half)
    return float(low), float(high)
