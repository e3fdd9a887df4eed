"""One map of the concepts of all layers: near means alike."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

DIMENSIONS = 50
PERPLEXITY = 30
STEPS = 500


def project(centres: np.ndarray, layer: np.ndarray, seed: int) -> np.ndarray:
    """Lay concepts out in two dimensions (t-SNE, van der Maaten and Hinton 2008), one projection for all layers.

    What a whole layer has in common is taken away first: its mean over both languages' concepts, and its scale. What
    tells the two languages apart stays, so that languages that lie apart in a layer lie apart on the map.

    Parameters
    ----------
    centres
        ``[concept, hidden]``, the mean vector of each concept.
    layer
        ``[concept]``, which layer it is of.
    seed
        Of the principal components; they are where t-SNE starts from.

    Returns
    -------
    ndarray
        ``[concept, 2]``, the middle at 0 and no coordinate beyond 1.
    """
    points = centres.astype(np.float64)
    for each in np.unique(layer):
        own = layer == each
        points[own] -= points[own].mean(0)
        points[own] /= np.sqrt((points[own] ** 2).sum(1).mean()) or 1.0
    # One thread: sums over threads would depend on their order.
    with threadpool_limits(1):
        kept = min(DIMENSIONS, *points.shape)
        points = PCA(kept, svd_solver="randomized", random_state=seed).fit_transform(points)
        if len(points) > 4:
            perplexity = min(PERPLEXITY, (len(points) - 1) / 3)
            points = TSNE(2, init=start(points), perplexity=perplexity, max_iter=STEPS, n_jobs=1).fit_transform(points)
    points = start(points)
    points = points - (points.max(0) + points.min(0)) / 2
    return points / (np.abs(points).max() or 1.0)


def start(points: np.ndarray) -> np.ndarray:
    """Give the first two columns, as small as t-SNE wants its start (Kobak and Berens 2019); one column is doubled."""
    flat = np.c_[points, np.zeros(len(points))][:, :2]
    return flat / (flat[:, 0].std() or 1.0) * 1e-4
