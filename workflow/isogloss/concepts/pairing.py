"""Concepts of one clustering paired with those of another clustering of the same words."""

import numpy as np
import pandas as pd

from isogloss.statistics.changes import pair_clusters


def pair_concepts(before: pd.DataFrame, after: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Pair the concepts of two cluster tables, see :func:`isogloss.statistics.changes.pair_clusters`.

    An occurrence of a word is the same if its language, sentence and position are.

    Returns
    -------
    before, after : ndarray of int, ``[pairs]``
        The concepts of each pair, each concept of either table once; -1 for one that is missing.
    """
    both = before.merge(after, how="outer", on=["language", "sentence", "position"], suffixes=("", "_after"))
    return pair_clusters(*(both[name].fillna(-1).to_numpy(dtype=np.int64) for name in ("cluster", "cluster_after")))
