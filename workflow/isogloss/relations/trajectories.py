"""The course of a fine-tuning: impact, alignment and transfer at steps on the way."""

from pathlib import Path
from typing import Any

import pandas as pd

from isogloss.files import read_json, write_csv
from isogloss.tables import read_table, with_controls

POOLING = "mean"
RUN = ["model", "task", "source", "seed"]
COLUMNS = [
    "model", "checkpoint", "task", "source", "target", "seed", "fraction", "step", "measure", "corpus", "kind", "layer",
    "value", "low", "high", "null_mean", "n", "reason",
]  # fmt: skip


def follow(
    *,
    notes: list[str | Path],
    points: list[dict[str, Any]],
    impact: str | Path,
    transfer: str | Path,
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
    controls
        By model with weights drawn anew the model that it is the control of.
    output
        CSV, a row a point, target and ``measure``: the scores of ``transfer``; and in each ``layer`` ``impact`` over
        mean vectors, ``calign`` (the paper's convention) of each ``corpus`` and ``kind``, and ``retrieval`` of the
        target from the source (centred vectors), each with ``low`` and ``high`` (95 %), ``null_mean`` and ``n``.
        ``step`` 0 is the model before fine-tuning, of the measures that it has. ``reason`` where there is no value.
    """
    found = pd.DataFrame(points)[["checkpoint", *RUN, "fraction"]]
    found["step"] = [steps_in(path) for path in notes]
    start = found[RUN].drop_duplicates().assign(checkpoint="pretrained", fraction=0.0, step=0)
    found = pd.concat([found, start], ignore_index=True)

    scores = read_table(transfer).rename(columns={"score": "value"}).assign(reason="")
    parts = [scores.merge(found, on=["checkpoint", *RUN])]
    moved = read_table(impact)
    moved = moved[moved.pooling == POOLING].rename(columns={"impact": "value"}).assign(measure="impact")
    parts.append(moved.merge(found, on=["checkpoint", *RUN]))
    if concepts:
        shared = read_table(concepts)
        shared = shared[(shared.measure == "aligned") & (shared.convention == "paper")].assign(measure="calign")
        shared = shared.rename(columns={"boot_low": "low", "boot_high": "high", "denominator": "n"})
        parts.append(
            shared.drop(columns=["task", "seed"], errors="ignore").merge(found, on=["model", "checkpoint", "source"])
        )
    if similarity:
        parts.append(retrieval(read_table(similarity)).merge(found, on=["model", "checkpoint", "source", "task"]))
    rows = pd.concat([part.reindex(columns=COLUMNS) for part in parts], ignore_index=True)
    # What only the model before fine-tuning was measured for has no course.
    rows = rows[rows.groupby([*RUN, "measure"]).step.transform("max") > 0]
    rows["layer"] = rows.layer.astype("Int64")
    order = [*RUN, "measure", "corpus", "kind", "target", "layer", "fraction"]
    write_csv(with_controls(rows.sort_values(order, kind="stable"), controls), output)


def steps_in(notes: str | Path) -> int:
    """Tell after how many steps a fine-tuning ended."""
    return read_json(notes)["steps"]


def retrieval(similarity: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of centred retrieval of the target from the source."""
    return similarity[(similarity.measure == "retrieval") & (similarity.vectors == "centred")]
