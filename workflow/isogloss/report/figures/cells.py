"""What the figures of scores by (model, checkpoint, pair, layer) have in common."""

import pandas as pd

from isogloss.report.figures.style import labelled, side_by_side, wrapped

CELL = ["model", "checkpoint", "task", "corpus", "source", "target", "kind", "layer"]
SHOWN = [*CELL, "curve", "panel", "pair", "row", "value"]


def scored(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Keep one measure's rows that have a value, and name each row's curve and pair.

    A name says no more than is needed to tell curves, and pairs, apart. Where a figure has a panel a curve, a control's
    rows, named as such, stand in its model's ``panel``.
    """
    rows = rows[(rows.measure == measure) & rows.value.notna()]
    rows = side_by_side(rows, rows)
    several = rows.groupby("model").kind.transform("nunique") > 1

    def curve(model: pd.Series) -> pd.Series:
        if rows.checkpoint.nunique() > 1:
            model = model + ", " + rows.checkpoint
        # A model with a decoder has two kinds of pair, so its curves say which.
        return model.where(~several, model + ", " + rows.kind.str.replace("-", "–")).map(wrapped)

    pair = rows.source + "–" + rows.target
    if rows.corpus.nunique() > 1:
        pair = pair + " (" + rows.corpus + ")"
    bounds = ["null_low", "null_high", "null_p", "boot_low", "boot_high", "full_mixing"]
    named = rows.assign(curve=curve(rows.model), panel=curve(rows.beside), pair=pair, row=labelled(pair, rows.whose))
    return named[SHOWN + [name for name in bounds if name in rows]]
