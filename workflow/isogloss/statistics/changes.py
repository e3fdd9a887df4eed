"""How much a score changed from one state of a model to another, on the same words or the same items.

A change of a score of items is told by leaving out the same blocks of items before and after. Shares of concepts
are of two clusterings of the same words: concepts are paired by the words that they have in common, and the pairs are
what is resampled and exchanged. So what both clusterings share cancels, and everything that makes a concept fall on the
other side of a threshold counts: the vectors that moved, and the chance in the clustering, which moves concepts without
any reason.
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats
from scipy.optimize import linear_sum_assignment

from isogloss.statistics.jackknife import standard_errors

# What a pair of concepts may be: bits for "counts" and "could count" before, and for both after.
STATES = np.arange(16)
EXCHANGED = STATES >> 2 | (STATES & 3) << 2
NAMES = ("change", "change_low", "change_high", "change_p")


def pair_clusters(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pair the clusters of two clusterings one to one, so that pairs have as many things in common as possible.

    Parameters
    ----------
    before, after
        ``[things]``: the cluster of each; -1 where one clustering lacks it.

    Returns
    -------
    before, after : ndarray of int, ``[pairs]``
        The clusters of each pair, each cluster of either clustering once; -1 for one that is missing.
    """
    ones, others = (np.unique(labels[labels >= 0]) for labels in (before, after))
    shared = (before >= 0) & (after >= 0)
    cells = np.searchsorted(ones, before[shared]) * len(others) + np.searchsorted(others, after[shared])
    common = np.bincount(cells, minlength=len(ones) * len(others)).reshape(len(ones), len(others))
    row, column = linear_sum_assignment(common, maximize=True)
    alone, alone_after = np.delete(ones, row), np.delete(others, column)
    return (
        np.concatenate([ones[row], alone, np.full(len(alone_after), -1)]),
        np.concatenate([others[column], np.full(len(alone), -1), alone_after]),
    )


def paired_change(
    pairs: Sequence[np.ndarray], bootstrap: int, rng: np.random.Generator, null: int = 9_999
) -> dict[str, float]:
    """Give the change of a share of concepts, with its interval and its p, by pairs of concepts.

    The interval resamples pairs (percentiles; Efron 1979). The null exchanges before and after in each pair with
    probability 1/2, which for a plain share is the test of McNemar (1947). Clusterings that differ in their seed alone
    are pooled, and are no further evidence: as many pairs as one clustering has are resampled, and the null is as wide
    as for one.

    Parameters
    ----------
    pairs
        A bool array ``[pairs, 4]`` for each seed of the clustering, none where there is nothing before: whether the
        concept before counts, whether it could count, and the same of the concept after; False of one that is missing.
        A share is what counts of what could.
    bootstrap
        Draws of the interval.
    rng
        Draws interval and null.
    null
        Draws of the null; they cost next to nothing.

    Returns
    -------
    dict
        ``change`` (after minus before), ``change_low`` and ``change_high`` (95 %), and ``change_p``, two-sided,
        (1 + draws at least as far from 0) / (1 + draws) (Phipson & Smyth 2010). All are NaN where nothing could count.
    """
    # Pairs of the same kind are alike, so their numbers are all that is drawn.
    counts = np.zeros(len(STATES), dtype=np.int64)
    for one in pairs:
        counts += np.bincount(one @ (1, 2, 4, 8), minlength=len(STATES))
    change, total = float(difference(counts)), counts.sum()
    if np.isnan(change):
        return dict.fromkeys(NAMES, np.nan)
    drawn = difference(rng.multinomial(round(total / len(pairs)), counts / total, bootstrap))
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    taken = rng.binomial(counts, 0.5, (null, len(STATES)))
    exchanged = difference(counts - taken + taken[:, EXCHANGED]) * np.sqrt(len(pairs))
    far = np.abs(exchanged) >= np.abs(change) - 1e-12
    return dict(zip(NAMES, (change, float(low), float(high), float((1 + far.sum()) / (1 + null))), strict=True))


def paired_change_of_items(before: np.ndarray, after: np.ndarray, sizes: np.ndarray) -> dict[str, np.ndarray]:
    """Give changes of scores of items, with their intervals and their p, by leaving out the same blocks of items.

    Whatever makes items easier or harder before and after alike cancels in the difference, of which the jackknife is
    taken. Items of one block may hang together in any way.

    Parameters
    ----------
    before, after
        ``[scores, 1 + blocks]``: each score of all items, then without each block, see
        :mod:`isogloss.statistics.jackknife`. No blocks, no interval.
    sizes
        ``[blocks]``: items in each block.

    Returns
    -------
    dict
        ``change`` (after minus before), ``change_low``, ``change_high`` (95 %) and ``change_p``, two-sided, each
        ``[scores]``: by Student's t with blocks − 1 degrees of freedom. p is not below 2 ^ (1 − blocks), what the signs
        of all blocks could say. NaN where one of a score's values is, or there are no blocks.
    """
    changes = after - before
    change = changes[:, 0]
    if len(sizes) < 2:
        return {"change": change, **dict.fromkeys(NAMES[1:], np.full(len(change), np.nan))}
    errors, freedom = standard_errors(changes, sizes), len(sizes) - 1
    half = stats.t.ppf(0.975, freedom) * errors
    # What changed in no block did not change.
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where((changes == 0).all(1), 0, np.abs(change) / errors)
    p = np.maximum(2 * stats.t.sf(t, freedom), 2.0**-freedom)
    return dict(zip(NAMES, (change, change - half, change + half, p), strict=True))


def difference(counts: np.ndarray) -> np.ndarray:
    """Give the share after minus the share before, of numbers ``[…, states]``; NaN where nothing could count."""
    hits, could, hits_after, could_after = (counts @ (STATES >> bit & 1) for bit in range(4))
    with np.errstate(invalid="ignore", divide="ignore"):
        return hits_after / could_after - hits / could
