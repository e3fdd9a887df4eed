"""Do translations lie at the same place? Each measure says which item of the other language an item is taken for.

A measure gives ``partners``, int ``[n]``: the row of Y that row i of X is matched with, or −1 for none. Its value is
the share of items that are matched with their translation. If the rows of Y are permuted by π, the partner of i becomes
π⁻¹(partner), so that a draw of the null is the share of items with partner = π(i): exact, and without a new product.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import svd

from isogloss.errors import IsoglossError
from isogloss.measures.space_similarity.spaces import unit

# As published, and as xsim has it.
CSLS_NEIGHBOURS, RATIO_NEIGHBOURS = 10, 4


def retrieval(similarities: np.ndarray) -> np.ndarray:
    """Match each item with the most similar one of the other language; the first of equals.

    Parameters
    ----------
    similarities
        ``[n, n]``: of each row of X with each row of Y. Cosines, or what :func:`csls` and :func:`ratio` make of them.
    """
    return similarities.argmax(1)


def largest(similarities: np.ndarray, counts: tuple[int, ...]) -> list[np.ndarray]:
    """Give the means of each row's ``counts`` largest values, ``[n]`` each; all values where there are fewer."""
    most = min(max(counts), similarities.shape[1])
    kept = np.sort(np.partition(similarities, -most, axis=1)[:, -most:], axis=1)
    return [kept[:, -count:].mean(1) for count in counts]


def csls(similarities: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Take off what makes an item similar to everything: 2 S_ij − r_i − c_j (Conneau et al. 2018, equation 3).

    Parameters
    ----------
    similarities
        Cosines ``[n, n]``.
    rows, columns
        ``[n]``: the means of the k largest cosines of each row and each column, see :func:`largest`; k = 10 there.
    """
    return 2 * similarities - rows[:, None] - columns


def ratio(similarities: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Divide by what makes an item similar to everything: S_ij / ((r_i + c_j) / 2).

    Equation 1 of Artetxe & Schwenk 2019 (margin-based mining); xsim is 1 − the retrieval by this score, k = 4. Every
    item is a candidate here; LASER's code ranks the four nearest by plain cosine only.

    Raises
    ------
    IsoglossError
        If a denominator is not above 0: the order of the quotients has no meaning then.
    """
    halves = (rows[:, None] + columns) / 2
    if (halves <= 0).any():
        raise IsoglossError(
            "the nearest items of the other language lie at right angles or beyond, where a ratio of cosines has no "
            "order"
        )
    return similarities / halves


def mutual_retrieval(similarities: np.ndarray) -> np.ndarray:
    """Match the items that are each other's most similar one, strictly (MEXA, Kargaran et al. 2024)."""
    rows, columns = similarities.max(1), similarities.max(0)
    best = similarities.argmax(1)
    mutual = similarities.argmax(0)[best] == np.arange(len(best))
    alone = ((similarities == rows[:, None]).sum(1) == 1) & ((similarities == columns).sum(0)[best] == 1)
    return np.where(mutual & alone, best, -1)


def strong_retrieval(similarities: np.ndarray, rivals: np.ndarray) -> np.ndarray:
    """Match each item with the most similar one of both languages, itself left out (Gaschi et al. 2023, section 3).

    Parameters
    ----------
    similarities
        ``[n, n]``.
    rivals
        ``[n]``: the similarity of each row's nearest neighbour in its own language.

    Returns
    -------
    int ``[n]``
        −1 where the nearest is of the own language.
    """
    best = similarities.argmax(1)
    return np.where(similarities[np.arange(len(best)), best] > rivals, best, -1)


def right(partners: np.ndarray) -> np.ndarray:
    """Tell which items are matched with their translation, bool ``[..., n]``."""
    return partners == np.arange(partners.shape[-1])


def null_shares(partners: np.ndarray, permutations: np.ndarray) -> np.ndarray:
    """Give the share of right matches for each permutation of Y's rows.

    Parameters
    ----------
    partners
        int ``[n, measures]``.
    permutations
        int ``[draws, n]``.

    Returns
    -------
    float64 ``[draws, measures]``
    """
    return (partners == permutations[:, :, None]).mean(1)


@dataclass(frozen=True)
class Halves:
    """A space cut in two: the first half of the items fits a rotation, the second half tests it.

    Both are centred on the mean of the first half, and told in the directions in which it varies: the rotation says
    nothing of others.

    Attributes
    ----------
    fitting, testing
        float64 ``[n // 2, r]`` and ``[n − n // 2, r]``.
    """

    fitting: np.ndarray
    testing: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray) -> "Halves":
        """Cut ``[n, d]`` in two.

        Raises
        ------
        IsoglossError
            If there are fewer than 4 items, or the first half is constant.
        """
        half = len(vectors) // 2
        if half < 2:
            raise IsoglossError(f"{len(vectors)} items are too few to fit on one half and to test on the other: 4 are.")
        first = vectors[:half].astype(np.float64)
        mean = first.mean(0)
        _, scales, directions = svd(first - mean, full_matrices=False, check_finite=False)
        floor = max(first.shape) * np.finfo(vectors.dtype).eps * max(scales[0], np.abs(mean).max())
        directions = directions[scales > floor].T
        if not directions.shape[1]:
            raise IsoglossError("the first half of the items is constant, so that no rotation can be fitted on it")
        return cls((first - mean) @ directions, (vectors[half:] - mean) @ directions)


def procrustes(x: Halves, y: Halves) -> np.ndarray:
    """Give the cosines of Y's test items with those of X after the best rotation (Schönemann 1966).

    With ``U Σ Vᵀ = X_fᵀ Y_f`` of the fitting halves, ``R = U Vᵀ`` is the orthogonal matrix that brings X_f R nearest to
    Y_f. It is fitted once; the null permutes the pairs of the test half, of which the fit knows nothing.

    Returns
    -------
    float64 ``[n − n // 2, n − n // 2]``
    """
    u, _, v = svd(x.fitting.T @ y.fitting, full_matrices=False, check_finite=False)
    return unit(x.testing @ u @ v) @ unit(y.testing).T
