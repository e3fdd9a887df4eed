"""Whether two languages share concepts anywhere in a model: one test a pair, of its best layer."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isogloss.files import read_parquet, write_csv
from isogloss.statistics.mantel import benjamini_hochberg
from isogloss.statistics.nulls import best_layer
from isogloss.tables import read_table

MEASURES = ("aligned", "overlapping_translated")
PAIR = ["corpus", "source", "target", "kind"]


def score(
    *,
    scores: list[str | Path],
    draws: list[str | Path],
    output: str | Path,
    identity: dict[str, Any],
) -> None:
    """Test the best layer of every pair of one checkpoint, and write the table.

    Parameters
    ----------
    scores
        Metric tables of CALIGN and COLAP, one a cell.
    draws
        For each of them, the draws of its null.
    output
        CSV: one row a pair, kind and measure. ``layer`` is the best, ``layers`` the number of them, ``value`` the share
        there, ``standardised`` how many deviations of its null it lies above the null's mean, ``null_p`` compares that
        with the best layers of the draws (see :func:`isogloss.statistics.nulls.best_layer`), and ``adjusted_p`` is
        adjusted over the pairs of a corpus (Benjamini & Hochberg 1995).
    identity
        The columns that name the checkpoint.
    """
    tables = [read_table(path) for path in scores]
    whole = pd.concat([table.assign(file=number) for number, table in enumerate(tables)], ignore_index=True)
    whole = whole[whole.measure.isin(MEASURES)].sort_values(["layer"], kind="stable")
    rows = []
    for (*pair, measure), part in whole.groupby([*PAIR, "measure"], sort=True):
        # Shares have the same denominator in a score and its draws, so that numerators are as good.
        null = np.stack([read_parquet(draws[number], (measure,))[measure] for number in part.file])
        place, standardised, p = best_layer(part.numerator.to_numpy(), null)
        best = part.iloc[place]
        rows.append(
            {
                **identity,
                **dict(zip(PAIR, pair, strict=True)),
                "layer": int(best.layer),
                "measure": measure,
                "layers": len(part),
                "value": best.value,
                "standardised": standardised,
                "null_p": p,
                "null_draws": null.shape[1],
            }
        )
    table = pd.DataFrame(rows)
    table["adjusted_p"] = table.groupby(["corpus", "kind", "measure"]).null_p.transform(benjamini_hochberg)
    write_csv(table, output)
