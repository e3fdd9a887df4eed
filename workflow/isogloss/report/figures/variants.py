"""How another way of tuning changes transfer to near and far languages, and the gap between them."""

import altair as alt
import pandas as pd

from isogloss.report.figures.style import Drawing, categories, faded, labelled, layered, ordered, panels, zero_line
from isogloss.report.figures.tuned import PRIMARY, with_panel

GROUPS = {"near": "near", "far": "far", "gap": "gap (far − near)"}


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure."""
    rows = data["variants"]
    rows = rows[rows.measure.isin((*PRIMARY, "retrieval")) & rows.difference.notna()]
    if rows.empty:
        return None
    rows = with_panel(rows, rows).assign(group=rows.group.map(GROUPS))
    rows = rows.assign(series=labelled(rows.variant, rows.whose))
    shown = ["model", "task", "variant", "measure", "distance", "group", "panel", "whose", "series"]
    rows = rows[[*shown, "whole", "varied", "difference", "low", "high", "runs"]]
    variants = ordered(rows.variant)
    base = alt.Chart().encode(
        x=alt.X("group:N", title=None, sort=list(GROUPS.values()), axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("series:N", sort=ordered(rows.series)),
        color=categories("variant", variants),
        **faded(rows),
        tooltip=[
            "model:N",
            "variant:N",
            "group:N",
            alt.Tooltip("whole:Q", format=".3f"),
            alt.Tooltip("varied:Q", format=".3f"),
            alt.Tooltip("difference:Q", format="+.3f"),
            alt.Tooltip("low:Q", title="from", format="+.3f"),
            alt.Tooltip("high:Q", title="to (95 %)", format="+.3f"),
            alt.Tooltip("runs:Q", title="paired runs"),
        ],
    )
    title = "change of the score"
    spans = base.mark_rule(strokeWidth=2).encode(y=alt.Y("low:Q", title=title), y2="high:Q")
    points = base.mark_circle(size=60, opacity=1).encode(y=alt.Y("difference:Q", title=title))
    figure = layered(zero_line(), spans, points).properties(width=250, height=170)
    return panels(figure, rows, "panel")
