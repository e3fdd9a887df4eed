"""Means over languages, with an interval that says how much they depend on which languages were looked at."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats


@dataclass(frozen=True)
class Mean:
    """A mean over pairs of languages.

    Attributes
    ----------
    value
        The mean.
    low, high
        95 % interval; NaN where fewer than three languages tell nothing of others.
    languages
        How many languages were drawn.
    """

    value: float
    low: float
    high: float
    languages: int


def mean_over_languages(
    source: pd.Series, target: pd.Series, value: pd.Series, least: float = -np.inf, most: float = np.inf
) -> Mean:
    """Give the mean of a value over pairs of languages.

    The pairs of one language go together, so it is languages that count as drawn and not pairs: where every language is
    source and target, each by the sum of its means in both roles; otherwise the targets, for the sources as they are.
    The interval is Student's t over them. What is measured of each pair, with its own error, is in the spread.

    Parameters
    ----------
    source, target, value
        One row a pair, or several; ``value`` without gaps.
    least, most
        Bounds of what is measured, which the interval is cut to.

    Notes
    -----
    Where every language is source and target, the mean of all pairs is ``mu + mean(a) + mean(b)`` with effects ``a`` of
    sources and ``b`` of targets: Warner, Kenny & Stoto 1979, "A new round robin analysis of variance for social
    interaction data". The sums of a language's two means have that mean, and their spread holds the covariance of
    both effects. Without pairs of a language with itself, a language's own effect is taken out of its other mean, which
    makes the spread smaller by ``(n - 2) / (n - 1)``; that is undone.
    """
    rows = pd.DataFrame({"source": source, "target": target, "value": value}).astype({"source": str, "target": str})
    mean = float(rows.value.mean())
    units = rows.groupby("target").value.mean()
    both_roles = set(rows.source) == set(rows.target)
    if both_roles:
        units = units + rows.groupby("source").value.mean() - mean
    many = len(units)
    if many < 3:
        return Mean(mean, np.nan, np.nan, many)
    spread = float(units.std(ddof=1))
    if both_roles and (rows.source != rows.target).all():
        spread *= (many - 1) / (many - 2)
    half = float(stats.t.ppf(0.975, many - 1)) * spread / np.sqrt(many)
    return Mean(mean, max(mean - half, least), min(mean + half, most), many)
