"""Transfer above its controls: what a checkpoint reaches beyond what items that lack something allow.

What is reached without words' order, without the right first text, or with one text alone is no sign that a language
was understood (Rajaee & Monz 2024). The highest control counts.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.files import read_parquet, write_csv
from isogloss.measures.crossed.compute import Answers, interval, scores
from isogloss.statistics.nulls import resamples

COLUMNS = (
    "source",
    "target",
    "measure",
    "control",
    "tuned_on",
    "score",
    "score_low",
    "score_high",
    "control_score",
    "low",
    "high",
    "above",
    "above_low",
    "above_high",
    "null_p",
    "null_draws",
    "best",
    "n",
    "reason",
)
Row = dict[str, Any]
PLAIN, LACKING = "plain", "control"
# Draws of the null; they cost next to nothing.
NULL = 9_999
MEASURES = (("accuracy", ""), ("macro_f1", ""))


def write_controls(
    *,
    predictions: str | Path,
    controls: str | Path,
    source: str,
    bootstrap: int,
    seed: int,
    attributes: Mapping[str, Any],
    output: str | Path,
    trained: Mapping[str, str | Path] | None = None,
) -> None:
    """Hold a checkpoint's scores against those with items that lack something.

    Parameters
    ----------
    predictions
        Parquet file of answers to the items as they are, see :func:`isogloss.tasks.test_pass.run_items`.
    controls
        Parquet file of the same checkpoint's answers to items that lack something, see
        :func:`isogloss.tasks.altered_pass.run_controls`.
    source
        The language that the checkpoint was tuned on.
    bootstrap, seed
        Resamples of the items, the same for all languages and controls, and their seed.
    attributes
        First columns of the table.
    output
        CSV: ``source``, ``target``, ``measure`` (``accuracy``, ``macro_f1``), ``control`` (what the items lack),
        ``tuned_on`` (``plain``: this checkpoint; ``control``: one that was tuned on items that lack the same),
        ``score`` with ``score_low`` and ``score_high`` (of the items as they are), ``control_score`` with ``low`` and
        ``high``, ``above``: the one minus the other, with ``above_low`` and ``above_high`` (paired by item),
        ``null_p`` and ``null_draws``, see :func:`exchanged`;
        ``best``: whether this control is the highest of the target; ``n`` items, and ``reason`` where there is no
        score. All intervals are of 95 %.
    trained
        By control such a file of the checkpoint that was tuned on items that lack it.

    Raises
    ------
    IsoglossError
        If there are answers to other items than to those as they are.
    """
    plain = read_parquet(predictions, ("language", "item", "truth", "predicted"))
    files = [(PLAIN, controls), *((LACKING, path) for path in (trained or {}).values())]
    said = pd.concat(
        [read_parquet(path, ("language", "control", "item", "truth", "predicted", "reason")).assign(tuned_on=tuned_on)
         for tuned_on, path in files],
        ignore_index=True,
    )  # fmt: skip
    rows: list[Row] = []
    for target, part in said.groupby("language", sort=True):
        own = plain[plain.language == target].sort_values("item", ignore_index=True)
        rows += [{"source": source, "target": target, **row} for row in score_target(own, part, bootstrap, seed)]
    write_csv(pd.DataFrame(rows, columns=list(COLUMNS)), output, attributes)


def score_target(plain: pd.DataFrame, said: pd.DataFrame, bootstrap: int, seed: int) -> Iterator[Row]:
    """Score one language's answers, see :func:`write_controls`; give a row of the table each."""
    names = ["control", "tuned_on"]
    for lost in said[said.reason != ""].to_dict("records"):
        yield {**{name: lost[name] for name in names}, "reason": lost["reason"]}
    parts = {
        key: part.sort_values("item", ignore_index=True)
        for key, part in said[said.reason == ""].astype({"item": int}).groupby(names, sort=True)
    }
    if not parts:
        return
    items = next(iter(parts.values())).item
    plain = plain[plain.item.isin(items)].reset_index(drop=True)
    if any(not part.item.equals(plain.item) for part in parts.values()):
        raise IsoglossError(
            "Items that lack something are not those that the checkpoint was tested on; run them again."
        )
    labels = sorted(plain.truth.unique())
    counts = resamples(len(plain), bootstrap, np.random.default_rng(seed)).astype(np.float64)
    counts = np.vstack([np.ones(len(plain)), counts])
    own, answers = Answers.of(plain, labels), {key: Answers.of(part, labels) for key, part in parts.items()}
    whole, sums = own.sums(counts), {key: each.sums(counts) for key, each in answers.items()}
    swapped = {key: exchanged(own.marks, each.marks, NULL, seed) for key, each in answers.items()}
    for measure in MEASURES:
        score = scores(labels)[measure]
        full, found = score(whole), {key: score(each) for key, each in sums.items()}
        best = max(sorted(found), key=lambda key: found[key][0])
        for control, tuned_on in found:
            lacking = found[control, tuned_on]
            row: Row = {"measure": measure[0], "control": control, "tuned_on": tuned_on}
            for name, low, high, values in (
                ("score", "score_low", "score_high", full),
                ("control_score", "low", "high", lacking),
                ("above", "above_low", "above_high", full - lacking),
            ):
                row |= dict(zip((name, low, high), (float(values[0]), *interval(values[1:])), strict=True))
            null = score(swapped[control, tuned_on][0]) - score(swapped[control, tuned_on][1])
            p = (1 + (null >= row["above"] - 1e-12).sum()) / (1 + NULL)
            row |= {"null_p": float(p), "null_draws": NULL}
            yield {**row, "best": (control, tuned_on) == best, "n": len(plain), "reason": ""}


def exchanged(own: np.ndarray, lacking: np.ndarray, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Exchange the answers to an item and to the same item that lacks something, with probability 1/2.

    If an item is answered alike with and without, the two answers could as well be those of the other; of accuracy that
    is the test of McNemar (1947), one-sided.

    Parameters
    ----------
    own, lacking
        ``[item, cells]``: the cell of the confusion matrix that each answer is in, see
        :func:`isogloss.tasks.scores.confusion`.
    draws, seed
        How often, and the seed of what is exchanged.

    Returns
    -------
    own, lacking : ndarray, ``[draws, cells]``
        Sums over the items after the exchange.
    """
    pairs, counts = np.unique(np.c_[own.argmax(1), lacking.argmax(1)], axis=0, return_counts=True)
    # Items with the same two answers are alike, so how many of them are exchanged is all that is drawn.
    taken = np.random.default_rng([seed, 1]).binomial(counts, 0.5, (draws, len(counts)))
    cells = np.eye(own.shape[1])
    moved = taken @ (cells[pairs[:, 1]] - cells[pairs[:, 0]])
    return own.sum(0) + moved, lacking.sum(0) - moved
