"""What edits in one language do in every language: specific success, and drift beside it."""

import altair as alt
import pandas as pd

from isogloss.report.figures.style import (
    Drawing,
    categories,
    faded,
    labelled,
    layered,
    panels,
    shapes,
    side_by_side,
    zero_line,
)

SHOWN = {"reliability": "edited item", "success": "edited item", "drift": "other items (drift)"}
CELL = ["model", "checkpoint", "task", "variant", "source", "target", "seed", "weights", "measure"]
WEIGHTS = ("all", "first", "middle", "last")


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure."""
    rows = data["edits"]
    rows = rows[rows.measure.isin(SHOWN) & rows.value.notna()]
    if rows.empty:
        return None
    rows = side_by_side(rows, rows)
    panel = rows.beside + ", " + rows.checkpoint + "\nedited in " + rows.source
    rows = rows.assign(panel=panel, what=rows.measure.map(SHOWN), series=labelled(rows.weights, rows.whose))
    kept = [*CELL, "what", "panel", "whose", "series"]
    rows = rows[[*kept, "value", "low", "high", "n"]]
    weights = [name for name in WEIGHTS if name in set(rows.weights)]
    series = sorted(set(rows.series), key=lambda name: (WEIGHTS.index(name.split(" ")[0]), name))
    base = alt.Chart().encode(
        x=alt.X("target:N", title="asked in", axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("series:N", sort=series),
        color=categories("weights", weights),
        **faded(rows),
        tooltip=[
            "model:N",
            "target:N",
            "weights:N",
            alt.Tooltip("what:N", title="share of"),
            alt.Tooltip("value:Q", format=".3f"),
            alt.Tooltip("low:Q", title="from", format=".3f"),
            alt.Tooltip("high:Q", title="to (95 %)", format=".3f"),
            alt.Tooltip("n:Q", title="edits"),
        ],
    )
    title = "share that says what is wanted"
    y = alt.Y("value:Q", title=title, scale=alt.Scale(domain=[0, 1]))
    spans = base.mark_rule(strokeWidth=1.5).encode(y=alt.Y("low:Q", title=title), y2="high:Q")
    points = base.mark_point(size=45, filled=True, opacity=1).encode(
        y=y, shape=shapes("what", list(dict.fromkeys(SHOWN.values())), "share of")
    )
    return panels(layered(zero_line(), spans, points).properties(width=280, height=170), rows, "panel")
