"""Zero-shot transfer: how well a checkpoint tuned on one language does the task in each language.

Every score here is a function of sums over items (counts of right answers, of entities, of n-grams), so a bootstrap
resample of the items is a weighted sum, and the same resamples serve all languages: the test items are parallel.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sacrebleu.metrics import BLEU, CHRF
from seqeval.metrics.sequence_labeling import get_entities

from isogloss.errors import IsoglossError
from isogloss.files import read_parquet, write_csv
from isogloss.models.families import HEADLESS
from isogloss.statistics.nulls import null_summary

# Scoring permuted translations is dear, and their null is narrow.
TRANSLATION_NULL_DRAWS = 20
LEVEL = 0.05


@dataclass(frozen=True)
class Measure:
    """A score that is a function of sums over items.

    Attributes
    ----------
    name
        As it stands in the tables.
    statistics
        From truths and predictions to an array ``[item, counts]``.
    score
        From sums ``[draws, counts]`` to scores ``[draws]``, each 0 to 1.
    """

    name: str
    statistics: Callable[[list[str], list[str]], np.ndarray]
    score: Callable[[np.ndarray], np.ndarray]


def measures(kind: str, truth: pd.Series, into: str | None, tag_measure: str = "entity_f1") -> list[Measure]:
    """Give the measures of a kind of task.

    Classification has accuracy and macro-F1; token classification the F1 of whole entities (as CoNLL-2003's, by
    seqeval) or, as ``tag_measure`` says, the accuracy of words (parts of speech have no entities); translation chrF
    (Popović 2015) and BLEU (Papineni et al. 2002), by sacrebleu, as shares of 1.
    """
    if kind == "sequence-classification":
        labels = sorted(truth.unique())
        return [
            Measure("accuracy", lambda t, p: confusion(t, p, labels), accuracy),
            Measure("macro_f1", lambda t, p: confusion(t, p, labels), macro_f1),
        ]
    if kind == "token-classification":
        if tag_measure == "accuracy":
            return [Measure("accuracy", tag_counts, share_right)]
        return [Measure("entity_f1", entity_counts, entity_f1)]
    found = []
    for name, metric in (("chrf", CHRF()), ("bleu", BLEU(tokenize="zh" if into == "zh" else "13a"))):
        counts, score = partial(ngram_counts, metric), partial(shares, metric)
        found.append(Measure(name, counts, score))
    return found


def confusion(truth: list[str], predicted: list[str], labels: list[str]) -> np.ndarray:
    """Mark each item's cell of the confusion matrix, ``[item, labels · (labels + 1)]``; unknown answers come last."""
    number = {label: index for index, label in enumerate(labels)}
    wide = len(labels) + 1
    cells = [number[t] * wide + number.get(p, len(labels)) for t, p in zip(truth, predicted, strict=True)]
    marks = np.zeros((len(cells), len(labels) * wide))
    marks[np.arange(len(cells)), cells] = 1
    return marks


def tables_of(sums: np.ndarray) -> np.ndarray:
    """Shape sums as confusion matrices ``[draws, labels, labels + 1]``."""
    labels = int((np.sqrt(1 + 4 * sums.shape[1]) - 1) / 2)
    return sums.reshape(len(sums), labels, labels + 1)


def accuracy(sums: np.ndarray) -> np.ndarray:
    """Give the share of right answers."""
    tables = tables_of(sums)
    return np.trace(tables[:, :, :-1], axis1=1, axis2=2) / tables.sum((1, 2))


def macro_f1(sums: np.ndarray) -> np.ndarray:
    """Give the mean over labels of F1; a label that is never there and never said counts 0."""
    tables = tables_of(sums)
    right = np.diagonal(tables[:, :, :-1], axis1=1, axis2=2)
    both = tables.sum(2) + tables[:, :, :-1].sum(1)
    return np.divide(2 * right, both, out=np.zeros_like(right), where=both > 0).mean(1)


@cache
def entities(tags: str) -> frozenset[tuple[str, int, int]]:
    """Find the entities of one tagged sentence: kind, first and last word."""
    return frozenset(get_entities(tags.split()))


def entity_counts(truth: list[str], predicted: list[str]) -> np.ndarray:
    """Count entities found right, said, and there, ``[item, 3]``."""
    rows = []
    for t, p in zip(truth, predicted, strict=True):
        there, said = entities(t), entities(p)
        rows.append((len(there & said), len(said), len(there)))
    return np.array(rows, dtype=float)


def entity_f1(sums: np.ndarray) -> np.ndarray:
    """Give F1 of entities; 0 where there is none and none was said."""
    both = sums[:, 1] + sums[:, 2]
    return np.divide(2 * sums[:, 0], both, out=np.zeros(len(sums)), where=both > 0)


def tag_counts(truth: list[str], predicted: list[str]) -> np.ndarray:
    """Count tags found right, and there, ``[item, 2]``."""
    rows = [(t.split(), p.split()) for t, p in zip(truth, predicted, strict=True)]
    # A permuted sentence of the null may be shorter; words that it does not have are wrong.
    return np.array([(sum(a == b for a, b in zip(t, p, strict=False)), len(t)) for t, p in rows], dtype=float)


def share_right(sums: np.ndarray) -> np.ndarray:
    """Give the share of words whose tag is right."""
    return sums[:, 0] / sums[:, 1]


def ngram_counts(metric: Any, truth: list[str], predicted: list[str]) -> np.ndarray:
    """Count n-grams as sacrebleu does, ``[item, counts]``."""
    return np.array(metric._extract_corpus_statistics(predicted, [truth]), dtype=float)


def shares(metric: Any, sums: np.ndarray) -> np.ndarray:
    """Score sums of n-gram counts as sacrebleu does."""
    return np.array([metric._aggregate_and_compute([row.astype(int).tolist()]).score / 100 for row in sums])


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

    Raises
    ------
    IsoglossError
        If the source language has no predictions.
    """
    table = read_parquet(predictions, ("language", "item", "truth", "predicted"))
    languages = sorted(table.language.unique())
    if source not in languages:
        raise IsoglossError(f"{predictions} has no predictions for the source language {source}.")
    numbers = np.sort(table.item.unique())
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(numbers), np.full(len(numbers), 1 / len(numbers)), draws).astype(float)
    parts = {language: part.sort_values("item") for language, part in table.groupby("language")}
    if table.predicted.isna().all():
        return write_csv(
            without_scores(parts, source, measures(kind, table.truth, into, tag_measure)), output, attributes
        )
    rows = []
    for measure in measures(kind, table.truth, into, tag_measure):
        scores, resampled, nulls = {}, {}, {}
        for language, part in parts.items():
            truth, said = list(part.truth), list(part.predicted)
            counts = measure.statistics(truth, said)
            scores[language] = float(measure.score(counts.sum(0, keepdims=True))[0])
            resampled[language] = measure.score(weights[:, np.searchsorted(numbers, part.item)] @ counts)
            shuffles = [rng.permutation(len(said)) for _ in range(TRANSLATION_NULL_DRAWS if into else null)]
            sums = [measure.statistics(truth, [said[place] for place in order]).sum(0) for order in shuffles]
            nulls[language] = measure.score(np.array(sums))
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


def without_scores(parts: Mapping[str, pd.DataFrame], source: str, asked: list[Measure]) -> pd.DataFrame:
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
