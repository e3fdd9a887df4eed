"""One sentence of a report, and the statistics that all of them share."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from isogloss.statistics.languages import mean_over_languages
from isogloss.statistics.mantel import LEVEL, benjamini_hochberg

# The columns that hold a column's interval, where it has one.
ENDS = {
    "value": (("boot_low", "boot_high"), ("low", "high")),
    "score": (("score_low", "score_high"), ("low", "high")),
    "impact": (("low", "high"),),
    "cost": (("cost_low", "cost_high"),),
    "above": (("above_low", "above_high"),),
}
# So many pairs of languages are told one by one where there is no interval over languages.
FEW_PAIRS = 4


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
    model, asked
        Which model it is of, and what was asked of it, a name and what tells apart: a model's randomised control is
        asked the same, and stands in the model's sentence.
    brief
        The sentence's number in a few words, as it is told in that of the model.
    """

    question: str
    subject: str
    sentence: str
    figure: str
    found: bool = True
    strength: float = 0.0
    model: str = ""
    asked: tuple[Any, ...] = ()
    brief: str = ""


def beside_controls(findings: list[Finding], controls: dict[str, str]) -> list[Finding]:
    """Add to each model's sentence what its randomised controls were found to do when asked the same.

    Parameters
    ----------
    findings
        Of all models.
    controls
        By control the model that it is one of.
    """
    told: dict[tuple[str, tuple[Any, ...]], dict[str, list[str]]] = {}
    for one in findings:
        if one.model in controls:
            told.setdefault((controls[one.model], one.asked), {}).setdefault(one.model, []).append(one.brief)
    added = []
    for one in findings:
        texts = [
            f" Its control {name}: {'; '.join(briefs)}."
            for name, briefs in told.get((one.model, one.asked), {}).items()
        ]
        added.append(replace(one, sentence=one.sentence + "".join(texts)) if one.asked else one)
    return added


def cannot_tell(p: pd.Series, least: float, spoken_of: pd.Index | None = None) -> str:
    """Say why not one of some tests could have come out, however strong; an empty text where one could.

    The one place that decides when what was not found cannot be called absent: if the strongest of the tests had the
    least p-value that it can have, it must stay below the level once adjusted beside all others as they are.

    Parameters
    ----------
    p
        The p-values that are adjusted for each other (Benjamini and Hochberg); NaN where there is no test.
    least
        The least that those spoken of could have been.
    spoken_of
        Which of them the sentence is about; all where nothing is said.
    """
    known = p.dropna().astype(float)
    own = known if spoken_of is None else known[known.index.isin(spoken_of)]
    if own.empty:
        return "cannot be told: there is no test"
    strongest = own.idxmin()
    known[strongest] = min(least, known[strongest])
    adjusted = benjamini_hochberg(known.to_numpy(dtype=float))[known.index.get_loc(strongest)]
    if adjusted < LEVEL:
        return ""
    return (
        f"cannot be told: no p can fall below {p_value(least)}, which is {adjusted:.2g} once adjusted for "
        f"{counted(len(known), 'test')}"
    )


def least_of(draws: pd.Series) -> float:
    """Give the least p-value that a null of so many draws allows; 0 where none was drawn."""
    most = draws.max()
    return 1 / (most + 1) if np.isfinite(most) else 0.0


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


def one_sided_of_two(value: pd.Series, other: pd.Series, error: pd.Series) -> np.ndarray:
    """Give the p-value of a value not above another that was measured on the same items, without an interval.

    The other is taken to err as much, and by itself. To take it for known would find it passed in 12 % of the worlds in
    which both are alike (benchmarks/interval_worlds.py).
    """
    return one_sided(value - other, np.sqrt(2) * error)


def between(low: float, high: float, form: str = ".2f") -> str:
    """Write a 95 % interval, or nothing where there is none."""
    return f" [{low:{form}}, {high:{form}}]" if np.isfinite(low) and np.isfinite(high) else ""


def average(rows: pd.DataFrame, column: str, form: str = ".2f", least: float = -np.inf, most: float = np.inf) -> str:
    """Write the mean of a column over pairs of languages, with the interval over languages.

    Of fewer than three languages there is none; then the pairs' own intervals stand there, where the table has them.
    """
    mean = mean_over_languages(rows.source, rows.target, rows[column], least, most)
    ends = next((ends for ends in ENDS.get(column, ()) if ends[0] in rows), None)
    text = f"{mean.value:{form}}{between(mean.low, mean.high, form)}"
    if np.isfinite(mean.low) or ends is None or len(rows) > FEW_PAIRS:
        return text
    low, high = ends
    known = rows.dropna(subset=[low, high]).to_dict("records")
    pairs = [f"{row['source']}–{row['target']}{between(row[low], row[high], form)}" for row in known]
    return text + (f" ({', '.join(pairs)})" if pairs else "")


def by_source(rows: pd.DataFrame, column: str, form: str = ".2f", least: float = -np.inf, most: float = np.inf) -> str:
    """Write a column's mean over target languages for each source language, with its interval where there is one.

    A checkpoint belongs to one source language: over several of them no mean is taken, but over seeds.
    """
    means = [
        f"{average(part, column, form, least, most)} from {name}" for name, part in rows.groupby("source", sort=True)
    ]
    return listed(means, 15)


def run_of(task: str, source: str, variant: str, seeds: int) -> str:
    """Name what a sentence about a task's checkpoints is of: over nothing else than their seeds is a mean taken."""
    how = "" if variant == "whole" else f" ({variant})"
    return f"{task} tuned on {source}{how}" + (f", means over {counted(seeds, 'seed')}" if seeds > 1 else "")


def span(values: pd.Series, form: str = ".2f") -> str:
    """Write from where to where values lie, or the one that they all are."""
    ends = list(dict.fromkeys(f"{end:{form}}" for end in (values.min(), values.max())))
    return " to ".join(ends)


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
