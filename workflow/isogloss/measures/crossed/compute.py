"""What a checkpoint knows of two texts in two languages, against both in one: the cost of crossing.

Where a task is done by what two texts of one language share on paper, crossing takes that away (Rajaee & Monz 2024).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.files import read_parquet, write_csv
from isogloss.statistics.nulls import null_summary, permutations, resamples
from isogloss.tasks.scores import accuracy, confusion, macro_f1, tables_of

COLUMNS = (
    "source",
    "first",
    "second",
    "slice",
    "measure",
    "label",
    "score",
    "low",
    "high",
    "null_mean",
    "null_low",
    "null_high",
    "null_p",
    "null_draws",
    "same",
    "cost",
    "cost_low",
    "cost_high",
    "overlap",
    "n",
    "reason",
)
PAIR = ["first", "second"]
EVERY, LOW, HIGH = "all", "low overlap", "high overlap"
Row = dict[str, Any]
# From sums of confusion matrices, [draws, cells], to scores, [draws].
Score = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Answers:
    """What was said of items, by confusion matrices.

    Attributes
    ----------
    marks
        ``[item, labels · (labels + 1)]``: each item's cell, see :func:`isogloss.measures.transfer.compute.confusion`.
    right, said
        ``[item, labels]`` and ``[item, labels + 1]``: the right label and the one that was said; unknown ones last.
    """

    marks: np.ndarray
    right: np.ndarray
    said: np.ndarray

    @classmethod
    def of(cls, rows: pd.DataFrame, labels: list[str]) -> "Answers":
        """Take the answers of one table, a row an item."""
        marks = confusion(list(rows.truth), list(rows.predicted), labels)
        tables = tables_of(marks)
        return cls(marks, tables.sum(2), tables.sum(1))

    def sums(self, counts: np.ndarray) -> np.ndarray:
        """Sum over items that are counted so often, ``[draws, items]``; give ``[draws, cells]``."""
        return counts @ self.marks

    def permuted(self, orders: np.ndarray, counted: np.ndarray) -> np.ndarray:
        """Sum over the items that are ``counted``, after what was said changed places by each of ``orders``."""
        return ((self.right * counted[:, None]).T @ self.said[orders]).reshape(len(orders), -1)


def scores(labels: Sequence[str]) -> dict[tuple[str, str], Score]:
    """Give the scores by measure and label: accuracy, macro-F1, and the recall of each label."""

    def recall(place: int) -> Score:
        def share(sums: np.ndarray) -> np.ndarray:
            row = tables_of(sums)[:, place]
            with np.errstate(invalid="ignore"):
                return row[:, place] / row.sum(1)

        return share

    found: dict[tuple[str, str], Score] = {("accuracy", ""): accuracy, ("macro_f1", ""): macro_f1}
    return found | {("recall", label): recall(place) for place, label in enumerate(labels)}


def interval(draws: np.ndarray) -> tuple[float, float]:
    """Give the 95 % percentile interval; resamples without any item that could count are passed over."""
    known = draws[np.isfinite(draws)]
    low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (np.nan, np.nan)
    return float(low), float(high)


def write_crossed(
    *,
    predictions: str | Path,
    source: str,
    null: int,
    bootstrap: int,
    seed: int,
    attributes: Mapping[str, Any],
    output: str | Path,
) -> None:
    """Score every combination of two languages, and what crossing them costs.

    Parameters
    ----------
    predictions
        Parquet file, see :func:`isogloss.tasks.altered_pass.run_crossed`.
    source
        The language that the checkpoint was tuned on.
    null, bootstrap, seed
        Permutations of the answers among the items, resamples of the items (the same for all languages), their seed.
    attributes
        First columns of the table.
    output
        CSV: ``source``, ``first`` and ``second`` (languages of the two texts), ``slice`` (``all`` items, or those of
        the third with ``low overlap`` and with ``high overlap`` of the two texts in the source language), ``measure``
        (``accuracy``, ``macro_f1``, and the ``recall`` of each ``label``), ``score`` with ``low`` and ``high`` (95 %)
        and its null; ``same``: mean score with both texts in the first language and both in the second; ``cost``:
        ``score`` − ``same`` with ``cost_low`` and ``cost_high`` (the same resamples for all three), below 0 where
        crossing loses; ``overlap`` (mean share of the second text's words that stand in the first), ``n`` items, and
        ``reason`` where there is no score.

    Raises
    ------
    IsoglossError
        If the source language has no answers although others have.
    """
    said = read_parquet(predictions, ("first", "second", "item", "truth", "predicted", "overlap", "reason"))
    reasons = said[said.reason != ""]
    rows = [{"source": source, **dict(row)} for row in reasons[[*PAIR, "reason"]].to_dict("records")]
    said = said[said.reason == ""].astype({"item": int})
    if len(said):
        rows += list(score_crossed(said, source, null, bootstrap, np.random.default_rng(seed)))
    write_csv(pd.DataFrame(rows, columns=list(COLUMNS)), output, attributes)


def score_crossed(
    said: pd.DataFrame, source: str, null: int, bootstrap: int, rng: np.random.Generator
) -> Iterator[Row]:
    """Score answers to crossed items, see :func:`write_crossed`; give a row of the table each."""
    parts = {pair: part.sort_values("item", ignore_index=True) for pair, part in said.groupby(PAIR, sort=True)}
    if (source, source) not in parts:
        raise IsoglossError(f"There are no answers to the items of {source}, which the checkpoint was tuned on.")
    labels, own = sorted(said.truth.unique()), parts[source, source]
    # Languages whose items are not the source's are scored by themselves, and after it.
    groups: dict[tuple[int, ...], dict[Any, pd.DataFrame]] = {tuple(own["item"]): {}}
    for pair, part in parts.items():
        groups.setdefault(tuple(part["item"]), {})[pair] = part
    for items, alike in groups.items():
        kept = slices(own.overlap.to_numpy()) if items == tuple(own["item"]) else {EVERY: np.ones(len(items), bool)}
        for row in score_alike(alike, kept, labels, null, bootstrap, rng):
            yield {"source": source, **row}


def score_alike(
    parts: Mapping[Any, pd.DataFrame],
    sliced: Mapping[str, np.ndarray],
    labels: list[str],
    null: int,
    bootstrap: int,
    rng: np.random.Generator,
) -> Iterator[Row]:
    """Score answers to the same items in several combinations of languages, in slices of the items."""
    n = len(next(iter(sliced.values())))
    counts, orders = resamples(n, bootstrap, rng).astype(np.float64), permutations(n, null, rng)
    answers = {pair: Answers.of(part, labels) for pair, part in parts.items()}
    for name, kept in sliced.items():
        wanted = scores(labels) if name == EVERY else {("accuracy", ""): accuracy}
        known = {pair: given.sums(np.vstack([kept, counts * kept])) for pair, given in answers.items()}
        chance = {pair: given.permuted(orders, kept) for pair, given in answers.items()}
        for (measure, label), score in wanted.items():
            found = {pair: score(sums) for pair, sums in known.items()}
            for first, second in answers:
                value, *drawn = found[first, second]
                low, high = interval(np.array(drawn))
                row = {"first": first, "second": second, "slice": name, "measure": measure}
                row |= {"label": label, "score": value, "low": low, "high": high}
                row |= null_summary(value, score(chance[first, second]))
                if first != second and (first, first) in found and (second, second) in found:
                    same = (found[first, first] + found[second, second]) / 2
                    cost, *drawn = found[first, second] - same
                    low, high = interval(np.array(drawn))
                    row |= {"same": same[0], "cost": cost, "cost_low": low, "cost_high": high}
                alike = parts[first, second].overlap.to_numpy()[kept]
                yield {**row, "overlap": alike.mean(), "n": int(kept.sum()), "reason": ""}


def slices(overlap: np.ndarray) -> dict[str, np.ndarray]:
    """Mark all items, and those of the thirds with the least and the most overlap where these are apart."""
    low, high = np.quantile(overlap, [1 / 3, 2 / 3])
    found = {EVERY: np.ones(len(overlap), dtype=bool)}
    return found | {LOW: overlap <= low, HIGH: overlap >= high} if low < high else found
