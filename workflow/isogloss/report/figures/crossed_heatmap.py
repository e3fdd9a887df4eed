"""Two texts in two languages: scores of every combination, those where crossing clearly costs or gains marked."""

import altair as alt
import numpy as np
import pandas as pd

from isogloss.report.figures.style import Drawing, labelled, of_seeds, panels, squares
from isogloss.report.figures.tuned import of_run, over_seeds, with_panel
from isogloss.report.findings.neighbours import costs_of_crossing

NUMBERS = ["score", "low", "high", "null_mean", "same", "cost", "cost_low", "cost_high", "overlap"]


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure: accuracy, the mean over seeds."""
    rows = data["crossed"]
    rows = rows[(rows.measure == "accuracy") & (rows.slice == "all") & rows.score.notna()]
    if rows.empty:
        return None
    cell = ["model", "task", "variant", "source", "first", "second"]
    # Adjusted for all costs that are told, those of the thirds of the items among them.
    costs = costs_of_crossing(data["crossed"]).query("slice == 'all'")
    signs = (costs.clear * np.sign(costs.cost)).groupby([costs[name] for name in cell])
    rows = over_seeds(rows, cell, NUMBERS).set_index(cell)
    # The same way with every seed.
    rows = rows.assign(loses=signs.max() < 0, gains=signs.min() > 0).reset_index()
    rows = of_run(with_panel(rows, data["crossed"]))
    rows["row"] = labelled(rows["first"], rows.whose)
    rows["mark"] = np.select([rows.loses.eq(True), rows.gains.eq(True)], ["−", "+"], "")
    extra = [
        alt.Tooltip("low:Q", title="from", format=".3f"),
        alt.Tooltip("high:Q", title="to (95 %)", format=".3f"),
        *of_seeds(rows),
        alt.Tooltip("null_mean:Q", title="chance", format=".3f"),
        alt.Tooltip("same:Q", title="both texts in one language", format=".3f"),
        alt.Tooltip("cost:Q", title="cost of crossing", format=".3f"),
        alt.Tooltip("overlap:Q", title="shared words", format=".3f"),
    ]
    sides = {"down": ("first", "first text"), "across": ("second", "second text")}
    return panels(squares(rows, "score", "accuracy", 1.0, extra, **sides), rows, "panel")
