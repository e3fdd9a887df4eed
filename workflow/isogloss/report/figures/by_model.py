"""Models side by side: the mean over a corpus's pairs at each layer, each pair a dot, and where the null ends."""

import altair as alt
import pandas as pd

from isogloss.report.figures.cells import scored
from isogloss.report.figures.style import LAYER, Drawing, categories, layered, ordered, panels


def chart(data: dict[str, pd.DataFrame], *, table: str, measure: str, axis: str) -> Drawing | None:
    """Describe the figure."""
    rows = scored(data[table], measure)
    if rows.empty:
        return None
    curves = ordered(rows.curve)
    base = alt.Chart().encode(
        x=alt.X("layer:O", title=LAYER, axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("curve:N", sort=curves),
        color=categories("curve", curves, "model"),
    )
    named = [alt.Tooltip("curve:N", title="model"), alt.Tooltip("layer:O")]
    bars = base.mark_bar(opacity=0.5).encode(
        y=alt.Y("mean(value):Q", title=axis),
        tooltip=[*named, alt.Tooltip("mean(value):Q", title="mean over pairs", format=".3f")],
    )
    dots = base.mark_circle(size=18, opacity=1).encode(
        y="value:Q", tooltip=[*named, alt.Tooltip("pair:N"), alt.Tooltip("value:Q", format=".3f")]
    )
    nulls = base.mark_tick(thickness=2, color="currentColor").encode(
        y="mean(null_high):Q",
        color=alt.value("currentColor"),
        tooltip=[*named, alt.Tooltip("mean(null_high):Q", title="null reaches", format=".3f")],
    )
    wide = max(8, 72 // len(curves))
    figure = layered(bars, dots, nulls).properties(width=alt.Step(wide, **{"for": "offset"}), height=240)
    # Corpora differ in what is in them, and in their source language.
    return panels(figure, rows.assign(on=rows.corpus + ", from " + rows.source), "on", columns=1)
