"""What impact goes with at each layer; filled where the adjusted MRQAP p-value is below 0.05."""

import altair as alt
import pandas as pd

from isogloss.report.figures.style import Drawing, categories, dashes, layer_axis, layered, panels, zero_line
from isogloss.report.figures.tuned import POOLING, PRIMARY


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure."""
    rows = data["correlations"]
    rows = rows[(rows.statistic == "pearson") & (rows.pooling == POOLING) & (rows.impact == "impact")]
    rows = rows[(rows.layer.astype(str) != "mean") & (rows.variant == "whole") & rows.r.notna()]
    to_distance = rows.relation == "impact-distance"
    rows = rows[to_distance | ((rows.transfer == "score") & rows.measure.isin(PRIMARY))]
    if rows.empty:
        return None
    rows = rows.assign(
        layer=rows.layer.astype(float).astype(int),
        line=rows.distance.where(rows.relation == "impact-distance", "transfer"),
        panel=rows.model + ", " + rows.task + "\nn = " + rows.n.astype(int).astype(str) + " pairs",
    )
    shown = [
        "model",
        "task",
        "layer",
        "line",
        "panel",
        "r",
        "low",
        "high",
        "n",
        "partial_r",
        "p_mrqap",
        "p_mrqap_adjusted",
    ]
    shown += ["p_mantel"]
    rows = rows[[name for name in shown if name in rows]]
    names = sorted(rows.line.unique(), key=lambda name: (name != "transfer", name))
    base = alt.Chart().encode(
        x=layer_axis(rows),
        y=alt.Y("r:Q", title="Pearson's r with impact", scale=alt.Scale(domain=[-1, 1])),
        color=categories("line", names, "impact with"),
    )
    lines = base.mark_line(strokeWidth=1.4).encode(strokeDash=dashes("line", names, "impact with"))
    points = base.mark_point(size=38, strokeWidth=1.4, opacity=1).encode(
        fill=categories("line", names, "impact with"),
        fillOpacity=alt.condition(
            "isValid(datum.p_mrqap_adjusted) && datum.p_mrqap_adjusted < 0.05", alt.value(1), alt.value(0)
        ),
        tooltip=[
            alt.Tooltip("line:N", title="impact with"),
            "layer:Q",
            alt.Tooltip("r:Q", format=".2f"),
            alt.Tooltip("low:Q", title="from", format=".2f"),
            alt.Tooltip("high:Q", title="to (95 %)", format=".2f"),
            alt.Tooltip("partial_r:Q", title="partial r", format=".2f"),
            alt.Tooltip("p_mrqap:Q", title="MRQAP p", format=".3g"),
            alt.Tooltip("p_mrqap_adjusted:Q", title="adjusted", format=".3g"),
            alt.Tooltip("p_mantel:Q", title="Mantel p", format=".3g"),
        ],
    )
    figure = layered(zero_line(), lines, points).properties(width=240, height=180)
    return panels(figure, rows, "panel")
