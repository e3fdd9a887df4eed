"""A score for all pairs and layers: a panel a model and checkpoint; cells that are not above their null are marked."""

import altair as alt
import numpy as np
import pandas as pd

from isogloss.report.figures.cells import scored
from isogloss.report.figures.style import Drawing, graded, layered, ordered, panels
from isogloss.report.findings.sharing import above_null


def chart(data: dict[str, pd.DataFrame], *, table: str, measure: str, axis: str, crosses: bool) -> Drawing | None:
    """Describe the figure; ``crosses`` marks cells that were tested and are not above their null once p is adjusted."""
    rows = scored(data[table], measure)
    if rows.empty:
        return None
    lost = crosses & rows.null_p.notna() & ~above_null(rows)
    rows["mark"] = np.where(lost, "×", "")
    top = max(float(rows.value.max()), 1e-9)
    base = alt.Chart().encode(
        x=alt.X("layer:O", title="layer", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("row:N", title=None, sort=ordered(rows.row)),
        tooltip=[
            alt.Tooltip("curve:N", title="model"),
            alt.Tooltip("pair:N"),
            alt.Tooltip("layer:O"),
            alt.Tooltip("value:Q", format=".3f"),
            *(
                [
                    alt.Tooltip("null_high:Q", title="null reaches", format=".3f"),
                    alt.Tooltip("null_p:Q", title="p, not adjusted", format=".3g"),
                ]
                if crosses
                else []
            ),
        ],
    )
    squares = base.mark_rect().encode(color=graded("value", axis, top))
    marks = base.mark_text(fontSize=13, fontWeight="bold").encode(
        text="mark:N", color=alt.condition(f"datum.value > {0.6 * top}", alt.value("#000"), alt.value("#fff"))
    )
    figure = layered(squares, marks).properties(width=alt.Step(22), height=alt.Step(20))
    return panels(figure, rows, "panel")
