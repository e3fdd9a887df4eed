"""Training and validation loss of every checkpoint."""

import altair as alt
import pandas as pd

from isogloss.report.figures.style import Drawing, categories, dashes, faded, ordered, panels
from isogloss.report.figures.tuned import with_panel

KINDS = {"loss": "training", "validation_loss": "held out"}


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure."""
    rows = data["finetuning"]
    rows = rows[rows.measure.isin(KINDS) & (rows.value > 0)]
    if rows.empty:
        return None
    rows = with_panel(rows.assign(items=rows.measure.map(KINDS), measure=""), rows)
    rows = rows[["model", "task", "checkpoint", "variant", "items", "panel", "whose", "step", "value"]]
    lines = (
        alt.Chart()
        .mark_line(strokeWidth=1.3)
        .encode(
            x=alt.X("step:Q", title="step", axis=alt.Axis(tickMinStep=1, grid=False)),
            y=alt.Y("value:Q", title="loss", scale=alt.Scale(type="log")),
            color=categories("checkpoint", ordered(rows.checkpoint)),
            strokeDash=dashes("items", list(KINDS.values())),
            **faded(rows),
            tooltip=[
                "model:N",
                "checkpoint:N",
                "items:N",
                "step:Q",
                alt.Tooltip("value:Q", title="loss", format=".4g"),
            ],
        )
        .properties(width=230, height=150)
    )
    return panels(lines, rows, "panel")
