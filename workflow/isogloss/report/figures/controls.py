"""Scores beside what items that lack something allow: a panel a model, task and source, a column a target language."""

import altair as alt
import pandas as pd

from isogloss.report.figures.style import Drawing, categories, faded, layered, of_seeds, ordered, panels, shapes
from isogloss.report.figures.tuned import of_run, over_seeds, with_panel

NUMBERS = ["control_score", "low", "high", "score", "score_low", "score_high", "above", "above_low", "above_high"]


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure: accuracy, means over seeds."""
    rows = data["controls"]
    rows = rows[(rows.measure == "accuracy") & rows.score.notna()]
    if rows.empty:
        return None
    cell = ["model", "task", "variant", "source", "target", "control", "tuned_on"]
    rows = of_run(with_panel(over_seeds(rows, cell, NUMBERS), data["controls"]))
    rows = rows.assign(read_by=rows.tuned_on.map({"plain": "this checkpoint", "control": "one tuned on such items"}))
    across = alt.X("target:N", title="target", sort=ordered(rows.target), axis=alt.Axis(labelAngle=0))
    pale = faded(rows)
    apart = {"xOffset": alt.XOffset("whose:N", sort=ordered(rows.whose)), **pale} if pale else {}
    whole = alt.Chart().encode(x=across, color=alt.value("currentColor"), **apart)
    ticks = whole.mark_tick(thickness=2.5, size=24).encode(
        y=alt.Y("mean(score):Q", title="accuracy"),
        tooltip=["target:N", alt.Tooltip("mean(score):Q", title="items as they are", format=".3f")],
    )
    spans = whole.mark_rule(strokeWidth=1).encode(
        y=alt.Y("mean(score_low):Q", title="accuracy"), y2=alt.Y2("mean(score_high):Q")
    )
    points = (
        alt.Chart()
        .mark_point(size=40, filled=True, opacity=0.9)
        .encode(
            x=across,
            y=alt.Y("control_score:Q", title="accuracy", scale=alt.Scale(zero=False)),
            color=categories("control", ordered(rows.control), "items lack"),
            shape=shapes("read_by", ordered(rows.read_by), "read by"),
            **apart,
            tooltip=[
                "model:N",
                alt.Tooltip("control:N", title="items lack"),
                alt.Tooltip("read_by:N", title="read by"),
                alt.Tooltip("target:N"),
                alt.Tooltip("control_score:Q", format=".3f"),
                alt.Tooltip("low:Q", title="from", format=".3f"),
                alt.Tooltip("high:Q", title="to (95 %)", format=".3f"),
                *of_seeds(rows),
                alt.Tooltip("above:Q", title="score above it", format="+.3f"),
                alt.Tooltip("above_low:Q", title="from", format="+.3f"),
                alt.Tooltip("above_high:Q", title="to (95 %)", format="+.3f"),
            ],
        )
    )
    return panels(layered(spans, ticks, points).properties(width=alt.Step(34), height=170), rows, "panel")
