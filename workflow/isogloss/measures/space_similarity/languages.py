"""Do all languages share one place, and what shape has the space of one language?"""

import numpy as np
from scipy import stats
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from isogloss.errors import IsoglossError
from isogloss.measures.space_similarity.organisation import block_sums
from isogloss.measures.space_similarity.spaces import Space
from isogloss.statistics.jackknife import blocks_of, interval

# An item is a bridge if its neighbours are of at least so many other languages (Wilie et al. 2025).
BRIDGED = 3


def squared_distances(cosines: np.ndarray, x: Space, y: Space) -> np.ndarray:
    """Give the squared Euclidean distances of x's items and y's, ``[n, m]``; infinite from an item to itself."""
    distances = np.square(x.lengths)[:, None] + np.square(y.lengths) - cosines * (2 * x.lengths[:, None]) * y.lengths
    if x is y:
        np.fill_diagonal(distances, np.inf)
    return distances


def near(distances: np.ndarray, neighbours: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the distances and the columns of each row's nearest ones, in no order; all where there are fewer."""
    kept = min(neighbours, distances.shape[1])
    # A copy, so that the places of all others are not kept along.
    nearest = np.argpartition(distances, kept - 1, axis=1)[:, :kept].copy()
    return np.take_along_axis(distances, nearest, axis=1), nearest


def merge(found: list[tuple[np.ndarray, np.ndarray]], neighbours: int) -> np.ndarray:
    """Give the nearest of all of what :func:`near` found in each language, numbered through; int ``[n, k]``."""
    n = len(found[0][0])
    distances = np.hstack([distances for distances, _ in found])
    numbers = np.hstack([rows + place * n for place, (_, rows) in enumerate(found)])
    nearest = np.argpartition(distances, neighbours - 1, axis=1)[:, :neighbours]
    return np.take_along_axis(numbers, nearest, axis=1)


def interlingual_overlap(
    neighbours: np.ndarray, languages: int, permutations: np.ndarray, samples: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give each language's share in the common space (ILO, Wilie et al. 2025): the harmonic mean of bridge and reach.

    Bridge is the share of its items with neighbours of at least three other languages, reach the share of the other
    languages that any of its items has among its neighbours. Translations play no part. Reach is soon 1 where there
    are many items.

    Parameters
    ----------
    neighbours
        int ``[languages · n, k]``: each item's nearest in the pool of all languages, see :func:`merge`.
    languages
        How many, each with the same number of items, one after another in the pool.
    permutations
        int ``[draws, languages · n]``: of the pool's labels.
    samples
        ``[samples, n]``: bootstrap samples of the items, see :func:`isogloss.statistics.nulls.resamples`.

    Returns
    -------
    tuple of float64 arrays
        Values ``[languages]``; if the labels say nothing, ``[draws, languages]``; of the samples of items,
        neighbourhoods held, ``[samples, languages]``.

    Raises
    ------
    IsoglossError
        If there are fewer than four languages.
    """
    if languages <= BRIDGED:
        raise IsoglossError(
            f"an item can only be near {BRIDGED} other languages where there are at least {BRIDGED + 1}; "
            f"here are {languages}"
        )
    n = len(neighbours) // languages
    labels = np.repeat(np.arange(languages), n)
    met = others_met(neighbours, labels, languages)
    once = np.ones((1, n), dtype=np.float32)
    null = [overlap(others_met(neighbours, labels[order], languages), once)[0] for order in permutations]
    return overlap(met, once)[0], np.array(null), overlap(met, samples)


def others_met(neighbours: np.ndarray, labels: np.ndarray, languages: int) -> np.ndarray:
    """Tell which other languages each item has among its neighbours, bool ``[languages, n, languages]``."""
    met = np.zeros((len(labels), languages), dtype=bool)
    np.put_along_axis(met, labels[neighbours], True, axis=1)
    met[np.arange(len(labels)), labels] = False
    return met[np.argsort(labels, kind="stable")].reshape(languages, -1, languages)


def overlap(met: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Give the harmonic mean of bridge and reach, ``[samples, languages]``; 0 where one of them is.

    ``met`` is what :func:`others_met` gives; ``samples``, ``[samples, n]``, tells how often each item counts.
    """
    languages, n, _ = met.shape
    bridge = samples @ (met.sum(2) >= BRIDGED).T.astype(np.float32) / n
    times = samples @ met.transpose(1, 0, 2).reshape(n, -1).astype(np.float32)
    reach = (times > 0).reshape(-1, languages, languages).sum(2) / (languages - 1)
    return np.divide(2 * bridge * reach, bridge + reach, out=np.zeros(reach.shape), where=bridge + reach > 0)


def language_identity(
    vectors: list[np.ndarray], centred: bool, permutations: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Tell the language from the vector by logistic regression (Libovický et al. 2020, section 4).

    It learns from the first half of each language's items and is tested on the second. Centring takes the mean of the
    language's first half off both: the test items' own mean is not known.

    Parameters
    ----------
    vectors
        Of each language ``[n, d]``.
    centred
        Whether to centre.
    permutations
        int ``[draws, languages · (n − n // 2)]``: of the test items' labels.

    Returns
    -------
    tuple of arrays
        Which test items are told right, bool ``[languages, n − n // 2]``; the shares of each language if the labels
        are permuted, float64 ``[draws, languages]``.
    """
    half = len(vectors[0]) // 2
    means = [side[:half].mean(0, dtype=np.float64) if centred else 0 for side in vectors]
    learning = np.concatenate([side[:half] - mean for side, mean in zip(vectors, means, strict=True)])
    testing = np.concatenate([side[half:] - mean for side, mean in zip(vectors, means, strict=True)])
    # One scale for all dimensions: the optimiser takes few steps, and no dimension is favoured.
    middle, scale = learning.mean(0), max(float(learning.std()), np.finfo(np.float64).tiny)
    labels = np.arange(len(vectors))
    learner = LogisticRegression(max_iter=300)
    with threadpool_limits(1):
        learner.fit((learning - middle) / scale, np.repeat(labels, half))
    named = learner.predict((testing - middle) / scale)
    truth = np.repeat(labels, len(named) // len(labels))
    hits = (named == truth).reshape(len(labels), -1)
    null = [np.bincount(truth[order], weights=named == truth[order]) / hits.shape[1] for order in permutations]
    return hits, np.array(null)


def anisotropy(space: Space) -> tuple[float, float, float]:
    """Give the mean cosine of different items of one language (Ethayarajh 2019), and its 95 % interval."""
    blocks = blocks_of(len(space.unit))
    sums, squares = (block_sums(values, blocks) for values in (space.unit, np.square(space.unit)))
    sizes = np.array([block.stop - block.start for block in blocks])

    def cosine(total: np.ndarray, own: np.ndarray, n: np.ndarray) -> np.ndarray:
        return (np.square(total).sum(-1) - own) / (n * (n - 1))

    value = float(cosine(sums.sum(0), squares.sum(), sizes.sum()))
    with np.errstate(divide="ignore", invalid="ignore"):
        without = cosine(sums.sum(0) - sums, squares.sum() - squares.sum(1), sizes.sum() - sizes)
    return value, *interval(value, without, sizes)


def hubness(space: Space) -> tuple[float, float, float]:
    """Give the skewness of how often an item is among others' k nearest (Radovanović et al. 2010), and its interval.

    The interval is by the jackknife over blocks of items, neighbourhoods held. 0 where all are equally often.
    """
    blocks = blocks_of(len(space.unit))
    counts = block_sums(space.is_near, blocks)
    sizes = np.array([block.stop - block.start for block in blocks])
    value = skewness(counts.sum(0))
    without = []
    for place, block in enumerate(blocks):
        kept = np.delete(counts.sum(0) - counts[place], block)
        without.append(skewness(kept) if len(kept) else np.nan)
    return value, *interval(value, np.array(without), sizes, bounded=False)


def skewness(counts: np.ndarray) -> float:
    """Give the third standardised moment; 0 where nothing varies."""
    return float(stats.skew(counts)) if np.ptp(counts) else 0.0
