"""Are two spaces organised alike? These measures do not change, or hardly, when one space is turned or moved.

CKA is in :mod:`isogloss.statistics.cka`.
"""

from dataclasses import dataclass

import numpy as np

from isogloss.measures.space_similarity.spaces import Space
from isogloss.statistics.cka import Representation
from isogloss.statistics.jackknife import blocks_of, interval


def neighbour_overlap(x: Space, y: Space) -> np.ndarray:
    """Give the share of each item's k nearest neighbours that both languages have (mutual kNN, Huh et al. 2024).

    Neighbours are by cosine, each within its own language. Chance is k / (n − 1).

    Returns
    -------
    float64 ``[n]``
        The measure is its mean.
    """
    return np.take_along_axis(y.is_near, x.nearest, axis=1).mean(1)


@dataclass(frozen=True)
class Neighbourhoods:
    """Who is near whom in one language when blocks of items are left out, one after another.

    Attributes
    ----------
    candidates
        int ``[n, c]``: for each item those that are among its k nearest whatever block is left out.
    near
        uint32 ``[n, c]``: bit b tells whether the candidate is one of the k nearest without block b; none of an item of
        that block.
    dense
        uint32 ``[n, n]``: the same of all items.
    """

    candidates: np.ndarray
    near: np.ndarray
    dense: np.ndarray

    @classmethod
    def of(cls, cosines: np.ndarray, neighbours: int) -> "Neighbourhoods | None":
        """Find them from the cosines ``[n, n]`` of all items; None where there are too few items for an interval."""
        n, blocks = len(cosines), blocks_of(len(cosines))
        largest = max(block.stop - block.start for block in blocks)
        if len(blocks) < 2 or n - largest <= neighbours:
            return None
        others = cosines.copy()
        np.fill_diagonal(others, -np.inf)
        most = neighbours + largest
        candidates = np.argpartition(others, -most, axis=1)[:, -most:]
        order = np.argsort(-np.take_along_axis(others, candidates, axis=1), axis=1, kind="stable")
        candidates = np.take_along_axis(candidates, order, axis=1)
        near = np.zeros(candidates.shape, dtype=np.uint32)
        for place, block in enumerate(blocks):
            kept = (candidates < block.start) | (candidates >= block.stop)
            nearest = kept & (np.cumsum(kept, axis=1) <= neighbours)
            nearest[block] = False
            near |= nearest.astype(np.uint32) << np.uint32(place)
        dense = np.zeros((n, n), dtype=np.uint32)
        np.put_along_axis(dense, candidates, near, axis=1)
        return cls(candidates, near, dense)


def overlaps_without(x: Neighbourhoods, y: Neighbourhoods, neighbours: int) -> np.ndarray:
    """Give the neighbour overlap with each block of items left out as items and as neighbours, float64 ``[blocks]``.

    Items are each other's neighbours, so that to leave them out as items alone would tell half of what they matter.
    """
    common = x.near & np.take_along_axis(y.dense, x.candidates, axis=1)
    blocks = blocks_of(len(common))
    shared = [np.count_nonzero(common & np.uint32(1 << place)) for place in range(len(blocks))]
    left = len(common) - np.array([block.stop - block.start for block in blocks])
    return np.array(shared) / (left * neighbours)


def null_overlaps(x: Space, y: Space, permutations: np.ndarray) -> np.ndarray:
    """Give the mean overlap for each permutation of Y's rows, float64 ``[draws]``.

    The neighbour j of i is one in the permuted Y too if π(j) is one of π(i) in Y.
    """
    return np.array([y.is_near[order[:, None], order[x.nearest]].mean() for order in permutations])


class Neurons:
    """The columns of one language's vectors, brought to mean 0 and length 1.

    Attributes
    ----------
    scores
        ``[n, d]``; a column that does not vary is 0, and so is its correlation with anything.
    blocks
        See :func:`isogloss.statistics.jackknife.blocks_of`.
    sums, squares
        float64 ``[blocks, d]``: sums of the scores, and of their squares, of each block of items.
    """

    def __init__(self, vectors: np.ndarray):
        x = vectors.astype(np.float64)
        varies = (x != x[0]).any(0)
        x = np.where(varies, x - x.mean(0), 0)
        x /= np.where(varies, np.linalg.norm(x, axis=0), 1)
        self.blocks = blocks_of(len(x))
        self.sums = block_sums(x, self.blocks)
        self.squares = block_sums(np.square(x), self.blocks)
        self.scores = x.astype(vectors.dtype)


def block_sums(values: np.ndarray, blocks: list[slice]) -> np.ndarray:
    """Add up the rows of each block, float64 ``[blocks, columns]``."""
    return np.add.reduceat(values, [block.start for block in blocks], axis=0, dtype=np.float64)


def neuron_correlation(x: Neurons, y: Neurons) -> tuple[float, float, float, np.ndarray]:
    """Give the mean over neurons of Pearson's r between the two languages (ANC, Del & Fishel 2022), signed.

    Returns
    -------
    tuple
        The value, its 95 % interval by the jackknife over blocks of items, and the value without each of them.
    """
    products = block_sums(x.scores * y.scores, x.blocks)
    value = float(products.sum(0).mean())
    sizes = np.array([block.stop - block.start for block in x.blocks])
    left = (sizes.sum() - sizes)[:, None]
    # All columns sum to 0 and have length 1, so what is left without a block is the negative of it, or 1 less it.
    with np.errstate(divide="ignore", invalid="ignore"):
        covariances = products.sum(0) - products - x.sums * y.sums / left
        variances = [1 - side.squares - np.square(side.sums) / left for side in (x, y)]
        without = covariances / np.sqrt(np.prod(variances, axis=0))
    # A column that does not vary in what is left has no correlation to add.
    without = np.where(np.isfinite(without), without, 0).mean(1)
    return value, *interval(value, without, sizes), without


def null_correlations(x: Neurons, y: Neurons, permutations: np.ndarray) -> np.ndarray:
    """Give the mean correlation for each permutation of Y's rows, float64 ``[draws]``.

    The mean over neurons of the products of item i with item j is one matrix; a draw adds up one entry of each row.
    """
    products = x.scores @ y.scores.T
    return products[np.arange(len(products)), permutations].sum(1, dtype=np.float64) / x.scores.shape[1]


def null_alignments(
    spaces: list[Representation], kernels: list[np.ndarray], pairs: list[tuple[int, int]], permutations: np.ndarray
) -> np.ndarray:
    """Give CKA, plain and debiased, of each pair for each permutation of the second one's rows.

    Parameters
    ----------
    spaces, kernels
        Of each language; kernels are ``[n, n]``, of the centred items.
    pairs
        Places in ``spaces``, the first before the second.
    permutations
        int ``[draws, n]``.

    Returns
    -------
    float64 ``[pairs, 2, draws]``
        The debiased ones are NaN below 4 items.
    """
    found = np.full((len(pairs), 2, len(permutations)), np.nan)
    n = permutations.shape[1]
    for second in sorted({b for _, b in pairs}):
        places = [(place, a) for place, (a, b) in enumerate(pairs) if b == second]
        y = spaces[second]
        for draw, order in enumerate(permutations):
            moved = kernels[second][order].take(order, axis=1)
            squares, rows = y.squares[order], y.rows[order, 0]
            for place, a in places:
                x = spaces[a]
                plain = np.vdot(kernels[a], moved)
                found[place, 0, draw] = plain / np.sqrt(x.own[0, 0] * y.own[0, 0])
                if n >= 4:
                    sums = x.rows[:, 0].sum() * rows.sum() / ((n - 1) * (n - 2)) - 2 * (x.rows[:, 0] @ rows) / (n - 2)
                    debiased = plain - x.squares @ squares + sums
                    found[place, 1, draw] = debiased / np.sqrt(x.own[1, 0] * y.own[1, 0])
    return found
