"""What stands beside every score: its null distribution and its bootstrap interval."""

import numpy as np


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
        large) / (1 + draws), Phipson & Smyth 2010) and ``null_draws``.
    """
    low, high = np.quantile(draws, [0.025, 0.975])
    return {
        "null_mean": float(draws.mean()),
        "null_low": float(low),
        "null_high": float(high),
        "null_p": float((1 + (draws >= value - 1e-12).sum()) / (1 + len(draws))),
        "null_draws": len(draws),
    }


def bootstrap_share(hits: int, total: int, draws: int, rng: np.random.Generator, outside: int = 0) -> dict[str, float]:
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
        Further concepts, resampled too, that are not in the denominator.

    Returns
    -------
    dict
        ``boot_low`` and ``boot_high``; NaN where there is no denominator.
    """
    if not total:
        return {"boot_low": np.nan, "boot_high": np.nan}
    everything = total + outside
    # Resampling labels of three kinds is one multinomial draw.
    drawn = rng.multinomial(everything, [hits / everything, (total - hits) / everything, outside / everything], draws)
    denominators = drawn[:, 0] + drawn[:, 1]
    shares = drawn[denominators > 0, 0] / denominators[denominators > 0]
    low, high = np.quantile(shares, [0.025, 0.975])
    return {"boot_low": float(low), "boot_high": float(high)}


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
