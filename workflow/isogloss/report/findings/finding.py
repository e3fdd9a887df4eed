"""One sentence of a report, and the statistics that all of them share."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from isogloss.statistics.languages import mean_over_languages
from isogloss.statistics.mantel import LEVEL, benjamini_hochberg


@dataclass(frozen=True)
class Finding:
    """A sentence of the report.

    Attributes
    ----------
    question
        A key of :data:`isogloss.report.figures.catalogue.QUESTIONS`.
    subject, sentence
        What it is about, and what is said of it; plain text.
    figure
        The name of the figure that shows it.
    found
        False for what was looked for and not found.
    strength
        How far the number lies from what it was tested against, 0 to 1.
    """

    question: str
    subject: str
    sentence: str
    figure: str
    found: bool = True
    strength: float = 0.0


def survivors(p: pd.Series | np.ndarray) -> np.ndarray:
    """Tell which p-values of one question stay below 0.05 when adjusted for all of them."""
    return benjamini_hochberg(np.asarray(p, dtype=float)) < LEVEL


def standard_error(low: pd.Series, high: pd.Series) -> pd.Series:
    """Give the standard error that a 95 % interval stands for if it is about normal."""
    return (high - low) / (2 * stats.norm.ppf(0.975))


def two_sided(difference: pd.Series, error: pd.Series) -> np.ndarray:
    """Give the p-value of a difference from 0, about normal; NaN where nothing is known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return 2 * stats.norm.sf(np.abs(np.asarray(difference / error, dtype=float)))


def two_sided_of_runs(difference: pd.Series, low: pd.Series, high: pd.Series, runs: pd.Series) -> np.ndarray:
    """Give the p-value of a mean difference of few paired runs from 0, from its bootstrap interval over the runs.

    Resampling few runs gives an interval that is too narrow: its spread is divided by the number of runs and not by one
    less, and is itself hardly known. So it is widened by that, and held against Student's t.
    """
    error = standard_error(low, high) * np.sqrt(runs / (runs - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return 2 * stats.t.sf(np.abs(np.asarray(difference / error, dtype=float)), np.asarray(runs - 1, dtype=float))


def one_sided(difference: pd.Series, error: pd.Series) -> np.ndarray:
    """Give the p-value of a difference not above 0, about normal; NaN where nothing is known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return stats.norm.sf(np.asarray(difference / error, dtype=float))


def between(low: float, high: float, form: str = ".2f") -> str:
    """Write a 95 % interval, or nothing where there is none."""
    return f" [{low:{form}}, {high:{form}}]" if np.isfinite(low) and np.isfinite(high) else ""


def average(rows: pd.DataFrame, column: str, form: str = ".2f", least: float = -np.inf, most: float = np.inf) -> str:
    """Write the mean of a column over pairs of languages, with the interval over languages where there is one."""
    mean = mean_over_languages(rows.source, rows.target, rows[column], least, most)
    return f"{mean.value:{form}}{between(mean.low, mean.high, form)}"


def p_value(p: float) -> str:
    """Write a p-value; never 0.000, because the smallest is one over the number of draws."""
    return f"{p:.3f}" if p >= 0.001 else f"{p:.1g}"


def listed(names: list[str], most: int = 8) -> str:
    """List names, and count those that are too many to list."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def counted(number: int, noun: str) -> str:
    """Write a number with its noun."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
