"""Impact by layer, a line a target language, from near to far."""

import altair as alt
import numpy as np
import pandas as pd

from isogloss.report.figures.style import GRADED, Drawing, faded, layer_axis, layered, of_seeds, panels
from isogloss.report.figures.tuned import GRID, moved, of_run, with_panel


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure."""
    rows = of_run(with_panel(moved(data["impact"], [*GRID, "layer"]), data["impact"]))
    rows = rows[rows.source != rows.target]
    if rows.empty:
        return None
    far = data["distances"]
    far = far[far.source.isin(rows.source)]
    known = [name for name in ("syntactic", *sorted(far.distance.unique())) if (far.distance == name).any()]
    apart = far[far.distance == known[0]].groupby("target").value.mean() if known else pd.Series(dtype=float)
    targets = sorted(rows.target.unique(), key=lambda target: (apart.get(target, np.inf), target))
    by = f"near to far ({known[0]} distance)" if known else "target"
    base = alt.Chart().encode(
        x=layer_axis(rows),
        color=alt.Color("target:O", sort=targets, scale=GRADED, legend=alt.Legend(title=by)),
        **faded(rows),
        tooltip=["model:N", "target:N", "layer:Q", alt.Tooltip("impact:Q", format=".3f"), *of_seeds(rows)],
    )
    title = "impact (1 − CKA)"
    spans = base.mark_rule(strokeWidth=1).encode(y=alt.Y("lowest:Q", title=title), y2="highest:Q")
    lines = base.mark_line(strokeWidth=1.6).encode(y=alt.Y("impact:Q", title=title))
    points = base.mark_circle(size=22, opacity=1).encode(y=alt.Y("impact:Q", title=title))
    return panels(layered(spans, lines, points).properties(width=230, height=160), rows, "panel")
