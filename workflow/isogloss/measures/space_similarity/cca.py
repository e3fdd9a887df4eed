"""Canonical correlations of two spaces: SVCCA and PWCCA, which are dear and high even where nothing is there."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import svd

from isogloss.statistics.jackknife import blocks_of, interval

VARIANCE_KEPT = 0.99


@dataclass(frozen=True)
class Components:
    """The principal components of one language that make up 99 % of its variance (Raghu et al. 2017, section 2).

    Attributes
    ----------
    scores
        float64 ``[n, p]``: orthonormal columns.
    loadings
        float64 ``[p, d]``: products of the scores with the centred neurons.
    """

    scores: np.ndarray
    loadings: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray) -> "Components":
        """Take the components of ``[n, d]``."""
        x = vectors.astype(np.float64)
        scores, scales, directions = svd(x - x.mean(0), full_matrices=False, check_finite=False)
        shares = np.cumsum(np.square(scales)) / np.square(scales).sum()
        # The component that crosses the bound is kept.
        kept = int(np.searchsorted(shares, VARIANCE_KEPT)) + 1
        return cls(scores[:, :kept], scales[:kept, None] * directions[:kept])

    @classmethod
    def without_blocks(cls, vectors: np.ndarray) -> list["Components"]:
        """Take them with each block of items left out; none where there are too few items for an interval."""
        blocks = blocks_of(len(vectors))
        return [cls.of(np.delete(vectors, block, axis=0)) for block in blocks] if len(blocks) > 1 else []


def canonical(x: Components, y: Components, order: np.ndarray | slice = slice(None)) -> tuple[float, float]:
    """Give SVCCA and PWCCA of X with Y, Y's rows in another order if one is given.

    SVCCA is the mean of the canonical correlations (Raghu et al. 2017). PWCCA weighs them by how much of X its
    canonical directions make up, ``w_i = Σ_j |⟨h_i, x_j⟩|`` over the centred neurons of X (Morcos et al. 2018,
    section 3), so that it is another number from Y to X.
    """
    turns, correlations, _ = svd(x.scores.T @ y.scores[order], full_matrices=False, check_finite=False)
    weights = np.abs(turns.T @ x.loadings).sum(1)
    return float(correlations.mean()), float(weights @ correlations / weights.sum())


def canonical_null(x: Components, y: Components, permutations: np.ndarray) -> np.ndarray:
    """Give SVCCA and PWCCA for each permutation of Y's rows, float64 ``[2, draws]``."""
    return np.array([canonical(x, y, order) for order in permutations]).T


def canonical_intervals(
    values: tuple[float, float], x: list[Components], y: list[Components], n: int
) -> list[tuple[float, float]]:
    """Give the 95 % intervals of SVCCA and PWCCA by the jackknife over blocks of items."""
    without = np.array([canonical(*sides) for sides in zip(x, y, strict=True)]).reshape(-1, 2)
    sizes = np.array([block.stop - block.start for block in blocks_of(n)])
    return [interval(value, column, sizes) for value, column in zip(values, without.T, strict=True)]
