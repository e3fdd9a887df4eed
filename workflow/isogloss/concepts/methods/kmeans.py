"""K-means for many clusters of wide vectors: as good as ten restarts, in a fraction of one.

The start is found in the leading principal components, where k-means++ and most of Lloyd's iterations are cheap; there
too, wasted centres are moved to where the error is (a split-and-merge search). Lloyd's iterations in the full space
then finish. Everything depends on the seed, the number of threads and the device alone.
"""

import hashlib
from functools import partial

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from isogloss.errors import IsoglossError

COMPONENTS = 64
ROUGH_ITERATIONS = 40
FINE_ITERATIONS = 100
SEARCHES = 8
TOLERANCE = 1e-4
ROWS = 4096


class Points:
    """Vectors, and the search for the centre that is nearest to each.

    Attributes
    ----------
    vectors
        ``[n, d]``, in single precision.
    weights
        How many of the clustered words have each vector, ``[n]``.
    norms
        Their squared norms, ``[n]``.
    """

    def __init__(self, vectors: np.ndarray, weights: np.ndarray | None = None):
        self.vectors = vectors
        self.weights = np.ones(len(vectors), dtype=np.float32) if weights is None else weights
        self.norms = np.einsum("ij,ij->i", vectors, vectors)

    def total(self, distances: np.ndarray) -> float:
        """Sum what each vector's distance counts for."""
        return float((self.weights * distances).sum(dtype=np.float64))

    def assign(self, centers: np.ndarray, second: bool = False) -> tuple[np.ndarray, ...]:
        """Find each vector's nearest centre.

        Returns
        -------
        labels : ndarray of int32, ``[n]``
        distances : ndarray of float32, ``[n]``
            Squared distance to it.
        further : ndarray of float32, ``[n]``
            Squared distance to the next centre, if ``second``.
        """
        labels, scores = self.best(centers, 2 if second else 1)
        return (labels, *np.maximum(self.norms - 2 * scores, 0))

    def best(self, centers: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Find the nearest centre, and for the ``count`` nearest the products with them less half their squares.

        Returns
        -------
        labels : ndarray of int32, ``[n]``
        scores : ndarray of float32, ``[count, n]``
        """
        half = 0.5 * np.einsum("ij,ij->i", centers, centers)
        labels = np.empty(len(self.vectors), dtype=np.int32)
        scores = np.empty((count, len(self.vectors)), dtype=np.float32)
        for start in range(0, len(self.vectors), ROWS):
            rows = slice(start, start + ROWS)
            products = self.vectors[rows] @ centers.T
            products -= half
            here = np.arange(len(products))
            labels[rows] = products.argmax(1)
            scores[0, rows] = products[here, labels[rows]]
            if count == 2:
                products[here, labels[rows]] = -np.inf
                scores[1, rows] = products.max(1)
        return labels, scores


class TorchPoints(Points):
    """The same vectors on a device of torch: ``cuda``, since on a CPU it would be no faster."""

    def __init__(self, vectors: np.ndarray, weights: np.ndarray | None = None, *, device: str):
        import torch

        super().__init__(vectors, weights)
        self.placed = torch.from_numpy(vectors).to(device)

    def best(self, centers: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Find the same there; the results come back to the CPU."""
        import torch

        placed = torch.from_numpy(centers).to(self.placed.device)
        half = 0.5 * placed.square().sum(1)
        parts = [torch.topk(rows @ placed.T - half, count) for rows in self.placed.split(ROWS)]
        labels = torch.cat([part.indices[:, 0] for part in parts]).to("cpu", torch.int32)
        return labels.numpy(), torch.cat([part.values for part in parts]).T.cpu().numpy()


def label(vectors: np.ndarray, clusters: int, *, seed: int, threads: int, device: str) -> np.ndarray:
    """Give each vector the number of its cluster, int32 ``[n]``; for parameters and errors see :func:`kmeans`."""
    return kmeans(vectors, clusters, seed, threads, device)[0]


def kmeans(
    vectors: np.ndarray, clusters: int, seed: int, threads: int = 1, device: str = "cpu"
) -> tuple[np.ndarray, np.ndarray, float]:
    """Cluster vectors by Lloyd's algorithm (Lloyd 1982) from a k-means++ start (Arthur & Vassilvitskii 2007).

    Equal vectors, as many words have in layer 0, are clustered as one vector of their number's weight, so that they are
    in the same cluster.

    Parameters
    ----------
    vectors
        ``[n, d]``; computed in single precision, sums of squares in double.
    clusters
        How many, at most the number of distinct vectors.
    seed
        Seed of the start.
    threads
        Threads of the matrix products. Another number may change the last digits.
    device
        ``cuda`` looks for the nearest centres on a GPU, which may change the last digits too.

    Returns
    -------
    labels : ndarray of int32, ``[n]``
        Every cluster has a member.
    centers : ndarray of float32, ``[clusters, d]``
    inertia : float
        Sum of squared distances to the centres, in double precision.

    Raises
    ------
    IsoglossError
        If there are more clusters than distinct vectors, or a vector is not finite.
    """
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    if not 2 <= clusters <= len(vectors):
        raise IsoglossError(
            f"The number of clusters must lie between 2 and the number of words, {len(vectors):,}. "
            f"Got {clusters:,}. Ask for fewer (`concepts: clusters:`) or take more text."
        )
    if not np.isfinite(vectors).all():
        raise IsoglossError("The activations hold values that are not finite (NaN or infinity).")
    first, member = distinct(vectors)
    check_clusters(clusters, len(first), len(vectors))
    weights = np.bincount(member).astype(np.float32)
    with threadpool_limits(threads):
        centred = (vectors - vectors.mean(0, dtype=np.float64).astype(np.float32))[first]
        place = Points if device == "cpu" else partial(TorchPoints, device=device)
        rough = place(principal_components(centred, weights, COMPONENTS), weights)
        rng = np.random.default_rng(seed)
        labels = lloyd(rough, plus_plus(rough, clusters, rng), ROUGH_ITERATIONS)[0]
        labels = move_wasted_centres(rough, labels, clusters)
        fine = place(centred, weights)
        labels, centers = lloyd(fine, means(fine, labels, clusters), FINE_ITERATIONS)
        inertia = float(weights @ np.square(centred.astype(np.float64) - centers[labels]).sum(1))
        centers = means(Points(vectors[first], weights), labels, clusters)
        return labels[member], centers.astype(np.float32), inertia


def check_clusters(clusters: int, different: int, size: int) -> None:
    """Refuse more clusters than there are vectors that differ.

    Raises
    ------
    IsoglossError
        With both numbers.
    """
    if clusters > different:
        raise IsoglossError(
            f"More clusters than words that differ: {clusters:,} were asked for, and only {different:,} of {size:,} "
            "vectors are distinct. Ask for fewer (`concepts: clusters:`) or take more text."
        )


def distinct(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the vectors that differ.

    Parameters
    ----------
    vectors
        ``[n, d]``.

    Returns
    -------
    first : ndarray of int, ``[m]``
        The row where each of the ``m`` distinct vectors stands first.
    member : ndarray of int, ``[n]``
        Which of them each row is.
    """
    seen: dict[bytes, int] = {}
    positive = vectors + 0.0  # -0.0 equals 0.0
    member = [seen.setdefault(hashlib.blake2b(row, digest_size=16).digest(), len(seen)) for row in positive]
    member = np.array(member)
    return np.unique(member, return_index=True)[1], member


def principal_components(vectors: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    """Project centred ``vectors [n, d]`` of ``weights [n]`` on their leading ``count`` principal components."""
    if vectors.shape[1] <= count:
        return vectors
    _, axes = np.linalg.eigh((vectors.T @ (vectors * weights[:, None])).astype(np.float64))
    return np.ascontiguousarray(vectors @ axes[:, : -count - 1 : -1].astype(np.float32))


def plus_plus(points: Points, clusters: int, rng: np.random.Generator) -> np.ndarray:
    """Choose starting centres by greedy k-means++: of some candidates, the one that lowers the error most."""
    candidates = 2 + int(np.log(clusters))
    vectors, weights, norms = points.vectors, points.weights, points.norms
    centers = np.empty((clusters, vectors.shape[1]), dtype=np.float32)
    centers[0] = vectors[np.searchsorted(np.cumsum(weights), rng.integers(int(weights.sum())), side="right")]
    nearest = np.square(vectors - centers[0]).sum(1)
    for index in range(1, clusters):
        cumulative = np.cumsum(nearest * weights, dtype=np.float64)
        chosen = np.searchsorted(cumulative, rng.random(candidates) * cumulative[-1], side="right")
        chosen = np.minimum(chosen, len(vectors) - 1)
        distances = vectors[chosen] @ vectors.T
        distances *= -2
        distances += norms
        distances += norms[chosen, None]
        np.minimum(distances, nearest, out=distances)
        np.maximum(distances, 0, out=distances)
        best = int(np.argmin((distances * weights).sum(1, dtype=np.float64)))
        nearest = distances[best]
        nearest[chosen[best]] = 0
        centers[index] = vectors[chosen[best]]
    return centers


def means(points: Points, labels: np.ndarray, clusters: int) -> np.ndarray:
    """Average the vectors of each cluster, ``[clusters, d]``."""
    order = np.argsort(labels, kind="stable")
    starts = np.r_[0, np.cumsum(np.bincount(labels, minlength=clusters))]
    members = sparse.csr_matrix((points.weights[order], order, starts), shape=(clusters, len(labels)))
    words = np.bincount(labels, points.weights, clusters)
    return (members @ points.vectors) / np.maximum(words, 1)[:, None].astype(np.float32)


def lloyd(points: Points, centers: np.ndarray, iterations: int) -> tuple[np.ndarray, np.ndarray]:
    """Iterate until the error falls by less than a ten-thousandth; no cluster is left empty.

    Returns
    -------
    labels : ndarray of int32, ``[n]``
    centers : ndarray of float32, ``[k, d]``
        The means of the labels.
    """
    before = np.inf
    for _ in range(iterations):
        labels, distances = points.assign(centers)
        fill_empty(labels, distances, len(centers))
        centers = means(points, labels, len(centers))
        error = points.total(distances)
        if before - error <= TOLERANCE * error:
            break
        before = error
    return labels, centers


def fill_empty(labels: np.ndarray, distances: np.ndarray, clusters: int) -> None:
    """Give each empty cluster the vector that lies furthest from its own centre, in place."""
    counts = np.bincount(labels, minlength=clusters)
    empty = np.flatnonzero(counts == 0)
    if not len(empty):
        return
    furthest = iter(np.argsort(-distances, kind="stable"))
    for cluster in empty:
        row = next(row for row in furthest if counts[labels[row]] > 1)
        counts[labels[row]] -= 1
        labels[row], counts[cluster], distances[row] = cluster, 1, 0


def move_wasted_centres(points: Points, labels: np.ndarray, clusters: int) -> np.ndarray:
    """Move the centres that are missed least into the clusters that err most, as long as that helps.

    Parameters
    ----------
    points
        Of width ``p``.
    labels
        Clusters after convergence.

    Returns
    -------
    ndarray of int32, ``[n]``
        Labels with no larger error (the search of breathing k-means, Fritzke 2020, with as many centres throughout).
    """
    share = max(1, clusters // 10)
    centers = means(points, labels, clusters)
    labels, distances, further = points.assign(centers, second=True)
    best = points.total(distances)
    for _ in range(SEARCHES):
        error = np.bincount(labels, points.weights * distances, clusters)
        missed = np.bincount(labels, points.weights * (further - distances), clusters)
        wasted, crowded = np.argsort(missed, kind="stable")[:share], np.argsort(-error, kind="stable")
        crowded = crowded[~np.isin(crowded, wasted)][:share]
        trial = centers.copy()
        for old, new in zip(wasted, crowded, strict=False):
            rows = np.flatnonzero(labels == new)
            trial[old] = points.vectors[rows[np.argmax(distances[rows])]]
        trial_labels, trial = lloyd(points, trial, 10)
        trial_labels, trial_distances, trial_further = points.assign(trial, second=True)
        total = points.total(trial_distances)
        if total < best:
            if best - total < TOLERANCE * best:
                share = max(1, share // 2)
            best, centers = total, trial
            labels, distances, further = trial_labels, trial_distances, trial_further
        elif share == 1:
            break
        else:
            share = max(1, share // 2)
    return labels
