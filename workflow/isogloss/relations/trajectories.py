"""The course of a fine-tuning: impact, alignment and transfer at steps on the way."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isogloss.files import read_json, read_parquet, write_csv
from isogloss.statistics.changes import NAMES, paired_change_of_items
from isogloss.statistics.jackknife import blocks_of
from isogloss.tables import read_table, with_controls

POOLING = "mean"
RUN = ["model", "task", "source", "seed"]
COURSE = [*RUN, "measure", "corpus", "kind", "target", "layer"]
COLUMNS = [
    "model", "checkpoint", "task", "source", "target", "seed", "fraction", "step", "measure", "corpus", "kind", "layer",
    "value", "low", "high", "null_mean", "n", "reason", *NAMES,
]  # fmt: skip


def follow(
    *,
    notes: list[str | Path],
    points: list[dict[str, Any]],
    impact: str | Path,
    transfer: str | Path,
    impact_replicates: list[str | Path],
    transfer_replicates: list[str | Path],
    space_similarity_replicates: list[str | Path],
    controls: dict[str, str],
    output: str | Path,
    concepts: str | Path | None = None,
    similarity: str | Path | None = None,
) -> None:
    """Put together what is known of every point of every trajectory.

    Parameters
    ----------
    notes
        Of the points, see :func:`isogloss.tasks.finetune.finetune`: they tell the step.
    points
        Of each of them ``model``, ``checkpoint``, ``task``, ``source``, ``seed`` and ``fraction``.
    impact, transfer, concepts, similarity
        Tables of the whole grid; None where it has none.
    impact_replicates, transfer_replicates, space_similarity_replicates
        Of the points, what these measures give without blocks of items.
    controls
        By model with weights drawn anew the model that it is the control of.
    output
        CSV, a row a point, target and ``measure``: the scores of ``transfer``; and in each ``layer`` ``impact`` over
        mean vectors, ``calign`` (by the study's convention) of each ``corpus`` and ``kind``, and ``retrieval`` of the
        target from the source (centred vectors), each with ``low`` and ``high`` (95 %), ``null_mean`` and ``n``.
        ``step`` 0 is the model before fine-tuning, of the measures that it has. ``reason`` where there is no value.
        ``change`` and what belongs to it is of the last point, against the first of its run, on the same items; see
        :func:`isogloss.statistics.changes.paired_change_of_items`. That of ``calign`` is not told.
    """
    found = pd.DataFrame(points)[["checkpoint", *RUN, "fraction"]]
    found["step"] = [steps_in(path) for path in notes]
    start = found[RUN].drop_duplicates().assign(checkpoint="pretrained", fraction=0.0, step=0)
    found = pd.concat([found, start], ignore_index=True)

    scores = read_table(transfer).rename(columns={"score": "value"}).assign(reason="")
    scores = with_replicates(scores, transfer_replicates, ["measure", "target"])
    parts = [scores.merge(found, on=["checkpoint", *RUN])]
    moved = read_table(impact)
    moved = moved[moved.pooling == POOLING].rename(columns={"impact": "value"}).assign(measure="impact")
    moved = with_replicates(moved, impact_replicates, ["pooling", "target", "layer"])
    parts.append(moved.merge(found, on=["checkpoint", *RUN]))
    if concepts:
        shared = read_table(concepts)
        shared = shared[shared.measure == "aligned"].assign(measure="calign")
        shared = shared.rename(columns={"boot_low": "low", "boot_high": "high", "denominator": "n"})
        # Concepts of two points are not paired, only those of each with the model before: these are other changes.
        shared = shared.drop(columns=["task", "seed", *NAMES], errors="ignore")
        parts.append(shared.merge(found, on=["model", "checkpoint", "source"]))
    if similarity:
        alike = retrieval(read_table(similarity)).drop(columns=[*NAMES], errors="ignore")
        key = ["task", "measure", "vectors", "source", "target", "layer"]
        alike = with_replicates(alike, space_similarity_replicates, key)
        parts.append(alike.merge(found, on=["model", "checkpoint", "source", "task"]))
    rows = pd.concat([part.reindex(columns=[*COLUMNS, "replicates"]) for part in parts], ignore_index=True)
    # What only the model before fine-tuning was measured for has no course.
    rows = rows[rows.groupby([*RUN, "measure"]).step.transform("max") > 0]
    rows["layer"] = rows.layer.astype("Int64")
    rows = rows.sort_values([*COURSE, "fraction"], kind="stable", ignore_index=True)
    write_csv(with_controls(with_changes(rows)[COLUMNS], controls), output)


def with_replicates(rows: pd.DataFrame, paths: list[str | Path], key: list[str]) -> pd.DataFrame:
    """Add to the rows of a table what files of its measure say without blocks of items."""
    key = ["model", "checkpoint", *key]
    files = [table for table in (read_parquet(path, (*key, "replicates")) for path in paths) if len(table)]
    if not files:
        return rows.assign(replicates=None)
    return rows.merge(pd.concat(files)[[*key, "replicates"]], how="left", on=key)


def with_changes(rows: pd.DataFrame) -> pd.DataFrame:
    """Add to the last point of each course how its value changed from that of the first point."""
    known = rows[(rows.step > 0) & rows.replicates.notna()].reset_index()
    ends = known.groupby(COURSE, dropna=False, sort=False)
    both = ends.first().join(ends.last(), suffixes=("", "_last"))
    both = both[both["index"] < both.index_last]
    for n, own in both.groupby("n_last"):
        sizes = np.array([block.stop - block.start for block in blocks_of(int(n))])
        before, after = (np.stack([*own[name]]) for name in ("replicates", "replicates_last"))
        for name, values in paired_change_of_items(before, after, sizes).items():
            rows.loc[own.index_last, name] = values
    return rows


def steps_in(notes: str | Path) -> int:
    """Tell after how many steps a fine-tuning ended."""
    return read_json(notes)["steps"]


def retrieval(similarity: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of centred retrieval of the target from the source, among the test items of tasks."""
    found = similarity[(similarity.measure == "retrieval") & (similarity.vectors == "centred")]
    # Where corpora alone are measured, the column is empty, and no text.
    return found[found.task.notna()].astype({"task": object})
