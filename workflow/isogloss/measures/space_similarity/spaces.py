"""One language's vectors, prepared once for all the comparisons it takes part in."""

from functools import cached_property

import numpy as np

from isogloss.errors import IsoglossError


def checked(vectors: np.ndarray, name: str) -> np.ndarray:
    """Give ``vectors`` in float32 (from half or single precision) or float64, if they can be compared at all.

    Parameters
    ----------
    vectors
        ``[n, d]``.
    name
        What messages call them: a file or a language.

    Raises
    ------
    IsoglossError
        If it is no matrix of numbers with at least two rows, a value is not finite, or all rows are the same.
    """
    shape = " x ".join(map(str, vectors.shape)) or "of a single number"
    if vectors.ndim != 2:
        raise IsoglossError(
            f"{name} has the shape {shape}; a matrix was expected, a row an item and a column a dimension."
        )
    if vectors.dtype.kind not in "fiu":
        raise IsoglossError(f"{name} holds something else than real numbers; write it as floats.")
    if len(vectors) < 2 or not vectors.shape[1]:
        raise IsoglossError(f"{name} has the shape {shape}; at least 2 items of at least 1 dimension were expected.")
    precision = np.float32 if vectors.dtype in (np.float16, np.float32) else np.float64
    with np.errstate(over="ignore"):  # of long doubles, which are told of below
        vectors = vectors.astype(precision)
    if not np.isfinite(vectors).all():
        row = int(np.flatnonzero(~np.isfinite(vectors).all(1))[0])
        raise IsoglossError(f"{name}, item {row + 1}: a value is not finite (NaN or infinity); numbers were expected.")
    # Before anything is taken off: the mean of equal numbers need not be that number to the last digit.
    if (vectors == vectors[0]).all():
        raise IsoglossError(f"{name} is constant: all its {len(vectors):,} items have the same vector.")
    return vectors


def unit(vectors: np.ndarray) -> np.ndarray:
    """Bring rows to length 1; a row of zeros stays what it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


class Space:
    """The vectors of one language's items, as they are or centred.

    Parameters
    ----------
    vectors
        ``[n, d]``, see :func:`checked`.
    centred
        Take the mean of all rows off each.
    neighbours
        k of all nearest neighbours.

    Attributes
    ----------
    vectors
        float32 or float64 ``[n, d]``.
    lengths
        ``[n]``: Euclidean lengths.
    unit
        ``[n, d]``: the vectors at length 1, see :func:`unit`.
    """

    def __init__(self, vectors: np.ndarray, centred: bool, neighbours: int):
        # The mean in double precision: it may be far larger than what the items differ by.
        self.vectors = (vectors - vectors.mean(0, dtype=np.float64)).astype(vectors.dtype) if centred else vectors
        self.lengths = np.linalg.norm(self.vectors, axis=1)
        self.unit = unit(self.vectors)
        self.neighbours = neighbours

    @cached_property
    def _own(self) -> tuple[np.ndarray, np.ndarray]:
        cosines = self.unit @ self.unit.T
        np.fill_diagonal(cosines, -np.inf)
        kept = min(self.neighbours, len(cosines) - 1)
        return np.argpartition(cosines, -kept, axis=1)[:, -kept:].copy(), cosines.max(1)

    @property
    def nearest(self) -> np.ndarray:
        """The k nearest neighbours of each item within the language by cosine, itself left out; int ``[n, k]``.

        Raises
        ------
        IsoglossError
            If there are no more items than neighbours.
        """
        if len(self.unit) <= self.neighbours:
            raise IsoglossError(
                f"{len(self.unit):,} items are too few for {self.neighbours:,} neighbours of each; at least one item "
                "more than neighbours is needed"
            )
        return self._own[0]

    @property
    def rivals(self) -> np.ndarray:
        """The cosine of each item's nearest neighbour within the language, ``[n]``."""
        return self._own[1]

    @cached_property
    def is_near(self) -> np.ndarray:
        """Whether j is among the k nearest neighbours of i, bool ``[n, n]``."""
        near = np.zeros((len(self.unit),) * 2, dtype=bool)
        np.put_along_axis(near, self.nearest, True, axis=1)
        return near
