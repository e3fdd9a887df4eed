"""What a layer's vectors can do: a panel a measure, the mean over targets, each target a dot, and chance."""

import altair as alt
import pandas as pd

from isogloss.report.figures.style import Drawing, categories, dashes, layer_axis, layered, ordered, panels

NAMES = {
    "sentence_retrieval": "sentence retrieval",
    "word_translation": "word translation",
    "probe_sentiment": "sentiment probe",
}


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure."""
    rows = data["retrieval"]
    rows = rows[rows.value.notna() & (rows.source != rows.target)]
    if rows.empty:
        return None
    rows = rows.assign(panel=rows.measure.map(lambda name: NAMES.get(name, name.replace("_", " "))))
    rows = rows[["model", "checkpoint", "task", "source", "target", "layer", "panel", "value", "chance", "n"]]
    models = ordered(rows.model)
    base = alt.Chart().encode(x=layer_axis(rows), color=categories("model", models), detail="checkpoint:N")
    named = [alt.Tooltip("model:N"), alt.Tooltip("checkpoint:N"), alt.Tooltip("layer:Q")]
    title = "share right"
    means = base.mark_line(strokeWidth=1.8).encode(
        y=alt.Y("mean(value):Q", title=title),
        strokeDash=dashes("checkpoint", ordered(rows.checkpoint)),
        tooltip=[*named, alt.Tooltip("mean(value):Q", title="mean over targets", format=".3f")],
    )
    dots = base.mark_circle(size=20, opacity=0.7).encode(
        y=alt.Y("value:Q", title=title),
        tooltip=[*named, alt.Tooltip("target:N"), alt.Tooltip("value:Q", format=".3f"), alt.Tooltip("n:Q")],
    )
    chance = (
        alt.Chart()
        .mark_line(strokeDash=[3, 3], strokeWidth=1.2)
        .encode(
            x=layer_axis(rows),
            y=alt.Y("mean(chance):Q", title=title),
            color=alt.value("currentColor"),
            tooltip=[alt.Tooltip("mean(chance):Q", title="chance", format=".3f")],
        )
    )
    figure = layered(chance, means, dots).properties(width=260, height=180)
    return panels(figure, rows, "panel")
