"""What stands beside every score: its null distribution, its p-value and its bootstrap interval."""

import zlib
from collections.abc import Iterator, Sequence

import numpy as np

# Fewer words than this are a thin stratum, which is merged with neighbours up to this many times its frequency.
# Without that bound frequent words are exchanged with rarer ones, and p is too small (benchmarks/concept_worlds.py).
THIN = 5
NEAR = 1.1


def strata(frequencies: np.ndarray) -> list[np.ndarray]:
    """Group words that occur equally often, so that a permutation within the groups keeps word frequency.

    Groups of fewer than 5 words are merged with the next more frequent ones, as long as the most frequent word of the
    group occurs at most 1.1 times as often as the rarest. What stays thin is not merged: a word that nearly nothing
    is like has little to be exchanged with, which costs power but never validity.

    Parameters
    ----------
    frequencies
        ``[words]``: in how many concepts, say, each word occurs. Words that occur in none are a group of their own.

    Returns
    -------
    list of ndarray of int
        The places of each group's words.
    """
    order = np.argsort(frequencies, kind="stable")
    values, firsts = np.unique(frequencies[order], return_index=True)
    groups: list[np.ndarray] = []
    # Whether the last group may still grow, and the frequency of its rarest word.
    grows, rarest = False, 0
    for value, words in zip(values, np.split(order, firsts[1:]), strict=True):
        if grows and value <= NEAR * rarest:
            groups[-1] = np.r_[groups[-1], words]
        else:
            groups.append(words)
            rarest = value
        grows = value > 0 and len(groups[-1]) < THIN
    return [np.sort(group) for group in groups]


def permute_words(
    words: Sequence[str], frequencies: np.ndarray, draws: int, seed: int, held: int
) -> Iterator[np.ndarray]:
    """Permute words among those that are as frequent, by one random number a word and draw.

    The same words get the same random numbers, in whatever layer of a model they are looked at; their order within each
    group of :func:`strata` is the permutation. So the draws of all layers belong together, see :func:`best_layer`.

    Parameters
    ----------
    words
        What is permuted.
    frequencies
        ``[words]``: how frequent each is.
    draws
        How many permutations.
    seed
        Seed of the random numbers.
    held
        How many are held at a time; the permutations do not depend on it.

    Yields
    ------
    ndarray of int, ``[at most held, words]``
        The word that stands in each word's place.
    """
    rng = np.random.default_rng([seed, zlib.crc32("\n".join(words).encode())])
    groups = strata(frequencies)
    for begin in range(0, draws, held):
        keys = rng.random((min(held, draws - begin), len(words)))
        orders = np.empty(keys.shape, dtype=np.intp)
        for group in groups:
            orders[:, group] = group[np.argsort(keys[:, group], axis=1, kind="stable")]
        yield orders


def null_summary(value: float, draws: np.ndarray) -> dict[str, float]:
    """Compare a score with draws from its null.

    Parameters
    ----------
    value
        The score.
    draws
        ``[draws]``: the same computation on permuted data.

    Returns
    -------
    dict
        ``null_mean``, ``null_low`` and ``null_high`` (95 % interval), ``null_p`` (one-sided, (1 + draws at least as
        large) / (1 + draws), Phipson & Smyth 2010) and ``null_draws``. All but the last are NaN where the score is.
    """
    low, high = np.quantile(draws, [0.025, 0.975])
    summary = {
        "null_mean": float(draws.mean()),
        "null_low": float(low),
        "null_high": float(high),
        "null_p": float((1 + (draws >= value - 1e-12).sum()) / (1 + len(draws))),
    }
    if not np.isfinite(value):
        summary = dict.fromkeys(summary, np.nan)
    return {**summary, "null_draws": len(draws)}


def best_layer(scores: np.ndarray, draws: np.ndarray) -> tuple[int, float, float]:
    """Test whether a score lies above its null in any layer, by the best layer against the best layer of each draw.

    Scores are standardised within each layer, by the mean and deviation of the score and its draws together, so that a
    layer whose null is high does not hide another. The maximum over layers is then compared with that of each draw
    (maxT; Westfall & Young 1993, section 2.3; for layers of models Gröger et al. 2026), which holds the chance
    of a false "somewhere in the model" down.

    Parameters
    ----------
    scores
        ``[layers]``.
    draws
        ``[layers, draws]``: draw d must be of the same permutation in all layers.

    Returns
    -------
    layer : int
        The place of the best layer.
    standardised : float
        Its score in deviations from its null.
    p : float
        One-sided, (1 + draws whose best layer is at least as good) / (1 + draws).
    """
    together = np.column_stack([scores, draws]).astype(np.float64)
    deviation = together.std(1, keepdims=True)
    standardised = together - together.mean(1, keepdims=True)
    # A layer in which all draws and the score are the same says nothing.
    standardised = np.divide(standardised, deviation, out=np.zeros_like(standardised), where=deviation > 1e-12)
    best = standardised.max(0)
    layer = int(standardised[:, 0].argmax())
    return layer, float(best[0]), float((best >= best[0] - 1e-9).mean())


def bootstrap_share(
    hits: float, total: float, draws: int, rng: np.random.Generator, outside: float = 0
) -> dict[str, float]:
    """Give the 95 % percentile interval of a share, resampling concepts with replacement (Efron 1979).

    Parameters
    ----------
    hits
        Concepts that count.
    total
        Concepts that could count: the share's denominator.
    draws
        Number of resamples.
    rng
        Source of randomness.
    outside
        Further concepts, resampled too, that are not in the denominator. All three numbers may be means over several
        clusterings: as many concepts as one clustering has are resampled.

    Returns
    -------
    dict
        ``boot_low`` and ``boot_high``; NaN where there is no denominator.
    """
    if not total:
        return {"boot_low": np.nan, "boot_high": np.nan}
    everything = total + outside
    # Resampling labels of three kinds is one multinomial draw.
    parts = [hits / everything, (total - hits) / everything, outside / everything]
    drawn = rng.multinomial(round(everything), parts, draws)
    denominators = drawn[:, 0] + drawn[:, 1]
    shares = drawn[denominators > 0, 0] / denominators[denominators > 0]
    low, high = np.quantile(shares, [0.025, 0.975])
    return {"boot_low": float(low), "boot_high": float(high)}


def pooled_share(
    hits: Sequence[int],
    totals: Sequence[int],
    draws: np.ndarray,
    bootstrap: int,
    rng: np.random.Generator,
    everything: Sequence[int] | None = None,
) -> dict[str, float]:
    """Pool a share over clusterings that differ in their seed alone, with all that must stand beside it.

    Parameters
    ----------
    hits, totals
        ``[clusterings]``: concepts that count, and that could count.
    draws
        ``[clusterings, draws]``: hits of each draw of the null, the same permutation in all clusterings; no draws,
        no null.
    bootstrap
        Resamples of the interval over concepts; 0 for none.
    rng
        Resamples.
    everything
        ``[clusterings]``: all concepts, if more than ``totals``.

    Returns
    -------
    dict
        ``value``, ``numerator`` and ``denominator`` (sums over clusterings); ``seeds``, the number of clusterings;
        ``seeds_low`` and ``seeds_high``, the least and the greatest share among them; and what
        :func:`null_summary` and :func:`bootstrap_share` give.
    """
    hits, totals = np.asarray(hits), np.asarray(totals)
    numerator, denominator = int(hits.sum()), int(totals.sum())
    shares = hits[totals > 0] / totals[totals > 0]
    result = {
        "value": numerator / denominator if denominator else np.nan,
        "numerator": numerator,
        "denominator": denominator,
        "seeds": len(hits),
        "seeds_low": float(shares.min()) if len(shares) else np.nan,
        "seeds_high": float(shares.max()) if len(shares) else np.nan,
    }
    if draws.size:
        result |= null_summary(result["value"], draws.sum(0) / (denominator or 1))
    if bootstrap:
        outside = np.sum(everything) - denominator if everything is not None else 0
        means = numerator / len(hits), denominator / len(hits)
        result |= bootstrap_share(*means, bootstrap, rng, outside=outside / len(hits))
    return result


def permutations(n: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draw ``draws`` orders of ``n`` things, int ``[draws, n]``."""
    return rng.permuted(np.tile(np.arange(n), (draws, 1)), axis=1)


def resamples(n: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draw how often each of ``n`` items is in each of ``draws`` bootstrap samples, float32 ``[draws, n]``."""
    return rng.multinomial(n, np.full(n, 1 / n), draws).astype(np.float32)


def bootstrap_means(values: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give 95 % percentile intervals of the means of columns, by the same resamples of the rows (Efron 1979).

    Parameters
    ----------
    values
        ``[n, columns]``: a value for each item.
    counts
        ``[draws, n]``, see :func:`resamples`.

    Returns
    -------
    tuple of float64 arrays
        Low and high ends, ``[columns]`` each.
    """
    means = counts @ values.astype(np.float32) / counts.shape[1]
    low, high = np.quantile(means.astype(np.float64), [0.025, 0.975], axis=0)
    return low, high
