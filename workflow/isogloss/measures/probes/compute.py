"""Does what tells a label in one language tell it in another? A linear probe for every pair of languages and layer.

The probe is a ridge regression onto the labels, learnt from the first half of one language's items and tested on the
second half of every language's, so that no test item was seen in any language. mOthello (Hua et al. 2024, section 4)
and zero-shot probing ask the same.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.linalg import svd
from threadpoolctl import threadpool_limits

from isogloss.errors import IsoglossError
from isogloss.files import write_csv
from isogloss.measures.space_similarity.spaces import checked
from isogloss.states.sentence_vectors import languages_with, open_vectors
from isogloss.statistics.nulls import bootstrap_means, null_summary, permutations, resamples
from isogloss.tasks.items import read_test_items

COLUMNS = (
    "source",
    "target",
    "layer",
    "pooling",
    "vectors",
    "label",
    "value",
    "low",
    "high",
    "floor",
    "null_mean",
    "null_low",
    "null_high",
    "null_p",
    "null_draws",
    "n",
    "classes",
    "reason",
)
# Strengths of the ridge that are tried, in units of the mean variance of a direction.
STRENGTHS = np.logspace(-4, 4, 9)
Row = dict[str, Any]


def write_probes(
    *,
    vectors: str | Path,
    test: Mapping[str, str | Path],
    labels: list[str],
    pooling: str,
    null: int,
    bootstrap: int,
    seed: int,
    threads: int,
    attributes: Mapping[str, Any],
    output: str | Path,
) -> None:
    """Probe one checkpoint from every language to every one; write one tidy table.

    Parameters
    ----------
    vectors
        HDF5 file of sentence vectors of parallel items, see :mod:`isogloss.states.sentence_vectors`.
    test
        For each language the Parquet file of the items: ``split``, ``item`` and the columns of labels.
    labels
        Which columns to probe for.
    pooling
        Which vectors of the file.
    null, bootstrap
        Draws of the control (the labels that are learnt from are permuted) and of intervals over test items.
    seed
        Of both.
    threads
        Languages that are probed at the same time.
    attributes
        First columns of the table.
    output
        CSV: ``source`` (learnt from), ``target`` (tested on), ``layer``, ``pooling``, ``vectors`` (``raw``, or
        ``centred``: each language's mean of the first half is taken off), ``label`` (the column), ``value`` (share of
        test items told right), ``low`` and ``high`` (95 %), ``floor`` (the same if the most frequent label learnt is
        always said), ``null_mean``, ``null_low``, ``null_high``, ``null_p``, ``null_draws``, ``n`` test items,
        ``classes``, and ``reason`` where there is no value.

    Raises
    ------
    IsoglossError
        If there are no vectors of this pooling, or items that do not belong to them.
    """
    rows: list[Row] = []
    with open_vectors(vectors, put_aside=True) as file, threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        names = languages_with(file, pooling, vectors)
        sampled = cache(lambda size: resamples(size, bootstrap, np.random.default_rng(seed)))
        known = {language: read_test_items(test[language], *labels)[labels].astype(str) for language in names}
        for layer in sorted(file[names[0]][pooling], key=int):
            sides: dict[str, np.ndarray] = {}
            reasons: dict[str, str] = {}
            for language in names:
                found = file[language][pooling][layer][:]
                if len(found) != len(known[language]):
                    raise IsoglossError(
                        f"{vectors} has {len(found):,} items of {language}, but {test[language]} has "
                        f"{len(known[language]):,}. Delete the vectors, and the same command makes them again."
                    )
                try:
                    sides[language] = checked(found, language)
                except IsoglossError as error:
                    reasons[language] = str(error)
            for label in labels:
                truth = {language: table[label].to_numpy() for language, table in known.items()}
                for row in probe_layer(names, sides, reasons, truth, null, seed, sampled, pool):
                    rows.append({"layer": int(layer), "pooling": pooling, "label": label, **row})
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table = table.sort_values(["label", "vectors", "source", "target", "layer"], ignore_index=True)
    write_csv(table, output, attributes)


def probe_layer(
    names: list[str],
    sides: Mapping[str, np.ndarray],
    reasons: Mapping[str, str],
    truth: Mapping[str, np.ndarray],
    null: int,
    seed: int,
    sampled: Callable[[int], np.ndarray],
    pool: Executor,
) -> Iterator[Row]:
    """Probe one layer for one label.

    Parameters
    ----------
    names
        The languages.
    sides, reasons
        The vectors ``[n, d]`` of each language that has some that can be used; why the others have none.
    truth
        The labels ``[n]`` of each.
    null, seed
        See :func:`write_probes`.
    sampled
        Gives bootstrap samples of so many items, see :func:`isogloss.statistics.nulls.resamples`.
    pool
        Where languages are probed.

    Yields
    ------
    dict
        A row of the table each, without the columns that are the same in all rows of the layer and label.
    """
    halves = {language: len(vectors) // 2 for language, vectors in sides.items()}
    middles = {language: vectors[: halves[language]].mean(0, dtype=np.float64) for language, vectors in sides.items()}

    def learn(source: str) -> "Probe | str":
        half = halves.get(source, 0)
        try:
            return reasons.get(source) or Probe.fit(sides[source][:half], truth[source][:half], null, seed)
        except IsoglossError as error:
            return str(error)

    def test(source: str) -> list[Row]:
        learnt, rows = learn(source), []
        for target in names:
            for vectors, middle in (("raw", source), ("centred", target)):
                row = {"source": source, "target": target, "vectors": vectors}
                if isinstance(learnt, str) or target in reasons:
                    rows.append({**row, "reason": learnt if isinstance(learnt, str) else reasons[target]})
                    continue
                tested = truth[target][halves[target] :]
                moved = sides[target][halves[target] :] - middles[middle]
                rows.append({**row, **learnt.score(moved, tested, sampled(len(tested)))})
        return rows

    for rows in pool.map(test, names):
        yield from rows


@dataclass(frozen=True)
class Probe:
    """A ridge regression from vectors, less a mean, onto one column a label; the largest is what it says.

    Attributes
    ----------
    labels
        ``[classes]``, sorted.
    weights
        float64 ``[1 + draws, d, classes]``: the first learnt from the labels, the others from permuted ones.
    shares
        float64 ``[classes]``: of each label among those learnt from; what is said of a vector of zeros.
    """

    labels: np.ndarray
    weights: np.ndarray
    shares: np.ndarray

    @classmethod
    def fit(cls, vectors: np.ndarray, truth: np.ndarray, null: int, seed: int) -> "Probe":
        """Learn from ``[n, d]`` and labels ``[n]``; the strength of the ridge is that of the least leave-one-out error.

        Raises
        ------
        IsoglossError
            If there is a single label, or all vectors are the same.
        """
        labels, numbers = np.unique(truth, return_inverse=True)
        if len(labels) < 2:
            raise IsoglossError(f"the {len(truth)} items to learn from all have the label '{''.join(labels)}'")
        if (vectors == vectors[0]).all():
            raise IsoglossError(f"the {len(truth)} items to learn from all have the same vector")
        x = vectors.astype(np.float64)
        u, scales, directions = svd(x - x.mean(0), full_matrices=False, check_finite=False)
        told = np.eye(len(labels))[numbers]
        shares = told.mean(0)
        variances = np.square(scales)
        strengths = STRENGTHS * variances.mean()
        errors = [leave_one_out(u, variances / (variances + strength), told - shares) for strength in strengths]
        shrunk = scales / (variances + strengths[int(np.argmin(errors))])
        orders = permutations(len(x), null, np.random.default_rng(seed))
        seen = np.stack([told - shares, *(told[order] - shares for order in orders)])
        return cls(labels, (directions.T * shrunk) @ (u.T @ seen), shares)

    def score(self, vectors: np.ndarray, truth: np.ndarray, samples: np.ndarray) -> Row:
        """Test on ``[n, d]``, a mean taken off, and labels ``[n]``; ``samples`` are bootstrap samples of the items."""
        said = self.labels[(vectors @ self.weights + self.shares).argmax(2)]
        hits = said == truth
        (low,), (high,) = bootstrap_means(hits[0][:, None], samples)
        value = float(hits[0].mean())
        floor = float((truth == self.labels[self.shares.argmax()]).mean())
        found = {"value": value, "low": low, "high": high, "floor": floor, **null_summary(value, hits[1:].mean(1))}
        return {**found, "n": len(truth), "classes": len(self.labels), "reason": ""}


def leave_one_out(u: np.ndarray, kept: np.ndarray, told: np.ndarray) -> float:
    """Give the mean squared error of a ridge regression with each item left out in turn (Golub et al. 1979).

    Parameters
    ----------
    u
        ``[n, r]``: left singular vectors of the centred items.
    kept
        ``[r]``: what the ridge keeps of each direction, 0 to 1.
    told
        ``[n, classes]``: the centred targets.
    """
    fitted = (u * kept) @ (u.T @ told)
    own = np.square(u) @ kept + 1 / len(u)
    return float(np.square((told - fitted) / (1 - own)[:, None]).mean())
