"""What the figures of scores by (model, checkpoint, pair, layer) have in common."""

import pandas as pd

from isogloss.report.figures.style import wrapped

SHOWN = ["model", "checkpoint", "task", "source", "target", "kind", "layer", "curve", "pair", "value"]


def scored(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Keep one measure's rows that have a value, and name each row's curve and pair.

    A name says no more than is needed to tell curves, and pairs, apart.
    """
    rows = rows[(rows.measure == measure) & rows.value.notna()]
    curve = rows.model.astype(str)
    if rows.checkpoint.nunique() > 1:
        curve = curve + ", " + rows.checkpoint
    # A model with a decoder has two kinds of pair, so its curves say which.
    several = rows.groupby("model").kind.transform("nunique") > 1
    curve = curve.where(~several, curve + ", " + rows.kind.str.replace("-", "–"))
    pair = rows.source + "–" + rows.target
    if rows.corpus.nunique() > 1:
        pair = pair + " (" + rows.corpus + ")"
    bounds = ["null_low", "null_high", "null_p", "boot_low", "boot_high", "full_mixing"]
    return rows.assign(curve=curve.map(wrapped), pair=pair)[SHOWN + [name for name in bounds if name in rows]]
