"""Transfer against impact, a point a pair of languages."""

import altair as alt
import pandas as pd

from isogloss.report.figures.style import Drawing, categories, faded, layered, of_seeds, ordered, panels
from isogloss.report.figures.tuned import GRID, moved, primary, with_panel

LABELLED = 40


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure."""
    rows = primary(data["transfer"]).merge(moved(data["impact"], GRID)[[*GRID, "impact"]], on=GRID)
    rows = with_panel(rows[rows.source != rows.target], data["transfer"])
    if rows.empty:
        return None
    rows["pair"] = rows.source + "→" + rows.target
    base = alt.Chart().encode(
        x=alt.X("impact:Q", title="impact (1 − CKA, mean over layers)", scale=alt.Scale(zero=False)),
        y=alt.Y("score:Q", title="zero-shot score", scale=alt.Scale(zero=False)),
        color=categories("source", ordered(rows.source)),
        **faded(rows),
        tooltip=[
            "model:N",
            "pair:N",
            alt.Tooltip("impact:Q", format=".3f"),
            alt.Tooltip("score:Q", format=".3f"),
            *of_seeds(rows),
        ],
    )
    layers = [base.mark_circle(size=40, opacity=0.9)]
    if rows.groupby("panel").size().max() <= LABELLED:
        layers.append(base.mark_text(fontSize=8.5, align="left", dx=5, dy=-4).encode(text="pair:N"))
    figure = layered(*layers).properties(width=250, height=190)
    return panels(figure, rows, "panel")
