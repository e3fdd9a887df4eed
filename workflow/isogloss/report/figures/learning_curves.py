"""Training and validation loss of every checkpoint: a panel a model, task and source language."""

import altair as alt
import pandas as pd

from isogloss.report.figures.style import Drawing, categories, dashes, faded, panels, side_by_side

KINDS = {"loss": "training", "validation_loss": "held out"}


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure."""
    rows = data["finetuning"]
    rows = rows[rows.measure.isin(KINDS) & (rows.value > 0)]
    if rows.empty:
        return None
    rows = side_by_side(rows.assign(items=rows.measure.map(KINDS)), rows)
    # A task and its source language, whose variants and seeds are drawn together.
    run = rows.checkpoint.str.replace(r"-seed\d+(-.+)?$", "", regex=True)
    rows = rows.assign(panel=rows.beside + ", " + run)
    cell = ["model", "task", "checkpoint", "variant", "seed", "measure"]
    rows = rows[[*cell, "items", "panel", "whose", "step", "value"]]
    lines = (
        alt.Chart()
        .mark_line(strokeWidth=1.3)
        .encode(
            x=alt.X("step:Q", title="step", axis=alt.Axis(tickMinStep=1, grid=False)),
            y=alt.Y("value:Q", title="loss", scale=alt.Scale(type="log"), axis=alt.Axis(tickCount=3)),
            color=categories("variant", sorted(rows.variant.unique(), key=lambda name: (name != "whole", name))),
            detail="checkpoint:N",
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
