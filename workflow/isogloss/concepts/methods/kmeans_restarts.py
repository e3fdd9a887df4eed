"""K-means as the code of Mousi et al. 2024 calls it: scikit-learn's, from ten starts, of which the best is kept."""

from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from isogloss.concepts.methods.kmeans import check_clusters, distinct

STARTS = 10  # the default of scikit-learn 0.24, which they used


def label(vectors: np.ndarray, clusters: int, *, seed: int, threads: int, **_: Any) -> np.ndarray:
    """Cluster vectors by Lloyd's algorithm from ten starts of k-means++ (Arthur & Vassilvitskii 2007).

    Parameters
    ----------
    vectors
        ``[n, d]``.
    clusters
        How many.
    seed
        Seed of the starts.
    threads
        Threads of the matrix products. Another number may change the last digits.
    **_
        What other methods need: this one runs on a CPU.

    Returns
    -------
    ndarray of int, ``[n]``

    Raises
    ------
    IsoglossError
        If there are more clusters than distinct vectors.
    """
    check_clusters(clusters, len(distinct(vectors)[0]), len(vectors))
    with threadpool_limits(threads):
        return KMeans(n_clusters=clusters, n_init=STARTS, random_state=seed).fit_predict(vectors.astype(np.float32))
