"""Two texts in two languages: scores of every combination, those where crossing clearly costs or gains marked."""

import altair as alt
import numpy as np
import pandas as pd

from isogloss.report.figures.style import Drawing, panels, squares
from isogloss.report.figures.tuned import with_panel

NUMBERS = ["score", "low", "high", "null_mean", "same", "cost", "cost_low", "cost_high", "overlap"]


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure: accuracy, the mean over checkpoints of a model and task."""
    rows = data["crossed"]
    rows = rows[(rows.measure == "accuracy") & (rows.slice == "all") & rows.score.notna()]
    if rows.empty:
        return None
    rows = rows.groupby(["model", "task", "measure", "first", "second"], sort=True)[NUMBERS].mean().reset_index()
    # The first text's language runs down, the second's across.
    rows = with_panel(rows).rename(columns={"first": "source", "second": "target"})
    rows["mark"] = np.select([rows.cost_high < 0, rows.cost_low > 0], ["−", "+"], "")
    extra = [
        alt.Tooltip("low:Q", title="from", format=".3f"),
        alt.Tooltip("high:Q", title="to (95 %)", format=".3f"),
        alt.Tooltip("null_mean:Q", title="chance", format=".3f"),
        alt.Tooltip("same:Q", title="both texts in one language", format=".3f"),
        alt.Tooltip("cost:Q", title="cost of crossing", format=".3f"),
        alt.Tooltip("overlap:Q", title="shared words", format=".3f"),
    ]
    titles = {"down": "first text", "across": "second text"}
    return panels(squares(rows, "score", "accuracy", 1.0, extra, **titles), rows, "panel")
