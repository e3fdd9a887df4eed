"""How well the board of Othello is told, in the language that a probe was learnt in and in the others, by layer."""

import altair as alt
import numpy as np
import pandas as pd

from isogloss.report.figures.style import Drawing, beyond, categories, faded, layer_axis, layered, panels, side_by_side

KINDS = ["same language", "other language, centred", "other language, raw"]


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure."""
    rows = data["board_probe"]
    rows = rows[(rows.measure == "probe_accuracy") & rows.value.notna()]
    if rows.empty:
        return None
    rows = rows[(rows.source != rows.target) | (rows.vectors == "raw")]
    rows = side_by_side(rows, rows)
    same, raw = rows.source == rows.target, rows.vectors == "raw"
    rows = rows.assign(
        panel=beyond(rows.beside + "\n" + rows.corpus, rows, "checkpoint"),
        told=np.select([same, raw], [KINDS[0], KINDS[2]], KINDS[1]),
        pair=rows.source + "–" + rows.target,
    )
    where = [
        "model",
        "checkpoint",
        "task",
        "corpus",
        "source",
        "target",
        "pair",
        "layer",
        "vectors",
        "told",
        "panel",
        "whose",
    ]
    rows = rows[[*where, "value", "low", "high", "floor", "n"]]
    base = alt.Chart().encode(x=layer_axis(rows), color=categories("told", KINDS, "tested in"), **faded(rows))
    title = "share of squares told right"
    lines = base.mark_line(strokeWidth=1.5).encode(
        y=alt.Y("value:Q", aggregate="mean", title=title, scale=alt.Scale(zero=False))
    )
    points = base.mark_circle(size=35, opacity=0.8).encode(
        y=alt.Y("value:Q", title=title),
        tooltip=[
            "model:N",
            "pair:N",
            "told:N",
            "layer:Q",
            alt.Tooltip("value:Q", format=".3f"),
            alt.Tooltip("low:Q", title="from", format=".3f"),
            alt.Tooltip("high:Q", title="to (95 %)", format=".3f"),
            alt.Tooltip("floor:Q", format=".3f"),
        ],
    )
    floor = (
        alt.Chart()
        .mark_rule(strokeDash=[4, 3], opacity=0.7)
        .encode(y=alt.Y("floor:Q", aggregate="mean", title=title), color=alt.value("currentColor"))
    )
    return panels(layered(floor, lines, points).properties(width=210, height=160), rows, "panel")
