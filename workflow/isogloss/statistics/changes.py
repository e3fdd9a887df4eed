"""How much a share of concepts changed from one clustering of words to another clustering of the same words.

Concepts of two clusterings are paired by the words that they have in common, and the pairs are what is resampled and
exchanged. So what both clusterings share cancels, and everything that makes a concept fall on the other side of a
threshold counts: the vectors that moved, and the chance in the clustering, which moves concepts without any reason.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

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


def difference(counts: np.ndarray) -> np.ndarray:
    """Give the share after minus the share before, of numbers ``[…, states]``; NaN where nothing could count."""
    hits, could, hits_after, could_after = (counts @ (STATES >> bit & 1) for bit in range(4))
    with np.errstate(invalid="ignore", divide="ignore"):
        return hits_after / could_after - hits / could
