"""Ward's method: clusters are merged, two at a time, where that adds least to the squares within them."""

from typing import Any

import numpy as np
from scipy.cluster.hierarchy import linkage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from isogloss.concepts.methods import WARD_MEMORY
from isogloss.concepts.methods.kmeans import check_clusters, distinct
from isogloss.errors import IsoglossError


def label(vectors: np.ndarray, clusters: int, **_: Any) -> np.ndarray:
    """Cluster vectors by Ward's agglomerative method (Ward 1963).

    Parameters
    ----------
    vectors
        ``[n, d]``.
    clusters
        How many.
    **_
        What other methods need: this one has no seed, and runs on one thread of a CPU.

    Returns
    -------
    ndarray of int, ``[n]``
        Every cluster has a member.

    Raises
    ------
    IsoglossError
        If the n(n-1)/2 distances would need more than 4 GB, or there are more clusters than distinct vectors.
    """
    size = len(vectors)
    needed = 8 * size * (size - 1) / 2
    if needed > WARD_MEMORY:
        most = int((2 * WARD_MEMORY / 8) ** 0.5)
        raise IsoglossError(
            f"Ward's method would need {needed / 1e9:.1f} GB for the distances of {size:,} words; it is offered up to "
            f"{WARD_MEMORY / 1e9:.0f} GB, about {most:,} words. Take `concepts: method: kmeans`, or fewer words."
        )
    check_clusters(clusters, len(distinct(vectors)[0]), size)
    # Merge n makes the node size + n of two; the first of them leave as many clusters as were asked for, also where
    # several merges are equally far, of which a cut by distance would take all or none.
    merged = linkage(vectors.astype(np.float64), "ward")[: size - clusters, :2].astype(np.int64).ravel()
    made = np.repeat(np.arange(size, 2 * size - clusters), 2)
    tree = coo_matrix((np.ones(len(made)), (made, merged)), shape=(2 * size, 2 * size))
    return np.unique(connected_components(tree, directed=False)[1][:size], return_inverse=True)[1]
