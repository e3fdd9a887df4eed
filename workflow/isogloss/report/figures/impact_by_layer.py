"""Impact by layer, a line a target language, from near to far."""

import altair as alt
import numpy as np
import pandas as pd

from isogloss.report.figures.style import GRADED, Drawing, faded, layer_axis, panels
from isogloss.report.figures.tuned import GRID, moved, with_panel


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure."""
    rows = with_panel(moved(data["impact"], [*GRID, "layer"]), data["impact"])
    rows = rows[rows.source != rows.target]
    if rows.empty:
        return None
    far = data["distances"]
    known = [name for name in ("syntactic", *sorted(far.distance.unique())) if (far.distance == name).any()]
    apart = far[far.distance == known[0]].groupby("target").value.mean() if known else pd.Series(dtype=float)
    targets = sorted(rows.target.unique(), key=lambda target: (apart.get(target, np.inf), target))
    by = f"near to far ({known[0]} distance)" if known else "target"
    lines = (
        alt.Chart()
        .mark_line(point=alt.OverlayMarkDef(size=22), strokeWidth=1.6)
        .encode(
            x=layer_axis(rows),
            y=alt.Y("mean(impact):Q", title="impact (1 − CKA)"),
            color=alt.Color("target:O", sort=targets, scale=GRADED, legend=alt.Legend(title=by)),
            **faded(rows),
            tooltip=["model:N", "target:N", "layer:Q", alt.Tooltip("mean(impact):Q", title="impact", format=".3f")],
        )
        .properties(width=230, height=160)
    )
    return panels(lines, rows, "panel")
