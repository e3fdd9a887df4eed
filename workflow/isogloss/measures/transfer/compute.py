"""Zero-shot transfer: how well a checkpoint tuned on one language does the task in each language.

Every score here is a function of sums over items (counts of right answers, of entities, of n-grams), so a bootstrap
resample of the items is a weighted sum, and the same resamples serve all languages: the test items are parallel.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.files import read_parquet, write_csv, write_parquet
from isogloss.models.families import HEADLESS
from isogloss.statistics.jackknife import kept_without
from isogloss.statistics.nulls import null_summary
from isogloss.tasks.kinds.kind import kind_named
from isogloss.tasks.scores import Score

LEVEL = 0.05


def not_above_chance(source: str, score: float, p: float) -> str:
    """Say that there is nothing to be relative to, if the source language's own score is not above chance."""
    if score > 0 and p < LEVEL:
        return ""
    return f"The source language's own score, {score:.2f} in {source}, is not above chance (p = {p:.2g})."


def write_scores(
    *,
    predictions: str | Path,
    source: str,
    kind: str,
    into: str | None,
    draws: int,
    null: int,
    seed: int,
    attributes: Mapping[str, Any],
    output: str | Path,
    replicates_output: str | Path,
    tag_measure: str = "entity_f1",
) -> None:
    """Score a checkpoint's predictions in every language, absolute and relative to its source language's own.

    Parameters
    ----------
    predictions
        Parquet file, see :func:`isogloss.tasks.test_pass.run_items`.
    source
        The language that the checkpoint was tuned on.
    kind, into, tag_measure
        Of the task.
    draws, null, seed
        Bootstrap resamples of the items, permutations of the predictions among the items, and their seed.
    attributes
        First columns of the table.
    output
        CSV: ``source``, ``target``, ``measure``, ``score`` with ``low`` and ``high`` (95 %, bootstrap), ``relative``
        (score divided by the source language's) with ``relative_low`` and ``relative_high`` (the same resamples for
        both), the null's summary, ``n`` items, and ``reason``: a sentence where there is no relative score, because the
        source language's own is not above chance, or no score, because the checkpoint predicts nothing.
    replicates_output
        Parquet: the attributes, ``target``, ``measure`` and ``replicates``: the score of all items, then without each
        block of them, see :mod:`isogloss.statistics.jackknife`; of scores that are there.

    Raises
    ------
    IsoglossError
        If the source language has no predictions.
    """
    task = kind_named(kind, into=into, tag_measure=tag_measure)
    table = read_parquet(predictions, ("language", "item", "truth", "predicted"))
    languages = sorted(table.language.unique())
    if source not in languages:
        raise IsoglossError(f"{predictions} has no predictions for the source language {source}.")
    numbers = np.sort(table.item.unique())
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(numbers), np.full(len(numbers), 1 / len(numbers)), draws).astype(float)
    parts = {language: part.sort_values("item") for language, part in table.groupby("language")}
    if table.predicted.isna().all():
        nothing = pd.DataFrame(columns=[*attributes, "target", "measure", "replicates"])
        write_parquet(nothing, replicates_output)
        return write_csv(without_scores(parts, source, task.measures(list(table.truth))), output, attributes)
    rows, replicates = [], []
    for measure in task.measures(list(table.truth)):
        scores, resampled, nulls = {}, {}, {}
        for language, part in parts.items():
            truth, said = list(part.truth), list(part.predicted)
            counts = measure.statistics(truth, said)
            scores[language] = float(measure.score(counts.sum(0, keepdims=True))[0])
            left = measure.score(np.vstack([np.ones(len(part)), kept_without(len(part))]) @ counts)
            replicates.append({"target": language, "measure": measure.name, "replicates": left})
            resampled[language] = measure.score(weights[:, np.searchsorted(numbers, part.item)] @ counts)
            orders = np.array([rng.permutation(len(said)) for _ in range(null)])
            nulls[language] = measure.score(measure.permuted(truth, said, orders))
        chance = null_summary(scores[source], nulls[source])
        reason = not_above_chance(source, scores[source], chance["null_p"])
        for language in languages:
            with np.errstate(divide="ignore", invalid="ignore"):
                relative = resampled[language] / resampled[source]
            low, high = np.quantile(resampled[language], [0.025, 0.975])
            # A resample of a low score may be 0.
            known = not reason and np.isfinite(relative).all()
            below, above = np.quantile(relative, [0.025, 0.975]) if known else (np.nan, np.nan)
            rows.append(
                {
                    "source": source,
                    "target": language,
                    "measure": measure.name,
                    "score": scores[language],
                    "low": low,
                    "high": high,
                    "relative": scores[language] / scores[source] if not reason else np.nan,
                    "relative_low": below,
                    "relative_high": above,
                    **null_summary(scores[language], nulls[language]),
                    "n": len(parts[language]),
                    "reason": reason,
                }
            )
    write_csv(pd.DataFrame(rows), output, attributes)
    write_parquet(pd.DataFrame(replicates).assign(**attributes), replicates_output)


def without_scores(parts: Mapping[str, pd.DataFrame], source: str, asked: list[Score]) -> pd.DataFrame:
    """Give the rows of a checkpoint that predicts nothing: no value, and the reason."""
    numbers = ("score", "low", "high", "relative", "relative_low", "relative_high")
    empty = {**dict.fromkeys(numbers, np.nan), **null_summary(np.nan, np.zeros(1)), "null_draws": 0}
    return pd.DataFrame(
        [
            {"source": source, "target": language, "measure": measure.name, **empty, "n": len(part), "reason": HEADLESS}
            for measure in asked
            for language, part in parts.items()
        ]
    )
